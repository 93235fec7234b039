"""Double clicks: the same thing, asked for twice, is done once."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Hashable
from dataclasses import dataclass
from typing import Any

from bridge import background


@dataclass(slots=True)
class _Done:
    """What is under way, or was done, and until when it is remembered."""

    task: "asyncio.Future[None]"
    until: float


class Once:
    """Remembers for `seconds` what was done; what failed may be tried again at once."""

    def __init__(self, seconds: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._clock = clock
        self._done: dict[Hashable, _Done] = {}

    async def run(self, key: Hashable, act: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Acts, unless the same was asked for lately; raises what acting raised."""
        self._forget()
        known = self._done.get(key)
        if known is None:
            known = self._done[key] = _Done(
                background.start(act(), name="an act asked for once"), self._clock() + self._seconds
            )
        try:
            # Who waits may go away; what was begun is ended.
            await asyncio.shield(known.task)
        except BaseException:
            if known.task.done():
                self._done.pop(key, None)
            raise

    def _forget(self) -> None:
        now = self._clock()
        for key in [key for key, done in self._done.items() if done.task.done() and done.until <= now]:
            del self._done[key]
