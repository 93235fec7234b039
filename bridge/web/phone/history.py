"""An agent's calls: lists of recent calls, missed calls and voicemails, and single calls."""

from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from aiohttp import hdrs, web
from pydantic import AwareDatetime

from bridge.calls.agent_call import AgentCall, agent_call, line_name
from bridge.calls.agents import Identity
from bridge.calls.fold.states import Direction
from bridge.calls.live_calls import LiveCalls
from bridge.calls.part import PartState
from bridge.calls.routing.lines import Group, Lines
from bridge.errors import CallUnknown, NotAllowed, NotInCall, NotUnderstood
from bridge.inbox.agent_calls import Keyset, Page, agents_of_calls, calls_of_agents, calls_with_numbers
from bridge.inbox.agent_states import set_seen, states_of
from bridge.inbox.queries import KnownCall, known_call
from bridge.inbox.store import Inbox
from bridge.twenty.people.members import Members
from bridge.twilio import forms
from bridge.web.authentication.rates import Rate
from bridge.web.availabilities import Availabilities
from bridge.web.phone.agents import Agent, AgentAuthentication
from bridge.web.phone.bodies import CallRequest, read_request
from bridge.web.phone.call_bodies import Body, CallBodies

PER_MINUTE = 240
"""Requests of one agent: a page sends a few after each call."""

LISTED, MOST_LISTED = 25, 100
STEP = 100
MOST_READ = 500
"""Calls that one request reads; if few of them are in the list, the page is short and names a next one."""

EPOCH = datetime.fromtimestamp(0, UTC)

MOST_MISSED = 100
"""The highest count of missed calls."""

MISSED_FOR = timedelta(days=14)
"""Older missed calls are not counted."""

ARRIVES_WITHIN = timedelta(hours=1)
"""The longest time from the start of a call to its first callback."""

PLACED = frozenset({PartState.CALLING, PartState.NOT_ANSWERED, PartState.BUSY, PartState.CANCELED})


class Show(StrEnum):
    """The lists of calls that a page can request."""

    RECENT = "recent"
    MISSED = "missed"
    VOICEMAILS = "voicemails"


class SeenRequest(CallRequest):
    """Marks missed calls and voicemails up to a time as seen."""

    until: AwareDatetime


@dataclass(frozen=True, slots=True)
class Listed:
    """An agent's call: `known` is its entry in the inbox, `call` the agent's part in it."""

    known: KnownCall
    call: AgentCall
    number: str | None

    @property
    def reaches(self) -> bool:
        """Whether the agent spoke with the other party, or tried to."""
        talked = self.call.part.state in (PartState.TALKING, PartState.TALKED)
        is_out = self.call.call.direction is Direction.OUTBOUND
        return talked or (is_out and self.call.part.state in PLACED)


class History:
    """Reads agents' calls from the inbox; a call that rang no agent belongs to the agents of its line.

    Methods that read raise InboxUnavailable.
    """

    def __init__(
        self, inbox: Inbox, members: Members, bodies: CallBodies, *, lines: Lines, numbers: Collection[str]
    ) -> None:
        self._inbox = inbox
        self._members = members
        self.bodies = bodies
        self._lines = lines
        self._numbers = numbers

    def listed(self, own: Collection[Identity], known: KnownCall, *, sid: str = "") -> Listed:
        """The agent's part in a call; `sid` chooses one of their legs."""
        call = agent_call(own, known.callbacks, sid=sid)
        return Listed(known, call, self.bodies.number_of(call))

    def lines_of(self, own: Collection[Identity]) -> list[str]:
        """The names of the lines that ring an agent."""
        return [line_name(number) for number in self._numbers if self._rings(number, own)]

    def _rings(self, number: str, own: Collection[Identity]) -> bool:
        groups = (step for step in self._lines.of(number).steps if isinstance(step, Group))
        rung = self._members.identities(agent for group in groups for agent in group.agents)
        return any(identity in own for identities in rung.values() for identity in identities)

    async def is_of_line(self, own: Collection[Identity], one: Listed) -> bool:
        """Whether a call that rang no agent is on a line that rings this agent."""
        if not one.call.rang_none:
            return False
        named = await agents_of_calls(self._inbox, [one.known.root_sid])
        return not named.get(one.known.root_sid, set()).isdisjoint(self.lines_of(own))

    async def page(
        self, own: Collection[Identity], show: Show, *, limit: int, before: Keyset | None
    ) -> tuple[list[Listed], Keyset | None]:
        """Calls of one list, newest first, and where the next page begins; None for the last page."""
        found: list[Listed] = []
        last: Keyset | None = before
        async for page in self._pages(own, show, before, limit):
            for place, known in page.calls:
                if self.is_in(show, one := self.listed(own, known)):
                    found.append(one)
                    if len(found) == limit:
                        return found, place
            last = page.last
        return found, last

    async def _pages(
        self, own: Collection[Identity], show: Show, before: Keyset | None, limit: int
    ) -> AsyncIterator[Page]:
        agents = [*own] if show is Show.RECENT else [*own, *self.lines_of(own)]
        size = limit if show is Show.RECENT else min(limit, STEP)
        read = 0
        while read < MOST_READ:
            page = await calls_of_agents(self._inbox, agents, limit=size, before=before)
            yield page
            if page.last is None:
                return
            read, before = read + size, page.last

    def is_in(self, show: Show, one: Listed) -> bool:
        """Whether a call belongs in a list."""
        if one.call.call.preflight or not (one.call.is_own or one.call.rang_none):
            return False
        if show is Show.VOICEMAILS:
            return one.call.is_message and bool(one.call.recordings)
        return show is Show.RECENT or one.call.is_missed

    async def seen_at(self, own: Collection[Identity]) -> datetime | None:
        """The time up to which an agent has seen missed calls; None if they have seen none."""
        states = await states_of(self._inbox, own)
        return max((state.seen_at for state in states if state.seen_at), default=None)

    async def missed(self, own: Collection[Identity], *, now: datetime) -> int:
        """The number of missed calls that the agent has neither seen nor called back, MOST_MISSED at most."""
        return len(await self.missed_calls(own, now=now))

    async def missed_calls(self, own: Collection[Identity], *, now: datetime) -> list[Listed]:
        """Missed calls neither seen nor called back, newest first; MOST_MISSED at most."""
        seen_at = await self.seen_at(own)
        since = max(now - MISSED_FOR, seen_at - ARRIVES_WITHIN if seen_at else now - MISSED_FOR)
        agents = [*own, *self.lines_of(own)]
        page = await calls_of_agents(self._inbox, agents, limit=MOST_READ, since=since)
        listed = [self.listed(own, known) for _, known in page.calls]
        missed = [one for one in listed if self.is_in(Show.MISSED, one) and not is_seen(one, seen_at)]
        reached = await self.reached(missed, listed)
        return [one for one in missed if not _is_called_back(one, reached)][:MOST_MISSED]

    async def reached(self, missed: Sequence[Listed], listed: Iterable[Listed] = ()) -> dict[str, datetime]:
        """Number of a missed call → when an agent last spoke with it, or tried to."""
        numbers = {one.number for one in missed if one.number}
        if not numbers:
            return {}
        since = min(one.call.call.started_at for one in missed)
        others = await calls_with_numbers(self._inbox, numbers, since=since, limit=MOST_READ)
        theirs = [self.listed((), known) for known in others]
        times = [(one.number, one.call.call.started_at) for one in (*listed, *theirs) if one.reaches]
        return {number: at for number, at in sorted(times, key=lambda t: t[1]) if number in numbers}

    async def _since(self, own: Collection[Identity], missed: Sequence[Listed]) -> list[Listed]:
        """The agent's calls since these, including those that are not written to Twenty yet."""
        if not missed:
            return []
        since = min(one.call.call.started_at for one in missed)
        page = await calls_of_agents(self._inbox, own, limit=STEP, since=since)
        return [self.listed(own, known) for _, known in page.calls]

    async def bodies_of(self, own: Collection[Identity], listed: Sequence[Listed]) -> list[Body]:
        """The JSON of these calls."""
        seen_at = await self.seen_at(own)
        missed = [one for one in listed if one.call.is_missed or one.call.is_message]
        reached = await self.reached(missed, [*listed, *await self._since(own, missed)])
        return [
            self.bodies.body(
                one.call,
                one.known.match,
                called_back=_is_called_back(one, reached),
                seen=is_seen(one, seen_at),
            )
            for one in listed
        ]


def is_seen(one: Listed, seen_at: datetime | None) -> bool:
    """Whether the agent has seen a missed call; `seen_at` is the time up to which they have."""
    return seen_at is not None and one.call.call.started_at <= seen_at


def _is_called_back(one: Listed, reached: dict[str, datetime]) -> bool:
    at = reached.get(one.number or "")
    return at is not None and at > one.call.call.started_at


class AgentHistory:
    """The endpoints of agents' calls. Handlers raise InboxUnavailable."""

    def __init__(
        self,
        inbox: Inbox,
        agents: AgentAuthentication,
        history: History,
        live_calls: LiveCalls,
        availabilities: Availabilities,
    ) -> None:
        self._inbox = inbox
        self._agents = agents
        self._history = history
        self._live_calls = live_calls
        self._availabilities = availabilities
        self._rate = Rate("Too many requests for calls")

    async def show(self, request: web.Request) -> web.Response:
        """One call of the agent's; a refused one with the reason. Raises CallUnknown and NotInCall."""
        agent = await self._agent(request, request.query.get("identity"))
        named = request.match_info["sid"]
        sid = self._live_calls.placed_as(agent.identity, named) or named
        known = await known_call(self._inbox, sid) if forms.CALL_SID.fullmatch(sid) else None
        if known is None or not known.callbacks:
            raise CallUnknown("There is no such call.")
        one = self._history.listed(agent.own, known, sid=sid)
        if not (one.call.is_own or agent.is_supervisor or await self._history.is_of_line(agent.own, one)):
            raise NotInCall("This is another agent's call.")
        (body,) = await self._history.bodies_of(agent.own, [one])
        return _answer(body)

    async def list(self, request: web.Request) -> web.Response:
        """The agent's calls, newest first."""
        agent = await self._agent(request, request.query.get("identity"))
        own = self._whose(agent, request.query.get("agent"))
        show, limit = (
            _show(request.query.get("show")),
            limit_of(request.query.get("limit"), default=LISTED, most=MOST_LISTED),
        )
        before = _place(request.query.get("before"))
        listed, last = await self._history.page(own, show, limit=limit, before=before)
        body: Body = {
            "calls": await self._history.bodies_of(own, listed),
            "next": _cursor(last) if last else None,
            "missed": await self._history.missed(own, now=datetime.now(UTC)),
        }
        return _answer(body)

    async def seen(self, request: web.Request) -> web.Response:
        """Stores up to when the agent has seen missed calls."""
        asked = await read_request(request, SeenRequest)
        agent = await self._agent(request, asked.identity)
        # The page's clock can be ahead; calls that are missed later are not seen yet.
        now = datetime.now(UTC)
        await set_seen(self._inbox, agent.identity, at=min(asked.until, now))
        # The agent's other pages are sent the new count.
        await self._availabilities.read()
        return _answer({"missed": await self._history.missed(agent.own, now=now)})

    async def _agent(self, request: web.Request, asked: str | None) -> Agent:
        agent = await self._agents.agent(request, asked)
        self._rate.take((*agent.caller.key, agent.identity), per_minute=PER_MINUTE)
        return agent

    def _whose(self, agent: Agent, named: str | None) -> Collection[Identity]:
        if named is None:
            return agent.own
        if not agent.is_supervisor:
            raise NotAllowed("Only supervisors see other agents' calls (phone.supervisors).")
        return self._agents.identities(named)


def _answer(body: Body) -> web.Response:
    return web.json_response(body, headers={hdrs.CACHE_CONTROL: "no-store"})


def _show(named: str | None) -> Show:
    try:
        return Show(named or Show.RECENT)
    except ValueError:
        raise NotUnderstood(f"show: It should be one of {', '.join(Show)}.") from None


def limit_of(given: str | None, *, default: int, most: int) -> int:
    """The `limit` of a request, from 1 to `most`; raises NotUnderstood."""
    if given is None:
        return default
    number = int(given) if given.isascii() and given.isdecimal() and len(given) <= 3 else 0
    if not 1 <= number <= most:
        raise NotUnderstood(f"limit: It should be a number from 1 to {most}.")
    return number


def _cursor(place: Keyset) -> str:
    return f"{(place.at - EPOCH) // timedelta(microseconds=1)}-{place.root_sid}"


def _place(cursor: str | None) -> Keyset | None:
    if cursor is None:
        return None
    at, _, root_sid = cursor.partition("-")
    if not (at.isascii() and at.isdecimal() and len(at) <= 16 and forms.CALL_SID.fullmatch(root_sid)):
        raise NotUnderstood("before: It should be `next` of the previous page.")
    return Keyset(EPOCH + timedelta(microseconds=int(at)), root_sid)
