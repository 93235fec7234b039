"""Periodic jobs of the one process that drains."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import structlog

from bridge.errors import BridgeError, Standby

START_SECONDS = 3
"""Let start-up finish first."""

AGAIN_SECONDS = 60
"""Pause after a failure."""

STANDBY_SECONDS = 5
"""How often a stand-by replica asks whether it is the leader."""

log = structlog.get_logger()


class Rounds:
    """Runs a job periodically; `lead` raises Standby while another replica is the leader."""

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
        """Runs until cancelled; no failure ends it."""
        pause = self._first_in
        while True:
            await asyncio.sleep(pause)
            pause = await self._once()

    async def _once(self) -> float:
        """Runs the job once; how many seconds to wait before the next time."""
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
