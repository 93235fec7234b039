"""What is counted of calls. An agent has hundreds of them, so each is folded once and not for each count."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bridge.calls.agents import Identity
from bridge.inbox.agent_calls import Heard, calls_of
from bridge.inbox.queries import KnownCall
from bridge.inbox.store import Inbox

MOST_KEPT = 10_000

AT_ONCE = 25
"""After so many calls other requests have their turn: a call takes a millisecond."""

SETTLES = timedelta(minutes=1)
"""A call without news for this long is kept: legs that do not name their call have joined it by then."""

Own = tuple[Identity, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """An agent's call. `is_missed`: it belongs in their list of missed calls.

    `reaches`: they spoke with the other party, who has that `number` (E.164), or tried to.
    """

    root_sid: str
    number: str | None
    started_at: datetime
    is_missed: bool
    reaches: bool


class Summaries:
    """Summaries of calls by agent, call and revision; `summarise` folds a call for an agent."""

    def __init__(self, inbox: Inbox, summarise: Callable[[Own, KnownCall], Summary]) -> None:
        self._inbox = inbox
        self._summarise = summarise
        self._kept: dict[tuple[Own, str, int], Summary] = {}

    async def of(self, own: Own, heard: Sequence[Heard], *, now: datetime) -> list[Summary]:
        """The summaries of these calls, each once, newest first. Raises InboxUnavailable."""
        keys = {one.root_sid: (own, one.root_sid, one.revision) for one in heard}
        found = {sid: self._kept[key] for sid, key in keys.items() if key in self._kept}
        missing = keys.keys() - found.keys()
        for number, known in enumerate(await calls_of(self._inbox, missing) if missing else (), 1):
            if number % AT_ONCE == 0:
                await asyncio.sleep(0)
            found[known.root_sid] = self._summarise(own, known)
            if known.root_sid in keys and known.heard_at < now - SETTLES:
                self._kept[keys[known.root_sid]] = found[known.root_sid]
        self._drop(len(self._kept) - MOST_KEPT)
        return newest_first(found.values())

    def _drop(self, surplus: int) -> None:
        for key in list(self._kept)[: max(0, surplus)]:
            del self._kept[key]


def newest_first(summaries: Iterable[Summary]) -> list[Summary]:
    """In the order of lists."""
    return sorted(summaries, key=lambda one: (one.started_at, one.root_sid), reverse=True)
