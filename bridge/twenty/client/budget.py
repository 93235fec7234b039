"""The rate limit: Twenty counts root fields, by default 100 a minute."""

import asyncio
import math
import time
from collections.abc import Callable

from bridge.errors import TwentyOverLimit
from bridge.language.phrase import phrase

SLOWER = 0.7
RECOVERY = 0.0007
SLOWEST = 0.05

INTERACTIVE = 0.5
"""The share of the rate that interactive look-ups can take, so that batches always get the rest."""

AT_ONCE = 0.3
"""The share of a minute's worth that they can take at once; it bounds how long a batch waits."""

LONGEST_WAIT = 3600.0
"""Seconds; a longer `retry_after` of the server is cut to this."""


class Budget:
    """A token bucket that fills at `per_minute` and holds a minute's worth.

    Batches leave the last tenth to interactive look-ups, which never take more than their share. Where the
    server refuses what was counted as allowed, another client spends, too, or the limit is lower: the rate
    falls at once, and recovers step by step, with what is taken and with what overflows.
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
        """Waits for one root field. Raises TwentyOverLimit where the wait exceeds `within` seconds."""
        until = self._clock() + within
        while (wait := self.wait_for(interactive=interactive)) > 0:
            if self._clock() + wait > until:
                # Fail at once instead of waiting in vain.
                raise TwentyOverLimit(
                    phrase("the bridge's own budget has no room for this now"), retry_after=wait
                )
            await asyncio.sleep(wait)
        self._tokens -= 1
        if interactive:
            self._share -= 1
        self._recover(1)

    async def room(self, fields: int) -> None:
        """Waits until a batch could send so many root fields without a wait; takes none."""
        wait = self.wait_for(fields)
        while wait > 0:
            await asyncio.sleep(wait)
            wait = self.wait_for(fields)

    def ample(self) -> bool:
        """Whether there is enough for optional work, such as live updates."""
        return self.spare() > 0

    def spare(self) -> float:
        """How many root fields can go into what fewer would do, such as calls written one by one."""
        self._refill()
        return self._tokens - self._size / 2

    def left(self) -> float:
        """How many root fields can be sent now; below zero after refusals."""
        self._refill()
        return self._tokens

    def wait_for(self, fields: int = 1, *, interactive: bool = False) -> float:
        """Seconds until so many root fields can be sent, at most a minute's worth; 0 is now."""
        self._refill()
        floor = 1.0 if interactive else min(fields + self._reserve, self._size)
        turn = (1.0 - self._share) / (self._rate * INTERACTIVE) if interactive else 0.0
        return max(0.0, (floor - self._tokens) / self._rate, turn, self._not_before - self._at)

    def exhausted(self, *, retry_after: float | None = None) -> None:
        """The server refused a request; `retry_after` are the seconds that it asks to wait."""
        self._refill()
        self._tokens = min(self._tokens, 0.0)
        # Refusals during the wait are of requests sent before it.
        if self._at >= self._not_before:
            self._rate = max(self._rate * SLOWER, self._full_rate * SLOWEST)
        if retry_after is not None:
            wait = min(max(retry_after, 0.0), LONGEST_WAIT)
            self._not_before = max(self._not_before, self._at + wait)
            # After the wait a batch can go: the server's count is the right one.
            self._tokens = max(self._tokens, 1.0 + self._reserve - wait * self._rate)

    def _refill(self) -> None:
        now = self._clock()
        tokens = self._tokens + (now - self._at) * self._rate
        share = self._share + (now - self._at) * self._rate * INTERACTIVE
        self._share = min(self._most_at_once, share)
        self._tokens = min(self._size, tokens)
        self._at = now
        # An idle client would otherwise stay slow for days: overflow counts as taken.
        self._recover(tokens - self._tokens)

    def _recover(self, times: float) -> None:
        self._rate = min(self._full_rate, self._rate + self._full_rate * RECOVERY * times)
