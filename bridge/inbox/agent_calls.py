"""The calls of agents: which are whose stands in a table, so that a list is read by keyset.

All functions raise InboxUnavailable.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import ColumnElement, Select, and_, func, literal, or_, select, tuple_, union, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from bridge.calls.agent_call import LINE
from bridge.calls.fold.legs import may_be_leg
from bridge.inbox.queries import KnownCall, readable_call
from bridge.inbox.rows import callbacks_of, calls_of_legs, chunks, fetched
from bridge.inbox.store import Inbox
from bridge.inbox.tables import agent_calls, callbacks, calls, due, kept, listed


class Keyset(Struct, frozen=True, order=True):
    """Where in a list a call stands."""

    at: datetime
    root_sid: str


class Page(Struct, frozen=True):
    """Calls with their places, newest first; `last` is where the next page begins, if there is one."""

    calls: Sequence[tuple[Keyset, KnownCall]]
    last: Keyset | None


async def calls_of_agents(
    inbox: Inbox,
    agents: Collection[str],
    *,
    limit: int,
    before: Keyset | None = None,
    since: datetime | None = None,
) -> Page:
    """The calls of these identities and lines, each once; a page has fewer where calls were purged."""
    async with inbox.reading() as connection:
        found = (await connection.execute(_page(agents, limit, before, since))).all()
        places = [Keyset(row[1], row[0]) for row in found]
        at = await _at_newest(connection, agents, places)
        known = await _known(connection, at)
    return Page(
        [(at[sid], call) for sid, call in known.items()], places[-1] if len(places) == limit else None
    )


async def calls_of(inbox: Inbox, root_sids: Iterable[str]) -> Sequence[KnownCall]:
    """The calls with these SIDs that have callbacks."""
    return list((await calls_by_sid(inbox, root_sids)).values())


async def calls_by_sid(inbox: Inbox, root_sids: Iterable[str]) -> dict[str, KnownCall]:
    """SID as given → its call, each once; a leg that did not name its call is that call."""
    async with inbox.reading() as connection:
        return await _known(connection, root_sids)


async def agents_of_calls(inbox: Inbox, root_sids: Sequence[str]) -> dict[str, set[str]]:
    """Call SID → the identities and the line whose call it is."""
    found: dict[str, set[str]] = {}
    async with inbox.reading() as connection:
        for some in chunks(root_sids):
            columns = select(agent_calls.c.root_sid, agent_calls.c.agent)
            for sid, agent in await connection.execute(columns.where(agent_calls.c.root_sid.in_(some))):
                found.setdefault(sid, set()).add(agent)
    return found


async def matched_calls(inbox: Inbox, root_sids: Sequence[str]) -> set[str]:
    """Those of these calls of which is decided which person in Twenty they are with."""
    found: set[str] = set()
    async with inbox.reading() as connection:
        for some in chunks(root_sids):
            matched = select(calls.c.root_sid).where(calls.c.root_sid.in_(some), calls.c.matched)
            found.update(await connection.scalars(matched))
    return found


def _page(agents: Collection[str], limit: int, before: Keyset | None, since: datetime | None) -> Select[Any]:
    """A page of each agent, by the index, and the newest of all these."""
    after = _before(before)
    if since:
        after.append(agent_calls.c.at > since)
    pages = [
        select(agent_calls.c.root_sid, agent_calls.c.at)
        .where(agent_calls.c.agent == agent, *after)
        .order_by(agent_calls.c.at.desc(), agent_calls.c.root_sid.desc())
        .limit(limit)
        .subquery()
        for agent in sorted(agents)
    ]
    every = union_all(*(select(page) for page in pages)).subquery()
    newest = func.max(every.c.at).label("newest")
    grouped = select(every.c.root_sid, newest).group_by(every.c.root_sid)
    return grouped.order_by(newest.desc(), every.c.root_sid.desc()).limit(limit)


def _before(place: Keyset | None) -> list[ColumnElement[bool]]:
    if place is None:
        return []
    order = tuple_(agent_calls.c.at, agent_calls.c.root_sid)
    return [order < tuple_(literal(place.at, agent_calls.c.at.type), literal(place.root_sid))]


UNSETTLED = 100
"""How many of an agent's newest calls are searched for those that are not written to Twenty yet."""


class Party(Struct, frozen=True):
    """The other party of calls: by numbers (E.164), and by the id of a person in Twenty."""

    numbers: Collection[str]
    person_id: str | None = None


async def calls_with(
    inbox: Inbox,
    party: Party,
    agents: Collection[str],
    *,
    is_with: Callable[[KnownCall], bool],
    of_all: bool,
    limit: int,
    before: Keyset | None = None,
) -> Page:
    """The calls with a party, of these identities and lines, or `of_all` agents; each once.

    The other party of a call that is not written to Twenty yet is not in the table: `is_with` tells.
    """
    async with inbox.reading() as connection:
        settled = await connection.execute(_with(party, None if of_all else agents, limit, before))
        at = {row[0]: Keyset(row[1], row[0]) for row in settled}
        rows = (await connection.execute(_unsettled(agents, before))).all()
        fresh = await _at_newest(connection, agents, [Keyset(row[1], row[0]) for row in rows])
        at |= {sid: fresh[sid] for sid, call in (await _known(connection, fresh)).items() if is_with(call)}
        newest = sorted(at.values(), reverse=True)[:limit]
        known = await _known(connection, [place.root_sid for place in newest])
    last = newest[-1] if len(newest) == limit else None
    return Page([(at[sid], call) for sid, call in known.items()], last)


def _with(party: Party, agents: Collection[str] | None, limit: int, before: Keyset | None) -> Select[Any]:
    """Calls with a party, by the indexes of numbers and people, and where they stand in lists."""
    by: list[ColumnElement[bool]] = [calls.c.number.in_(sorted(party.numbers))]
    if party.person_id:
        by.append(calls.c.person_id == party.person_id)
    theirs = union(*(select(calls.c.root_sid).where(one, listed, kept) for one in by))
    whose = [] if agents is None else [agent_calls.c.agent.in_(sorted(agents))]
    at = func.max(agent_calls.c.at).label("newest")
    grouped = select(agent_calls.c.root_sid, at).where(agent_calls.c.root_sid.in_(theirs), *whose)
    grouped = grouped.group_by(agent_calls.c.root_sid)
    if before:
        place = tuple_(literal(before.at, agent_calls.c.at.type), literal(before.root_sid))
        grouped = grouped.having(tuple_(func.max(agent_calls.c.at), agent_calls.c.root_sid) < place)
    return grouped.order_by(at.desc(), agent_calls.c.root_sid.desc()).limit(limit)


def _unsettled(agents: Collection[str], before: Keyset | None) -> Select[Any]:
    """The newest calls whose other party is not determined yet."""
    newest = _page(agents, UNSETTLED, before, None).subquery()
    waiting = newest.join(calls, calls.c.root_sid == newest.c.root_sid)
    columns = select(newest.c.root_sid, newest.c.newest).select_from(waiting)
    return columns.where(calls.c.settled_at.is_(None))


async def _at_newest(
    connection: AsyncConnection, agents: Collection[str], places: Sequence[Keyset]
) -> dict[str, Keyset]:
    """Call SID → its place: of a call of two of an agent's identities, where the later one was heard of."""
    newest = await _newest(connection, agents, [place.root_sid for place in places])
    return {place.root_sid: place for place in places if newest[place.root_sid] == place.at}


async def _newest(
    connection: AsyncConnection, agents: Collection[str], root_sids: Sequence[str]
) -> dict[str, datetime]:
    found: dict[str, datetime] = {}
    for some in chunks(root_sids):
        theirs = agent_calls.c.root_sid.in_(some), agent_calls.c.agent.in_(sorted(agents))
        newest = select(agent_calls.c.root_sid, func.max(agent_calls.c.at)).where(*theirs)
        rows = await connection.execute(newest.group_by(agent_calls.c.root_sid))
        found |= {row[0]: row[1] for row in rows}
    return found


async def _known(connection: AsyncConnection, root_sids: Iterable[str]) -> dict[str, KnownCall]:
    """SID as given → its call, in that order, each once; a leg that did not name its call is that call.

    One that cannot be read is left out.
    """
    sids = list(root_sids)
    rows: dict[str, Any] = {}
    stored: dict[str, Any] = {}
    for some in chunks(sids):
        found = select(calls).where(calls.c.root_sid.in_(some), kept)
        rows |= {row["root_sid"]: row for row in await fetched(connection, found, key=calls.c.root_sid)}
        stored |= await callbacks_of(connection, some)
    legs = [sid for sid in sids if may_be_leg(stored.get(sid, ()))]
    roots = await calls_of_legs(connection, legs) if legs else {}
    missing = set(roots.values()) - set(sids)
    by_sid = dict(await _known(connection, sorted(missing - set(legs)))) if missing else {}
    by_sid |= {
        sid: known
        for sid in sids
        if sid in rows and stored.get(sid)
        if (known := readable_call(rows[sid], sorted(stored[sid], key=lambda c: c.received_at)))
    }
    given: dict[str, str] = {}
    for sid in sids:
        given.setdefault(roots.get(sid, sid), sid)
    return {sid: by_sid[root] for root, sid in given.items() if root in by_sid}


class Heard(Struct, frozen=True):
    """A call whose callbacks were not read; a change of it has another revision."""

    root_sid: str
    revision: int
    heard_at: datetime


class HeardPage(Struct, frozen=True):
    """Such calls with their places, newest first; `last` is where the next page begins, if there is one."""

    calls: Sequence[tuple[Keyset, Heard]]
    last: Keyset | None


async def heard_page(
    inbox: Inbox, own: Collection[str], lines: Collection[str], *, limit: int, before: Keyset | None
) -> HeardPage:
    """Of a page of an agent's and lines' calls, the agent's own, and those that rang no agent."""
    agents = [*own, *lines]
    async with inbox.reading() as connection:
        found = (await connection.execute(_page(agents, limit, before, None))).all()
        places = [Keyset(row[1], row[0]) for row in found]
        at = await _at_newest(connection, agents, places)
        heard: dict[str, Heard] = {}
        for some in chunks(list(at)):
            concerning = select(*_HEARD).where(calls.c.root_sid.in_(some), kept, _concerns(own))
            heard |= {row[0]: Heard(*row) for row in await connection.execute(concerning)}
    listed = [(place, heard[sid]) for sid, place in at.items() if sid in heard]
    return HeardPage(listed, places[-1] if len(places) == limit else None)


async def heard_of_agent(
    inbox: Inbox, own: Collection[str], lines: Collection[str] = (), *, since: datetime, limit: int
) -> Sequence[Heard]:
    """The newest calls of an agent since then, and as many of lines that rang no agent."""
    theirs = _heard(_page(own, limit, None, since))
    async with inbox.reading() as connection:
        found = [Heard(*row) for row in await connection.execute(theirs)]
        if lines:
            rang_none = _heard(_page(lines, SEARCHED, None, since)).where(~_concerns_agents()).limit(limit)
            found += [Heard(*row) for row in await connection.execute(rang_none)]
    return list({one.root_sid: one for one in found}.values())


SEARCHED = 5_000
"""How many of a line's newest calls are searched for those that rang no agent: some milliseconds."""


def _heard(places: Select[Any]) -> Select[Any]:
    page = places.subquery()
    found = select(*_HEARD).select_from(page.join(calls, calls.c.root_sid == page.c.root_sid))
    return found.where(kept).order_by(page.c.newest.desc(), page.c.root_sid.desc())


def _concerns(own: Collection[str]) -> ColumnElement[bool]:
    """A call of an agent, or one that rang no agent, as far as its own callbacks name them."""
    its = agent_calls.alias()
    is_own = select(1).where(its.c.root_sid == calls.c.root_sid, its.c.agent.in_(sorted(own))).exists()
    return or_(is_own, ~_concerns_agents())


def _concerns_agents() -> ColumnElement[bool]:
    its = agent_calls.alias()
    is_agent = ~its.c.agent.startswith(LINE, autoescape=True)
    return select(1).where(its.c.root_sid == calls.c.root_sid, is_agent).exists()


async def heard_with_numbers(
    inbox: Inbox, numbers: Collection[str], *, since: datetime, limit: int
) -> Sequence[Heard]:
    """The newest calls with these numbers (E.164) that were heard of since then.

    And those whose number is not determined yet: Twenty has none of them.
    """
    theirs = calls.c.number.in_(sorted(numbers)), listed
    is_open = (and_(due, calls.c.ended.is_(ended), calls.c.number.is_(None)) for ended in (False, True))
    async with inbox.reading() as connection:
        heard: list[Heard] = []
        for which in (theirs, *((one,) for one in is_open)):
            found = select(*_HEARD).where(*which, calls.c.due_at >= since, kept)
            newest = found.order_by(calls.c.due_at.desc()).limit(limit)
            heard += [Heard(*row) for row in await connection.execute(newest)]
    return heard


_HEARD: Sequence[ColumnElement[Any]] = (calls.c.root_sid, calls.c.revision, calls.c.due_at)


async def changed_since(
    inbox: Inbox, agents: Collection[str], *, position: int, limit: int
) -> Sequence[str] | None:
    """The calls of these agents with callbacks after that id; None where these are more than `limit`."""
    found = (
        select(callbacks.c.root_sid)
        .join(agent_calls, agent_calls.c.root_sid == callbacks.c.root_sid)
        .where(callbacks.c.id > position, agent_calls.c.agent.in_(sorted(agents)))
        .distinct()
        .limit(limit + 1)
    )
    async with inbox.reading() as connection:
        sids = (await connection.scalars(found)).all()
    return sids if len(sids) <= limit else None
