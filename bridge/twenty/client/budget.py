"""The rate limit: Twenty counts root fields, 100 a minute unless its host says otherwise."""

import asyncio
import math
import time
from collections.abc import Callable

from bridge.errors import TwentyOverLimit

SLOWER = 0.7
RECOVERY = 0.0007
SLOWEST = 0.05

INTERACTIVE = 0.5
"""What look-ups that someone waits for may take of the rate, so that batches always get the rest."""

AT_ONCE = 0.3
"""What they may take of a minute's worth at once: it bounds for how long a batch waits for its turn."""

LONGEST_WAIT = 3600.0
"""A server that asks for more patience is asked again all the same."""


class Budget:
    """A token bucket that fills at `per_minute` and holds a minute's worth.

    Interactive look-ups take from the last tenth, which batches leave alone, but never more than their
    share. Where the server refuses
    what was counted as allowed, somebody else spends, too, or it allows less: the rate falls at once,
    and recovers step by step, with what is taken and with what could have been.
    """

    def __init__(self, per_minute: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._full_rate = self._rate = per_minute / 60
        self._size = float(per_minute)
        self._reserve = min(self._size / 10, self._size - 1)
        self._clock = clock
        self._tokens = self._size
        self._most_at_once = max(1.0, self._size * AT_ONCE)
        self._share = self._most_at_once
        self._at = clock()
        self._not_before = self._at

    async def take(self, *, interactive: bool = False, within: float = math.inf) -> None:
        """One root field, as soon as there is; TwentyOverLimit where that is not `within` so many seconds."""
        until = self._clock() + within
        while (wait := self.wait_for(interactive=interactive)) > 0:
            if self._clock() + wait > until:
                # Who is not served in time gives the place back at once.
                raise TwentyOverLimit("the bridge's own budget has no room for this now", retry_after=wait)
            await asyncio.sleep(wait)
        self._tokens -= 1
        if interactive:
            self._share -= 1
        self._recover(1)

    def ample(self) -> bool:
        """Whether there is enough for what could as well be left out."""
        self._refill()
        return self._tokens > self._size / 2

    def left(self) -> float:
        """How many root fields may be asked for now; below zero where some were refused."""
        self._refill()
        return self._tokens

    def wait_for(self, *, interactive: bool = False) -> float:
        """Seconds until a root field may be asked for; 0 is now."""
        self._refill()
        floor = 1.0 if interactive else 1.0 + self._reserve
        turn = (1.0 - self._share) / (self._rate * INTERACTIVE) if interactive else 0.0
        return max(0.0, (floor - self._tokens) / self._rate, turn, self._not_before - self._at)

    def exhausted(self, *, retry_after: float | None = None) -> None:
        """The server says that nothing is left; with `retry_after`, in how many seconds there is again."""
        self._refill()
        self._tokens = min(self._tokens, 0.0)
        # What is refused during the wait was sent before it.
        if self._at >= self._not_before:
            self._rate = max(self._rate * SLOWER, self._full_rate * SLOWEST)
        if retry_after is not None:
            wait = min(max(retry_after, 0.0), LONGEST_WAIT)
            self._not_before = max(self._not_before, self._at + wait)
            # Then a batch can go: the server knows better than what is counted here.
            self._tokens = max(self._tokens, 1.0 + self._reserve - wait * self._rate)

    def _refill(self) -> None:
        now = self._clock()
        tokens = self._tokens + (now - self._at) * self._rate
        share = self._share + (now - self._at) * self._rate * INTERACTIVE
        self._share = min(self._most_at_once, share)
        self._tokens = min(self._size, tokens)
        self._at = now
        # Who asks for little would otherwise be slow for days: what spills over counts as if it were taken.
        self._recover(tokens - self._tokens)

    def _recover(self, times: float) -> None:
        self._rate = min(self._full_rate, self._rate + self._full_rate * RECOVERY * times)
