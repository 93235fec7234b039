"""One page's stream of events: what waits to be sent is the newest state of each thing that changed."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

import orjson

from bridge.web.phone.agents import Agent
from bridge.web.phone.history import Listed

MOST_WAITING = 1_000
"""Changed things that wait for a reader; one that lets more gather is cut off."""


@dataclass(eq=False)
class EventStream:
    """The stream of an agent's page. `calls_of` are the identities and lines whose calls it tells of.

    `missed` are the calls that count as missed, by SID, and `seen_at` up to when they were seen.
    """

    agent: Agent
    calls_of: frozenset[str]
    missed: dict[str, Listed] = field(default_factory=dict)
    seen_at: datetime | None = None
    position: int = 0
    begun: bool = False
    """Whether changes are told: from the position at which the page begins."""
    availability: bytes = b""
    bye: str | None = None

    def __post_init__(self) -> None:
        self._waiting: dict[tuple[str, str], bytes] = {}
        self._news = asyncio.Event()

    def push(self, event: str, key: str, data: bytes) -> None:
        """Queues an event in the place of the one before it of the same thing."""
        # At its end: events come in the order of the last changes.
        self._waiting.pop((event, key), None)
        self._waiting[event, key] = data
        if len(self._waiting) > MOST_WAITING:
            self.end("slow")
        self._news.set()

    def push_text(self, key: str, text: bytes) -> None:
        """Queues events that are text already, the same for many streams."""
        self.push("", key, text)

    def end(self, reason: str) -> None:
        """Ends the stream, once what waits is sent; at once where the reader is slow."""
        self.bye = self.bye or reason
        if self.bye == "slow":
            self._waiting.clear()
        self._news.set()

    def reached(self, position: int) -> None:
        """All that was stored up to that id waits, or is sent."""
        self.position = max(self.position, position)

    async def batch(self, within: float) -> bytes:
        """What waits, as text; empty where nothing does `within` so many seconds.

        Its last event alone has an id: who has not got all of it comes back from before.
        """
        try:
            async with asyncio.timeout(within):
                await self._news.wait()
        except TimeoutError:
            return b""
        self._news.clear()
        waiting, self._waiting = self._waiting, {}
        # What changed while the page was prepared comes after its first event.
        named = sorted(waiting.items(), key=lambda one: one[0][0] != "hello")
        events = [(event, data) for (event, _), data in named]
        if self.bye:
            events.append(("bye", encoded({"reason": self.bye})))
        return b"".join(self._texts(events))

    def _texts(self, events: list[tuple[str, bytes]]) -> Iterable[bytes]:
        for number, (event, data) in enumerate(events, 1):
            if number == len(events):
                yield b"id: %d\n" % self.position
            yield event_text(event, data) if event else data


def event_text(event: str, data: bytes) -> bytes:
    """An event, but for its id."""
    return b"event: %s\ndata: %s\n\n" % (event.encode(), data)


def encoded(body: object) -> bytes:
    """JSON on one line."""
    return orjson.dumps(body)
