"""An event loop in which no wait takes time: its clock goes on to the next timer at once."""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any


class _NoWait(selectors.SelectSelector):
    """Asks for what is ready; the time that it was to wait has passed then."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> Any:
        """See `selectors.BaseSelector`. Raises RuntimeError where nothing would ever happen again."""
        ready = super().select(0)
        if not ready:
            if timeout is None:
                raise RuntimeError("all wait, and no timer is set")
            self.now += timeout
        return ready


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._no_wait = _NoWait()
        super().__init__(self._no_wait)

    def time(self) -> float:
        return self._no_wait.now


def run(main: Coroutine[Any, Any, None]) -> None:
    """Runs what uses neither threads nor sockets, from second 0 on."""
    with asyncio.Runner(loop_factory=_Loop) as runner:
        runner.run(main)
