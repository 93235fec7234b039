"""`GET /api/me`: the caller, and all that their phone page needs to set itself up."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence

import structlog
from aiohttp import hdrs, web
from msgspec import Struct

from bridge.calls.agents import USER, Agents, Identity, identity_of
from bridge.calls.dialling.caller_ids import CallerIds
from bridge.calls.dialling.checking import emergency_numbers
from bridge.calls.numbers import readable
from bridge.calls.phone_access import WHY, Lack, PhoneAccess, phone_access
from bridge.errors import NotListed, TwentyError
from bridge.settings.phone import Search, Sees
from bridge.twenty.people.members import Members
from bridge.web.authentication.authenticate import Authentication
from bridge.web.authentication.caller import Caller
from bridge.web.authentication.rates import Rate
from bridge.web.availabilities import Availabilities
from bridge.web.phone.agents import Agent, AgentAuthentication, searches
from bridge.web.phone.colleagues import availability_body

PER_MINUTE = 60
"""Requests of one agent."""

WAITS_SECONDS = 1.0
"""How long to wait for Twenty's members; without them the agent's name comes from the settings."""

NO_CALLER = Caller(kind="anonymous", name="none", incoming=False)
"""Why a member of the workspace is not allowed to use the phone."""

ADMINISTRATOR = "Ask the administrator of this bridge."

log = structlog.get_logger()


class Company(Struct, frozen=True, kw_only=True):
    """What is the same for all agents. `rung` holds the agents whom lines ring, as the settings name them.

    `search` is which API callers search people, `sees` what agents see of each other, and `records` whether
    agents can record calls on any line.
    """

    phone_number: str
    region: str
    language: str
    emergency: bool
    emergency_text: str
    contact: str | None
    rung: Sequence[str]
    outcomes: Sequence[str]
    after_call_seconds: int
    search: Search
    sees: Sees
    records: bool


class Me:
    """The endpoint `/api/me`; `refresh` reads Twenty's members again where they were read long ago."""

    def __init__(
        self,
        authentication: Authentication,
        agents: Agents,
        members: Members,
        *,
        asking: AgentAuthentication,
        availabilities: Availabilities,
        caller_ids: CallerIds,
        company: Company,
        refresh: Callable[[], Awaitable[None]],
    ) -> None:
        self._authentication = authentication
        self._asking = asking
        self._availabilities = availabilities
        self._agents = agents
        self._members = members
        self._caller_ids = caller_ids
        self._company = company
        self._refresh = refresh
        self._rate = Rate("Too many requests for /api/me")

    async def show(self, request: web.Request) -> web.Response:
        """Answers with the agent; for a member who is not allowed to call, with the reason and whom to ask.

        Raises InboxUnavailable.
        """
        try:
            caller = await self._authentication.authenticate(request)
        except NotListed as refused:
            identity, lacks = Identity(refused.identity), PhoneAccess(calls=False, lacks=(Lack.NOT_ALLOWED,))
            return self._answer(Agent(NO_CALLER, (identity,)), refused.email, lacks)
        self._rate.take(caller.key, per_minute=PER_MINUTE)
        identity = caller.agent(request.query.get("identity"))
        await self._fresh_members()
        agent = self._asking.of(caller, identity)
        return self._answer(agent, caller.email, self._access(caller, identity))

    async def _fresh_members(self) -> None:
        try:
            async with asyncio.timeout(WAITS_SECONDS):
                await self._refresh()
        except (TwentyError, TimeoutError) as error:
            log.warning("members.not_read", reason=str(error) or "no answer in time")

    def _access(self, caller: Caller, identity: Identity) -> PhoneAccess:
        member_id = self._members.by_identity(identity)
        own = {identity, *(self._members.identities_of(member_id) if member_id else ())}
        if caller.email:
            own |= {*self._agents.configured(caller.email), *_only(identity_of(caller.email))}
        rung = {one for several in self._members.identities(self._company.rung).values() for one in several}
        return phone_access(
            configured=any(self._agents.is_ours(one) for one in own if not USER.fullmatch(one)),
            rung=rung | {one for name in self._company.rung if (one := identity_of(name))},
            own=own,
            incoming=caller.incoming,
        )

    def _answer(self, agent: Agent, email: str, found: PhoneAccess) -> web.Response:
        company, identity = self._company, agent.identity
        caller_ids = list(self._caller_ids.of(identity)) if found.calls else []
        body = {
            "identity": identity,
            "name": self._members.names([identity]).get(identity) or email or None,
            "agent": found.agent,
            "calls": found.calls,
            "rings": found.rings,
            "whyNot": [{"code": lack, "text": WHY[lack]} for lack in found.lacks],
            "contact": self._contact(email or identity) if found.lacks else None,
            "ask": {"whom": company.contact, "name": email or identity} if found.lacks else None,
            "phoneNumber": company.phone_number,
            "callerIds": caller_ids,
            "readable": {number: readable(number) for number in (company.phone_number, *caller_ids)},
            "region": company.region,
            "language": company.language,
            "emergency": {
                "allowed": company.emergency,
                "numbers": list(emergency_numbers(company.region)),
                "text": company.emergency_text,
            },
            "member": self._member(identity, email),
            "outcomes": list(company.outcomes),
            "afterCallSeconds": company.after_call_seconds,
            "availability": availability_body(self._availabilities.of(agent.own)),
            "allowed": {
                "search": found.calls and searches(agent.caller, company.search),
                "colleagues": company.sees,
                "supervisor": agent.is_supervisor,
                "recording": company.records,
                "transfer": found.calls,
            },
        }
        return web.json_response(body, headers={hdrs.CACHE_CONTROL: "no-store"})

    def _member(self, identity: Identity, email: str) -> dict[str, object] | None:
        member_id = self._members.by_identity(identity)
        if member_id is None:
            return None
        name = self._members.names([identity]).get(identity) or email
        return {"id": member_id, "name": name, "email": email or None}

    def _contact(self, who: str) -> str:
        asks = f"Ask {self._company.contact}." if self._company.contact else ADMINISTRATOR
        return f"{asks} They need your name: {who}."


def _only(identity: Identity | None) -> Iterable[Identity]:
    return (identity,) if identity else ()
