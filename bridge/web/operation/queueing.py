"""A queue in random order, so that a flood of requests from one group does not block the others.

In a first-in, first-out queue a flood of a thousand requests a second would take every place. Here the next
request is drawn at random: first a group (an address, for example), then a request of that group. Beside n
others of its group a request is drawn with a chance of about 1/n; other groups do not slow it down.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager

from bridge.errors import TooManyRequests

Waiting = asyncio.Future[None]


class Turns:
    """Serves `at_once` requests; others wait up to `seconds`, at most `most_waiting` of them.

    Beyond that a random request of the largest group is refused.
    """

    def __init__(self, what: str, *, at_once: int, most_waiting: int, seconds: float) -> None:
        self._what = what
        self._free = at_once
        self._most_waiting = most_waiting
        self._seconds = seconds
        self._groups: dict[Hashable, list[Waiting]] = {}
        self._lot = random.SystemRandom()

    @asynccontextmanager
    async def turn(self, group: Hashable) -> AsyncIterator[None]:
        """Waits for a turn; raises TooManyRequests after `seconds`, or where the queue is full."""
        if self._free:
            self._free -= 1
        else:
            await self._wait(group)
        try:
            yield
        finally:
            self._pass_on()

    async def _wait(self, group: Hashable) -> None:
        waiting: Waiting = asyncio.get_running_loop().create_future()
        self._groups.setdefault(group, []).append(waiting)
        if sum(map(len, self._groups.values())) > self._most_waiting:
            self._send_away(max(self._groups, key=lambda each: len(self._groups[each])))
        try:
            async with asyncio.timeout(self._seconds):
                await waiting
        except (TimeoutError, asyncio.CancelledError) as given_up:
            self._give_up(group, waiting)
            if isinstance(given_up, TimeoutError):
                raise self._refusal() from given_up
            raise

    def _give_up(self, group: Hashable, waiting: Waiting) -> None:
        if waiting in self._groups.get(group, ()):
            self._take_out(group, waiting)
        elif not waiting.cancelled() and not waiting.exception():
            # It was given its turn at the same time: the turn goes to the next request.
            self._pass_on()

    def _send_away(self, group: Hashable) -> None:
        drawn = self._draw(group)
        if not drawn.done():
            drawn.set_exception(self._refusal())

    def _pass_on(self) -> None:
        while self._groups:
            drawn = self._draw(self._lot.choice(list(self._groups)))
            # A request that was cancelled just now is still in its group.
            if not drawn.done():
                drawn.set_result(None)
                return
        self._free += 1

    def _draw(self, group: Hashable) -> Waiting:
        drawn = self._lot.choice(self._groups[group])
        self._take_out(group, drawn)
        return drawn

    def _take_out(self, group: Hashable, waiting: Waiting) -> None:
        self._groups[group].remove(waiting)
        if not self._groups[group]:
            del self._groups[group]

    def _refusal(self) -> TooManyRequests:
        return TooManyRequests(f"{self._what}. Try again in 1 s.", retry_after=1)
