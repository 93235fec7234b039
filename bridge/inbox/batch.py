"""Rows that are committed together, and what was promised of them."""

import asyncio

from bridge.errors import InboxUnavailable
from bridge.inbox.rows import Row

KEPT_WITHIN_SECONDS = 8
"""Twilio waits 15 s in all; one that is told in time may try again."""


class Batch:
    """The rows that gather for one transaction; each has a promise that it is kept."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.promises: list[asyncio.Future[None]] = []
        self._late: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return len(self.rows)

    def add(self, row: Row) -> asyncio.Future[None]:
        """One more; the promise is broken where the batch is not over in time, though it may be kept yet."""
        loop = asyncio.get_running_loop()
        # One timer for all: each of its own would cost more than the wait.
        self._late = self._late or loop.call_later(KEPT_WITHIN_SECONDS, self._give_up)
        promise: asyncio.Future[None] = loop.create_future()
        self.rows.append(row)
        self.promises.append(promise)
        return promise

    def over(self) -> None:
        """It was committed, or failed."""
        if self._late:
            self._late.cancel()

    def _give_up(self) -> None:
        for promise in self.promises:
            if not promise.done():
                promise.set_exception(InboxUnavailable("the database did not answer in time"))
