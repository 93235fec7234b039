"""Repeats operations over the rate limit, for commands that an operator waits for."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import structlog

from bridge.errors import TwentyOverLimit
from bridge.twenty.client.client import Executes

PAUSE_SECONDS = 5.0
"""Wait where Twenty does not say how long."""

LONGEST_SECONDS = 600.0
"""The longest total wait of one operation."""

log = structlog.get_logger()


class RetryingClient:
    """An `Executes` that repeats each operation that was refused for the rate limit.

    `pause` waits so many seconds.
    """

    def __init__(
        self, client: Executes, *, pause: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> None:
        self._client = client
        self._pause = pause

    async def execute(self, name: str, **variables: Any) -> dict[str, Any]:
        """See `Executes`."""
        return await self._until_taken(lambda: self._client.execute(name, **variables), name)

    async def execute_metadata(self, name: str, **variables: Any) -> dict[str, Any]:
        """See `Executes`."""
        return await self._until_taken(lambda: self._client.execute_metadata(name, **variables), name)

    async def _until_taken(
        self, execute: Callable[[], Awaitable[dict[str, Any]]], name: str
    ) -> dict[str, Any]:
        left = LONGEST_SECONDS
        while True:
            try:
                return await execute()
            except TwentyOverLimit as refused:
                seconds = max(1.0, PAUSE_SECONDS if refused.retry_after is None else refused.retry_after)
                left -= seconds
                if left < 0:
                    raise
                log.info("twenty.over_limit", operation=name, seconds=seconds)
            await self._pause(seconds)
