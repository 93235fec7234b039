"""`GET /api/me`: the caller, and all that their phone page needs to set itself up."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass

import structlog
from aiohttp import hdrs, web

from bridge.calls.agents import USER, Agents, Identity, identity_of
from bridge.calls.dialling.caller_ids import CallerIds
from bridge.calls.dialling.checking import emergency_numbers
from bridge.calls.standing import WHY, Lack, Standing, standing
from bridge.errors import NotListed, TwentyError
from bridge.twenty.people.members import Members
from bridge.web.authentication.authenticate import Authentication
from bridge.web.authentication.caller import Caller
from bridge.web.authentication.rates import Rate

PER_MINUTE = 60
"""Requests of one agent."""

WAITS_SECONDS = 1.0
"""For Twenty's members; without them an agent is known by what the settings say."""

ADMINISTRATOR = "Ask who administers this bridge."

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """What is the same for all agents. `rung` are the agents whom lines ring, as the settings name them."""

    phone_number: str
    region: str
    language: str
    emergency: bool
    emergency_text: str
    contact: str | None
    rung: Sequence[str]


class Me:
    """The endpoint of who one is; `refresh` asks Twenty for its members, if that was long ago."""

    def __init__(
        self,
        authentication: Authentication,
        agents: Agents,
        members: Members,
        *,
        caller_ids: CallerIds,
        company: Company,
        refresh: Callable[[], Awaitable[None]],
    ) -> None:
        self._authentication = authentication
        self._agents = agents
        self._members = members
        self._caller_ids = caller_ids
        self._company = company
        self._refresh = refresh
        self._rate = Rate("Too many requests for who one is")

    async def show(self, request: web.Request) -> web.Response:
        """Answers a member of the workspace who may not call, too: with why, and whom to ask."""
        try:
            caller = await self._authentication.authenticate(request)
        except NotListed as refused:
            return self._answer(
                Identity(refused.identity), refused.email, Standing(calls=False, lacks=(Lack.NOT_ALLOWED,))
            )
        self._rate.take(caller.key, per_minute=PER_MINUTE)
        identity = caller.agent(request.query.get("identity"))
        await self._fresh_members()
        return self._answer(identity, caller.email, self._standing(caller, identity))

    async def _fresh_members(self) -> None:
        try:
            async with asyncio.timeout(WAITS_SECONDS):
                await self._refresh()
        except (TwentyError, TimeoutError) as error:
            log.warning("members.not_read", reason=str(error) or "no answer in time")

    def _standing(self, caller: Caller, identity: Identity) -> Standing:
        member_id = self._members.by_identity(identity)
        own = {identity, *(self._members.identities_of(member_id) if member_id else ())}
        if caller.email:
            own |= {*self._agents.configured(caller.email), *_only(identity_of(caller.email))}
        rung = {one for several in self._members.identities(self._company.rung).values() for one in several}
        return standing(
            configured=any(self._agents.is_ours(one) for one in own if not USER.fullmatch(one)),
            rung=rung | {one for name in self._company.rung if (one := identity_of(name))},
            own=own,
            incoming=caller.incoming,
        )

    def _answer(self, identity: Identity, email: str, found: Standing) -> web.Response:
        company = self._company
        body = {
            "identity": identity,
            "name": self._members.names([identity]).get(identity) or email or None,
            "agent": found.agent,
            "calls": found.calls,
            "rings": found.rings,
            "whyNot": [{"code": lack, "text": WHY[lack]} for lack in found.lacks],
            "contact": self._contact(email or identity) if found.lacks else None,
            "phoneNumber": company.phone_number,
            "callerIds": list(self._caller_ids.of(identity)) if found.calls else [],
            "region": company.region,
            "language": company.language,
            "emergency": {
                "allowed": company.emergency,
                "numbers": list(emergency_numbers(company.region)),
                "text": company.emergency_text,
            },
        }
        return web.json_response(body, headers={hdrs.CACHE_CONTROL: "no-store"})

    def _contact(self, who: str) -> str:
        asks = f"Ask {self._company.contact}." if self._company.contact else ADMINISTRATOR
        return f"{asks} They need your name: {who}."


def _only(identity: Identity | None) -> Iterable[Identity]:
    return (identity,) if identity else ()
