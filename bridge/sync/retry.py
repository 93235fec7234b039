"""How long to leave Twenty alone after a failure: decided here, carried out by the worker."""

from dataclasses import dataclass
from datetime import timedelta

from bridge.errors import BridgeError, InboxUnavailable, TwentyFailed, TwentyOverLimit, TwentyUnavailable

FIRST = timedelta(seconds=1)
LONGEST = timedelta(minutes=1)

LONGEST_ANSWERED = timedelta(seconds=5)
"""Where Twenty answers, and only fails: of the calls that fail each waits by itself."""

LONGEST_DEFERRAL = timedelta(hours=1)
"""For one call that fails where others are written."""


@dataclass(frozen=True, slots=True)
class Pause:
    """Try again after `length`; `needs_operator` where waiting alone mends nothing."""

    length: timedelta
    reason: str
    needs_operator: bool


def pause_after(error: BridgeError, *, failures: int) -> Pause:
    """Patience: calls do not wear out, and no failure of the whole is blamed on one of them.

    `failures` counts those in a row before this one.
    """
    away = isinstance(error, (TwentyUnavailable, InboxUnavailable))
    length = backoff(failures)
    if isinstance(error, TwentyOverLimit) and error.retry_after is not None:
        # The budget waits for what is beyond the longest pause.
        length = max(FIRST, timedelta(seconds=min(error.retry_after, LONGEST.total_seconds())))
    if isinstance(error, TwentyFailed):
        length = min(length, LONGEST_ANSWERED)
    return Pause(length, error.code, needs_operator=not away)


def deferral(failures: int, *, alone: bool) -> timedelta:
    """How long one call is left alone; `alone` where others were written meanwhile."""
    return min(FIRST * float(2 ** min(failures, 12)), LONGEST_DEFERRAL if alone else LONGEST)


def backoff(failures: int) -> timedelta:
    """1 s, 2 s, 4 s … up to a minute."""
    return min(FIRST * float(2 ** min(failures, 10)), LONGEST)
