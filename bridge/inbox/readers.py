"""Counts who reads a database, so that all its connections can be closed at one time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

WAIT_SECONDS = 4.0
"""How long readers and who closes wait for each other."""


class Readers:
    """Many read at a time, or none. Raises TimeoutError, an OSError, where that does not come in time."""

    def __init__(self) -> None:
        self._reading = 0
        self._open = asyncio.Event()
        self._open.set()
        self._none = asyncio.Event()
        self._none.set()

    @asynccontextmanager
    async def one(self) -> AsyncIterator[None]:
        """One more."""
        if not self._open.is_set():
            await asyncio.wait_for(self._open.wait(), WAIT_SECONDS)
        self._reading += 1
        self._none.clear()
        try:
            yield
        finally:
            self._reading -= 1
            if not self._reading:
                self._none.set()

    @asynccontextmanager
    async def none(self) -> AsyncIterator[None]:
        """Nobody reads until this is left."""
        self._open.clear()
        try:
            await asyncio.wait_for(self._none.wait(), WAIT_SECONDS)
            yield
        finally:
            self._open.set()
