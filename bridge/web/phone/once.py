"""Deduplicates requests: two clicks on one button act once."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Hashable
from dataclasses import dataclass
from typing import Any

from bridge import background


@dataclass(slots=True)
class _Done:
    """An act that runs or ended, and until when it is remembered."""

    task: "asyncio.Future[None]"
    until: float


class Once:
    """Remembers acts for `seconds`; a failed act can be repeated at once."""

    def __init__(self, seconds: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._clock = clock
        self._done: dict[Hashable, _Done] = {}

    async def run(self, key: Hashable, act: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Acts, unless the act of this key runs or is remembered; raises what acting raised."""
        self._forget()
        known = self._done.get(key)
        if known is None:
            known = self._done[key] = _Done(
                background.start(act(), name="an act asked for once"), self._clock() + self._seconds
            )
        try:
            # Where the client disconnects, the act still runs to its end.
            await asyncio.shield(known.task)
        except BaseException:
            if known.task.done():
                self._done.pop(key, None)
            raise

    def _forget(self) -> None:
        now = self._clock()
        for key in [key for key, done in self._done.items() if done.task.done() and done.until <= now]:
            del self._done[key]
