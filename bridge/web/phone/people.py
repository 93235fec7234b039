"""Searches people and companies in Twenty; shows a person's numbers, and whom a phone call was with."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog
from aiohttp import hdrs, web

from bridge.calls.dialling.checking import check
from bridge.calls.dialling.rules import Dialling
from bridge.calls.numbers import Number, readable
from bridge.calls.texts import Texts, spoken_refusal
from bridge.errors import NotAllowed, NotUnderstood, TwentyDenied, TwentyError
from bridge.settings.phone import Search
from bridge.twenty.people.search import FoundPeople, FoundRecord, OtherParty, PeopleSearch, PersonDetails
from bridge.web.authentication.rates import Rate
from bridge.web.operation.problems import problem
from bridge.web.phone.agents import Agent, AgentAuthentication, searches
from bridge.web.phone.call_bodies import Body
from bridge.web.phone.lists import limit_of, record_id

PER_MINUTE = 120
"""Searches of one agent: a page searches while they type. Twenty's rate limit does not count them."""

FOUND, MOST_FOUND = 8, 20
LONGEST = 200

NUMBER = ("number", "readable", "allowed", "reason", "why")

NO_PERSON = "There is no such person, or none whom Twenty lets you see."
NO_CALL = "There is no such phone call, or none that Twenty lets you see."
NOT_FOR_KEYS = "The settings do not let you search people (phone.search)."

log = structlog.get_logger()


class People:
    """The endpoints of people; `per_minute` bounds one agent's requests that Twenty's rate limit counts."""

    def __init__(
        self,
        agents: AgentAuthentication,
        people: PeopleSearch,
        dialling: Dialling,
        *,
        search: Search,
        region: str,
        texts: Texts,
        page_of: Callable[[str, str], str],
        per_minute: int,
    ) -> None:
        self._agents = agents
        self._people = people
        self._dialling = dialling
        self._search = search
        self._region = region
        self._texts = texts
        self._page_of = page_of
        self._per_minute = per_minute
        self._rate = Rate("Too many searches")
        self._counted = Rate("Too many requests for people")

    async def search(self, request: web.Request) -> web.Response:
        """Answers with people and companies that match a text, or with the people of a company."""
        agent = await self._agent(request)
        text, company = request.query.get("search"), request.query.get("company")
        asked: Awaitable[FoundPeople]
        limit = limit_of(request.query.get("limit"), default=FOUND, most=MOST_FOUND)
        user = agent.caller.credentials
        if company is not None:
            self._counted.take(agent.caller.key, per_minute=self._per_minute)
            asked = self._people.of_company(record_id(company, "company"), limit=limit, user=user)
        else:
            self._rate.take(agent.caller.key, per_minute=PER_MINUTE)
            asked = self._people.search(_text(text), limit=limit, user=user)
        found = await _answered(asked)
        return found if isinstance(found, web.Response) else _answer(self._found(found))

    async def show(self, request: web.Request) -> web.Response:
        """Answers with a person and their numbers, and whether each can be dialled."""
        agent = await self._agent(request)
        person_id = record_id(request.match_info["id"], "id")
        self._counted.take(agent.caller.key, per_minute=self._per_minute)
        found = await _answered(self._people.person(person_id, user=agent.caller.credentials))
        if found is None:
            return problem(404, NO_PERSON, code="people.unknown")
        return found if isinstance(found, web.Response) else _answer(self._person(found))

    async def party(self, request: web.Request) -> web.Response:
        """Answers with whom a phone call of Twenty was with, and whether the number can be dialled."""
        agent = await self._agent(request)
        call_id = record_id(request.match_info["id"], "id")
        self._counted.take(agent.caller.key, per_minute=self._per_minute)
        found = await _answered(self._people.party(call_id, user=agent.caller.credentials))
        if found is None:
            return problem(404, NO_CALL, code="call.unknown")
        return found if isinstance(found, web.Response) else _answer(self._party(found))

    async def _agent(self, request: web.Request) -> Agent:
        agent = await self._agents.agent(request, request.query.get("identity"))
        if not searches(agent.caller, self._search):
            raise NotAllowed(NOT_FOR_KEYS, code="people.not_allowed")
        return agent

    def _found(self, found: FoundPeople) -> Body:
        companies = [self._record(one, "company") for one in found.companies]
        people = [self._record(one, "person") | {"avatar": one.avatar} for one in found.people]
        return {"people": people, "companies": companies}

    def _record(self, one: FoundRecord, kind: str) -> Body:
        return {"id": one.id, "name": one.name, "url": self._page_of(kind, one.id)}

    def _party(self, found: OtherParty) -> Body:
        number = self._number(found.number) if found.number else dict.fromkeys(NUMBER)
        return number | {"person": found.person and self._record(found.person, "person")}

    def _person(self, found: PersonDetails) -> Body:
        profile = found.profile
        return {
            "id": profile.id,
            "name": profile.name,
            "company": profile.company,
            "avatar": profile.avatar,
            "url": profile.page,
            "numbers": [self._number(number) for number in found.numbers],
        }

    def _number(self, number: Number) -> Body:
        checked = check(number, self._dialling, region=self._region)
        why = spoken_refusal(self._texts, checked.reason) if checked.reason else None
        return {
            "number": str(number),
            "readable": readable(number),
            "allowed": not checked.reason,
            "reason": checked.reason,
            "why": why,
        }


T = TypeVar("T")


async def _answered(asked: Awaitable[T]) -> T | web.Response:
    """The result of a request to Twenty, or the problem to answer with where it fails."""
    try:
        return await asked
    except TwentyDenied as denied:
        log.warning("people.denied", reason=str(denied), code=denied.code)
        return problem(403, "Twenty does not let you see people.", code="people.denied")
    except TwentyError as error:
        log.warning("people.not_asked", reason=str(error), code=error.code)
        return problem(503, "Twenty does not answer now; try again.", code="twenty.unavailable")


def _answer(body: Body) -> web.Response:
    return web.json_response(body, headers={hdrs.CACHE_CONTROL: "no-store"})


def _text(given: str | None) -> str:
    text = (given or "").strip()
    if not text or len(text) > LONGEST:
        raise NotUnderstood(f"search: It should be a text of up to {LONGEST} characters.")
    return text
