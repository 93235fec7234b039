"""One page's stream of events: the queue holds the newest state of each call, agent and count."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field

import orjson

from bridge.calls.agent_call import FoldedCall
from bridge.inbox.queries import KnownCall
from bridge.web.phone.agents import Agent
from bridge.web.phone.missed_calls import MissedCalls

MOST_WAITING = 1_000
"""Queued events; a client that leaves more unread is disconnected."""


@dataclass(eq=False)
class EventStream:
    """The stream of an agent's page. `calls_of` holds the identities and lines whose calls are sent."""

    agent: Agent
    calls_of: frozenset[str]
    missed: MissedCalls = field(default_factory=MissedCalls)
    position: int = 0
    begun: bool = False
    """Whether changes are queued: from the position at which the page begins."""
    counted: bool = False
    """Whether `missed` is known; calls that come before wait in `early`."""
    early: list[tuple[KnownCall, FoldedCall]] = field(default_factory=list)
    availability: bytes = b""
    bye: str | None = None

    def __post_init__(self) -> None:
        self._waiting: dict[tuple[str, str], bytes] = {}
        self._news = asyncio.Event()

    def push(self, event: str, key: str, data: bytes) -> None:
        """Queues an event; it replaces a queued event of the same name and `key`."""
        # Moved to the end: events are sent in the order of their last change.
        self._waiting.pop((event, key), None)
        self._waiting[event, key] = data
        if len(self._waiting) > MOST_WAITING:
            self.end("slow")
        self._news.set()

    def push_text(self, key: str, text: bytes) -> None:
        """Queues encoded events, which many streams share."""
        self.push("", key, text)

    def end(self, reason: str) -> None:
        """Ends the stream after the queued events; for the reason `slow` without them."""
        self.bye = self.bye or reason
        if self.bye == "slow":
            self._waiting.clear()
        self._news.set()

    def reached(self, position: int) -> None:
        """Notes that every change up to that callback id is queued or sent."""
        self.position = max(self.position, position)

    async def batch(self, within: float) -> bytes:
        """The queued events as text; empty where none is queued `within` that many seconds.

        Only the last event has an id: a client that did not receive the whole batch resumes before it.
        """
        try:
            async with asyncio.timeout(within):
                await self._news.wait()
        except TimeoutError:
            return b""
        self._news.clear()
        waiting, self._waiting = self._waiting, {}
        # `hello` goes first, before changes that were queued while it was prepared.
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
    """An event without its id.

    https://html.spec.whatwg.org/multipage/server-sent-events.html
    """
    return b"event: %s\ndata: %s\n\n" % (event.encode(), data)


def encoded(body: object) -> bytes:
    """JSON on one line."""
    return orjson.dumps(body)
