"""Deduplicates requests: two clicks on one button act once."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Hashable
from typing import Any

from msgspec import Struct

from bridge import background


class _Done(Struct):
    """An action that runs or has ended, and when it is forgotten (by the monotonic clock)."""

    task: "asyncio.Future[None]"
    until: float


class Once:
    """Remembers actions for `seconds`; a failed action can be repeated immediately."""

    def __init__(self, seconds: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._clock = clock
        self._done: dict[Hashable, _Done] = {}

    async def run(self, key: Hashable, act: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Runs `act`, unless one with this key runs or is remembered; raises what that one raised."""
        self._forget()
        known = self._done.get(key)
        if known is None:
            known = self._done[key] = _Done(
                background.start(act(), name="an act asked for once"), self._clock() + self._seconds
            )
        try:
            # If the client disconnects, the action still runs to its end.
            await asyncio.shield(known.task)
        except BaseException:
            if known.task.done():
                self._done.pop(key, None)
            raise

    def _forget(self) -> None:
        now = self._clock()
        for key in [key for key, done in self._done.items() if done.task.done() and done.until <= now]:
            del self._done[key]
