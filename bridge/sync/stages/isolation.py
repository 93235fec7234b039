"""Bisects a batch that failed until the calls at fault stand alone.

Twenty does not say at which record it failed, and neither does an unexpected error.
"""

from collections.abc import Awaitable, Callable, Sequence

from bridge.errors import BridgeError, InboxRefused, TwentyFailed
from bridge.inbox.rows import DueCall

MOST_TRIES = 24
"""Writes for one batch: with many calls at fault the rest waits for its next turn."""

Write = Callable[[Sequence[DueCall]], Awaitable[None]]


def may_be_one_calls(error: Exception) -> bool:
    """Whether one call of a batch can have caused an error."""
    return isinstance(error, (TwentyFailed, InboxRefused)) or not isinstance(error, BridgeError)


class Isolation:
    """Writes a batch by `write`, past the calls at fault.

    `failed` has the error of each call that failed by itself; `untried` the calls that were left out after
    `MOST_TRIES`. `works` says that other calls were written just now.
    """

    def __init__(self, write: Write, *, works: bool = False) -> None:
        self._write = write
        self._tries = 0
        self.works = works
        self.failed: dict[str, Exception] = {}
        self.untried: list[DueCall] = []

    async def run(self, calls: Sequence[DueCall]) -> None:
        """Raises errors that no single call can cause, and errors with which all tried calls fail."""
        error = await self._try(calls)
        if error is None:
            return
        written = set() if self.works else await self._probe(calls, error)
        await self._halve([call for call in calls if call.root_sid not in written], error)

    async def _probe(self, calls: Sequence[DueCall], error: Exception) -> set[str]:
        """The SID of a call that was written by itself; where two are not, the cause is not one call.

        Raises the error then.
        """
        for probe in (calls[-1], calls[(len(calls) - 1) // 2]) if len(calls) > 1 else ():
            if await self._try([probe]) is None:
                return {probe.root_sid}
        self.failed.clear()
        raise error

    async def _halve(self, calls: Sequence[DueCall], error: Exception) -> None:
        """Tries each half of calls that failed together."""
        if len(calls) == 1:
            self.failed[calls[0].root_sid] = error
            return
        middle = len(calls) // 2
        for half in (calls[:middle], calls[middle:]):
            open_ = [call for call in half if call.root_sid not in self.failed]
            if not open_:
                continue
            if self._tries >= MOST_TRIES:
                self.untried += open_
            elif failure := await self._try(open_):
                await self._halve(open_, failure)

    async def _try(self, calls: Sequence[DueCall]) -> Exception | None:
        self._tries += 1
        try:
            await self._write(calls)
        except Exception as error:
            if not may_be_one_calls(error):
                raise
            if len(calls) == 1:
                self.failed[calls[0].root_sid] = error
            return error
        self.works = True
        return None
