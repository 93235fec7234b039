"""How long the worker waits after a failure."""

from datetime import timedelta

from msgspec import Struct

from bridge.errors import BridgeError, InboxUnavailable, TwentyFailed, TwentyOverLimit, TwentyUnavailable

FIRST = timedelta(seconds=1)
LONGEST = timedelta(minutes=1)

LONGEST_ANSWERED = timedelta(seconds=5)
"""The longest pause while Twenty answers with errors: each failing call also waits by itself."""

LONGEST_DEFERRAL = timedelta(hours=1)
"""The longest wait of one call that fails while others are written."""


ENOUGH = 12
"""Failures in a row after which each pause is the longest."""


class Pause(Struct, frozen=True):
    """Try again after `length`; `needs_operator` where only an operator can fix the cause."""

    length: timedelta
    reason: str
    needs_operator: bool


def pause_after(error: BridgeError, *, failures: int) -> Pause:
    """The pause after an error of a whole batch; `failures` is the number of errors in a row before it.

    There is no last try: calls wait for as long as Twenty is away.
    """
    away = isinstance(error, (TwentyUnavailable, InboxUnavailable))
    length = backoff(failures)
    if isinstance(error, TwentyOverLimit) and error.retry_after is not None:
        # A longer time is waited for by the budget.
        length = max(FIRST, timedelta(seconds=min(error.retry_after, LONGEST.total_seconds())))
    if isinstance(error, TwentyFailed):
        length = min(length, LONGEST_ANSWERED)
    return Pause(length, error.code, needs_operator=not away)


def deferral(failures: int, *, alone: bool) -> timedelta:
    """How long one call waits after so many failures; `alone` where others of its batch were written."""
    return _doubled(failures, LONGEST_DEFERRAL if alone else LONGEST)


def backoff(failures: int) -> timedelta:
    """1 s, 2 s, 4 s … up to a minute."""
    return _doubled(failures, LONGEST)


def _doubled(failures: int, longest: timedelta) -> timedelta:
    return min(FIRST * float(2 ** min(failures, ENOUGH)), longest)
