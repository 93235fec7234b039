"""What counts of calls. An agent has hundreds of them, so each is folded once and not for each request."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from itertools import islice

from msgspec import Struct

from bridge.calls.agents import Identity
from bridge.inbox.agent_calls import Heard, calls_by_sid
from bridge.inbox.queries import KnownCall
from bridge.inbox.store import Inbox
from bridge.inbox.unreadable import concerning

MOST_KEPT = 50_000
"""Those that were used last, of 200 agents with 250 calls each; some 15 MB."""

AT_ONCE = 25
"""After so many calls other requests have their turn: a call takes a millisecond."""

SETTLES = timedelta(minutes=1)
"""A call without news for this long is kept: legs that do not name their call have joined it by then."""

Own = tuple[Identity, ...]
Key = tuple[Own, str, int]


class Summary(Struct, frozen=True, kw_only=True):
    """An agent's call. It belongs in their list of missed calls (`is_missed`) or voicemails (`is_message`).

    `missed_at`: when the bridge heard that they missed it. `reaches`: they spoke with the other party, who
    has that `number` (E.164), or tried to.
    """

    root_sid: str
    number: str | None
    started_at: datetime
    is_missed: bool
    reaches: bool
    missed_at: datetime | None = None
    is_message: bool = False


class Summaries:
    """Summaries of calls by agent, call and revision; `summarise` folds a call for an agent."""

    def __init__(self, inbox: Inbox, summarise: Callable[[Own, KnownCall], Summary]) -> None:
        self._inbox = inbox
        self._summarise = summarise
        self._kept: dict[Key, Summary] = {}

    async def of(self, own: Own, heard: Sequence[Heard], *, now: datetime) -> dict[str, Summary]:
        """SID as given → the summary of its call, unless that cannot be read. Raises InboxUnavailable."""
        keys = {one.root_sid: (own, one.root_sid, one.revision) for one in heard}
        found = {sid: self._used(key) for sid, key in keys.items() if key in self._kept}
        missing = keys.keys() - found.keys()
        read = await calls_by_sid(self._inbox, sorted(missing)) if missing else {}
        for number, (sid, known) in enumerate(read.items(), 1):
            if number % AT_ONCE == 0:
                await asyncio.sleep(0)
            with concerning(known.root_sid):
                found[sid] = self._summarise(own, known)
                if known.root_sid == sid and known.heard_at < now - SETTLES:
                    self._kept[keys[sid]] = found[sid]
        self._drop(len(self._kept) - MOST_KEPT)
        return found

    def _used(self, key: Key) -> Summary:
        """Kept for longest from now on."""
        summary = self._kept[key] = self._kept.pop(key)
        return summary

    def _drop(self, surplus: int) -> None:
        for key in list(islice(self._kept, max(0, surplus))):
            del self._kept[key]


def newest_first(summaries: Iterable[Summary]) -> list[Summary]:
    """Each call once, in the order of lists."""
    once = {one.root_sid: one for one in summaries}.values()
    return sorted(once, key=lambda one: (one.started_at, one.root_sid), reverse=True)
