"""What becomes of a write that failed: decided here, carried out by the worker."""

from dataclasses import dataclass
from datetime import timedelta

from bridge.errors import TwentyDenied, TwentyError, TwentyRefused

FIRST = timedelta(seconds=1)
LONGEST = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Wait:
    """Twenty is away: nothing is lost by waiting, and no call wears out."""

    pause: timedelta


@dataclass(frozen=True, slots=True)
class Park:
    """This call's data is refused: leave it to a person, with the reason."""

    reason: str


@dataclass(frozen=True, slots=True)
class Stop:
    """No call is at fault and waiting alone mends nothing: say so, and look again after `pause`."""

    reason: str
    pause: timedelta


Decision = Wait | Park | Stop


def decide(error: TwentyError, *, failures: int) -> Decision:
    """Patience with a Twenty that is away, none with data that it refuses.

    `failures` counts those in a row before this one.
    """
    if isinstance(error, TwentyRefused):
        return Park(str(error))
    if isinstance(error, TwentyDenied):
        return Stop(error.code, backoff(failures))
    return Wait(backoff(failures))


def backoff(failures: int) -> timedelta:
    """1 s, 2 s, 4 s … up to a minute."""
    return min(FIRST * float(2 ** min(failures, 10)), LONGEST)
