"""The endpoints of agents' calls: lists, single calls, and which missed calls were seen."""

import uuid
from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta

from aiohttp import hdrs, web

from bridge.calls.agents import Identity
from bridge.calls.live_calls import LiveCalls
from bridge.calls.numbers import e164
from bridge.errors import CallUnknown, NotAllowed, NotInCall, NotUnderstood
from bridge.inbox.agent_calls import Keyset, Party
from bridge.inbox.agent_states import set_seen
from bridge.inbox.queries import known_call
from bridge.inbox.store import Inbox
from bridge.twilio import forms
from bridge.web.authentication.rates import Rate
from bridge.web.availabilities import Availabilities
from bridge.web.phone.agents import Agent, AgentAuthentication
from bridge.web.phone.bodies import CallRequest, Moment, read_request
from bridge.web.phone.call_bodies import Body
from bridge.web.phone.colleagues import Colleagues
from bridge.web.phone.history import History, Show

PER_MINUTE = 240
"""Requests of one agent: a page sends a few after each call."""

LISTED, MOST_LISTED = 25, 100

MOST_NUMBERS = 20
"""Numbers of one party that a request can name."""

EPOCH = datetime.fromtimestamp(0, UTC)


class SeenRequest(CallRequest):
    """Marks missed calls and voicemails up to a time as seen."""

    until: Moment


class AgentHistory:
    """The endpoints of agents' calls; national numbers are read as numbers of `region` (ISO 3166).

    Handlers raise InboxUnavailable.
    """

    def __init__(
        self,
        inbox: Inbox,
        agents: AgentAuthentication,
        history: History,
        live_calls: LiveCalls,
        availabilities: Availabilities,
        *,
        colleagues: Colleagues,
        region: str,
    ) -> None:
        self._inbox = inbox
        self._agents = agents
        self._history = history
        self._live_calls = live_calls
        self._availabilities = availabilities
        self._colleagues = colleagues
        self._region = region
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
        party = self._party(request.query.getall("with", []), request.query.get("person"))
        if party:
            of_all = own == agent.own and self._colleagues.shows_calls(agent)
            found = self._history.with_party(own, party, of_all=of_all, limit=limit, before=before)
        else:
            found = self._history.page(own, show, limit=limit, before=before)
        listed, last = await found
        body: Body = {
            "calls": await self._history.bodies_of(own, listed),
            "next": _cursor(last) if last else None,
        }
        # Not while a phone rings: the count reads many calls.
        if not party:
            body["missed"] = await self._history.missed(own, now=datetime.now(UTC))
        return _answer(body)

    async def seen(self, request: web.Request) -> web.Response:
        """Stores up to when the agent has seen missed calls."""
        asked = await read_request(request, SeenRequest)
        agent = await self._agent(request, asked.identity)
        # The page's clock can be ahead; calls that are missed later are not seen yet.
        now = datetime.now(UTC)
        await set_seen(self._inbox, agent.identity, at=max(EPOCH, min(asked.until, now)))
        # The agent's other pages are sent the new count.
        await self._availabilities.read()
        return _answer({"missed": await self._history.missed(agent.own, now=now)})

    async def _agent(self, request: web.Request, asked: str | None) -> Agent:
        agent = await self._agents.agent(request, asked)
        self._rate.take((*agent.caller.key, agent.identity), per_minute=PER_MINUTE)
        return agent

    def _party(self, numbers: Sequence[str], person: str | None) -> Party | None:
        """The other party that a page names; raises NotUnderstood."""
        found = [e164(number, self._region) for number in numbers]
        if len(found) > MOST_NUMBERS or None in found:
            raise NotUnderstood(f"with: It should be a telephone number, {MOST_NUMBERS} times at most.")
        if not numbers and person is None:
            return None
        person_id = record_id(person, "person") if person is not None else None
        return Party(tuple(str(number) for number in found), person_id)

    def _whose(self, agent: Agent, named: str | None) -> Collection[Identity]:
        if named is None:
            return agent.own
        if not agent.is_supervisor:
            raise NotAllowed("Only supervisors see other agents' calls (phone.supervisors).")
        identities = self._agents.identities(named)
        if not identities:
            raise NotUnderstood("agent: It should be an agent's name, e-mail address or identity.")
        return identities


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


NO_ID = uuid.UUID(int=0)

VERSIONS = range(1, 6)
"""Those of the UUIDs that Twenty takes as ids."""


def record_id(given: str, name: str) -> str:
    """The id of a record in Twenty that a request names; raises NotUnderstood."""
    try:
        # `UUID` also accepts braces and prefixes.
        parsed = uuid.UUID(given if len(given) == 36 else "")
    except ValueError:
        parsed = NO_ID
    if parsed.version not in VERSIONS:
        raise NotUnderstood(f"{name}: It should be the id of a record in Twenty.")
    return str(parsed)


def _cursor(place: Keyset) -> str:
    return f"{(place.at - EPOCH) // timedelta(microseconds=1)}-{place.root_sid}"


def _place(cursor: str | None) -> Keyset | None:
    if cursor is None:
        return None
    at, _, root_sid = cursor.partition("-")
    if not (at.isascii() and at.isdecimal() and len(at) <= 16 and forms.CALL_SID.fullmatch(root_sid)):
        raise NotUnderstood("before: It should be `next` of the previous page.")
    return Keyset(EPOCH + timedelta(microseconds=int(at)), root_sid)
