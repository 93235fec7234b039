"""`PUT /api/me/availability` and `GET /api/agents`: which agents take calls."""

from datetime import UTC, datetime, timedelta
from typing import Literal

import structlog
from aiohttp import hdrs, web

from bridge.calls.availability import AvailabilityStatus
from bridge.errors import NotUnderstood
from bridge.web.authentication.rates import Rate
from bridge.web.availabilities import Availabilities
from bridge.web.phone.agents import AgentAuthentication
from bridge.web.phone.bodies import CallRequest, Moment, read_request
from bridge.web.phone.colleagues import Colleagues, availability_body

PER_MINUTE = 60
LONGEST = timedelta(days=31)

log = structlog.get_logger()


class AvailabilityRequest(CallRequest):
    """The availability that an agent sets, and until when it applies."""

    status: Literal["available", "busy", "away"]
    until: Moment | None = None


class AgentsEdge:
    """The endpoints of availability."""

    def __init__(
        self, agents: AgentAuthentication, availabilities: Availabilities, colleagues: Colleagues
    ) -> None:
        self._agents = agents
        self._availabilities = availabilities
        self._colleagues = colleagues
        self._said = Rate("Too many changes of availability")
        self._rate = Rate("Too many requests for agents")

    async def say(self, request: web.Request) -> web.Response:
        """Stores the agent's availability, by which every replica routes calls. Raises InboxUnavailable."""
        asked = await read_request(request, AvailabilityRequest)
        agent = await self._agents.agent(request, asked.identity)
        self._said.take((*agent.caller.key, agent.identity), per_minute=PER_MINUTE)
        now = datetime.now(UTC)
        if asked.until and not now < asked.until <= now + LONGEST:
            raise NotUnderstood(f"until: It should be in the future, {LONGEST.days} days at most.")
        until = None if asked.status == "available" else asked.until
        await self._availabilities.say(agent.identity, AvailabilityStatus(asked.status), until=until)
        log.info("agent.availability", agent=agent.identity, status=asked.status)
        return _answer(availability_body(self._availabilities.of(agent.own)))

    async def list(self, request: web.Request) -> web.Response:
        """All agents whom the caller is allowed to see. Raises InboxUnavailable."""
        agent = await self._agents.agent(request, request.query.get("identity"))
        self._rate.take((*agent.caller.key, agent.identity), per_minute=PER_MINUTE)
        return _answer({"agents": await self._colleagues.seen_by(agent)})


def _answer(body: dict[str, object]) -> web.Response:
    return web.json_response(body, headers={hdrs.CACHE_CONTROL: "no-store"})
