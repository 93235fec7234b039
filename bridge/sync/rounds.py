"""What is done again and again by the one process that drains."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import structlog

from bridge.errors import BridgeError, Standby

START_SECONDS = 3
"""Until then there is enough to do."""

AGAIN_SECONDS = 60
"""How soon what failed is tried again."""

STANDBY_SECONDS = 5
"""How soon a process that begins to drain begins with these, too."""

log = structlog.get_logger()


class Rounds:
    """Does something every so often while `lead` lets it: that raises Standby while it is another's turn."""

    def __init__(
        self,
        name: str,
        do: Callable[[datetime], Awaitable[object]],
        *,
        every: timedelta,
        lead: Callable[[], Awaitable[None]],
        first_in: float = START_SECONDS,
    ) -> None:
        self.name = name
        self._do = do
        self._every = every
        self._lead = lead
        self._first_in = first_in

    async def run(self) -> None:
        """Until it is cancelled; no failure ends it."""
        pause = self._first_in
        while True:
            await asyncio.sleep(pause)
            pause = await self._once()

    async def _once(self) -> float:
        """Seconds until the next time."""
        try:
            await self._lead()
            await self._do(datetime.now(UTC))
        except Standby:
            return STANDBY_SECONDS
        except BridgeError as error:
            log.warning("round.failed", what=self.name, reason=error.code, error=str(error))
        except Exception:
            log.exception("round.failed", what=self.name)
        else:
            return self._every.total_seconds()
        return min(self._every.total_seconds(), AGAIN_SECONDS)
