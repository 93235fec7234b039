"""Switches that make the sandbox fail as a Twenty can."""

import asyncio
from dataclasses import dataclass, fields
from typing import Any


@dataclass
class Faults:
    """What goes wrong, from now on until it is switched back."""

    down: bool = False
    """Connections are dropped without an answer."""
    slow_seconds: float = 0.0
    """Every answer waits this long."""
    status: int | None = None
    """Every request is answered with this HTTP status and no JSON."""
    cut: bool = False
    """The connection ends in the middle of the answer; what was asked is done nevertheless."""
    late_seconds: float = 0.0
    """The connection ends without an answer, and so much later what was asked is done."""
    late_writes_seconds: float = 0.0
    """The same, of mutations alone: what is asked meanwhile does not show what is still to be done."""
    garbage: str | None = None
    """Every request is answered with this text as if it were JSON."""
    over_limit: bool = False
    """The token bucket of API keys is empty."""
    quota_exhausted: bool = False
    """The workspace holds as many records as it may: none can be created."""
    key_revoked: bool = False
    """Every API key is revoked."""
    signed_out: bool = False
    """No user's token and no session holds any more."""
    poison: str | None = None
    """A record that contains this text is refused, and the batch with it."""

    def __post_init__(self) -> None:
        self._waiting: set[asyncio.Future[None]] = set()

    async def wait(self, seconds: float) -> None:
        """Returns after so many seconds, or with the next `release`."""
        waiting = asyncio.get_running_loop().create_future()
        self._waiting.add(waiting)
        timer = waiting.get_loop().call_later(seconds, _done, waiting)
        try:
            await waiting
        finally:
            timer.cancel()
            self._waiting.discard(waiting)

    @property
    def waiting(self) -> int:
        """How many requests are slow or late now."""
        return len(self._waiting)

    def release(self) -> None:
        """What is slow or late goes on now."""
        for waiting in self._waiting:
            _done(waiting)

    def clear(self) -> None:
        """Nothing goes wrong any more."""
        self.set(**{one.name: one.default for one in fields(self)})

    def set(self, **switches: Any) -> None:
        """Set some switches; raises TypeError for one that does not exist."""
        unknown = set(switches) - {one.name for one in fields(self)}
        if unknown:
            raise TypeError(f"no such fault: {', '.join(sorted(unknown))}")
        for name, value in switches.items():
            setattr(self, name, value)


def _done(waiting: asyncio.Future[None]) -> None:
    if not waiting.done():
        waiting.set_result(None)
