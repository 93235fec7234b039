"""Rate limits: how often a key is allowed in a minute.

The generic cell rate algorithm: of each key only the time is kept at which its minute will be whole again.
https://en.wikipedia.org/wiki/Generic_cell_rate_algorithm
"""

import math
import time
from collections.abc import Callable, Hashable

from bridge.errors import TooManyRequests

MINUTE = 60.0
MOST = 20_000
"""Remembered keys; beyond that the least recently used one is dropped."""


class Rate:
    """So many a minute for each key, at once or one by one, counted by this process alone.

    `what` begins the sentence for who asks too often.
    """

    def __init__(self, what: str, *, clock: Callable[[], float] = time.monotonic, most: int = MOST) -> None:
        self._what = what
        self._clock = clock
        self._most = most
        self._whole_at: dict[Hashable, float] = {}

    def take(self, key: Hashable, *, per_minute: int) -> None:
        """Counts a request; raises TooManyRequests, and then does not count it."""
        now = self._clock()
        whole_at, wait = taken(self._whole_at.pop(key, now), per_minute=per_minute, now=now)
        # The dict is in order of last use, so that the first key is the one to drop.
        self._whole_at[key] = whole_at
        if len(self._whole_at) > self._most:
            del self._whole_at[next(iter(self._whole_at))]
        if wait:
            seconds = math.ceil(wait)
            raise TooManyRequests(
                f"{self._what}: {per_minute} a minute are allowed. Try again in {seconds} s.",
                retry_after=seconds,
            )


def taken(whole_at: float, *, per_minute: int, now: float) -> tuple[float, float]:
    """When a minute's allowance is whole again after one more, and how long to wait where there is none."""
    after = max(whole_at, now) + MINUTE / per_minute
    wait = after - MINUTE - now
    return (after, 0.0) if wait <= 1e-6 else (whole_at, wait)
