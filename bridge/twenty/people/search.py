"""Finds people by name, company or number, as Twenty lets the one who asks see them."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from msgspec import Struct

from bridge.calls.numbers import Number, e164
from bridge.settings import TwentySettings
from bridge.twenty.client.client import TwentyClient
from bridge.twenty.client.endpoint import open_endpoint
from bridge.twenty.people.callers import Profile, profile_of
from bridge.twenty.people.phones import phones_in, primary
from bridge.twenty.users.credentials import Credentials
from bridge.twenty.values import avatar_url, full_name

WAITS_SECONDS = 3
MOST_NUMBERS = 100
"""Of one person: reading one takes 0.3 ms, and an agent looks through no more."""

MOST_FOUND = 100
"""What Twenty's search answers with at most."""


class FoundRecord(Struct, frozen=True):
    """A person or a company; `avatar` is a URL."""

    id: str
    name: str
    avatar: str | None


class FoundPeople(Struct, frozen=True):
    """What a search found, the best first."""

    people: tuple[FoundRecord, ...] = ()
    companies: tuple[FoundRecord, ...] = ()


class PersonDetails(Struct, frozen=True):
    """A person with their numbers, the primary one first."""

    profile: Profile
    numbers: tuple[Number, ...]


class OtherParty(Struct, frozen=True):
    """Whom a phone call was with; either can be unknown."""

    number: Number | None
    person: FoundRecord | None


class PeopleSearch:
    """Searches with the credentials of a user of Twenty, or else with the bridge's; made by `open_search`.

    All methods raise TwentyError.
    """

    def __init__(
        self, client: TwentyClient, anonymous: TwentyClient, *, twenty_url: str, region: str
    ) -> None:
        self._client = client
        self._anonymous = anonymous
        self._twenty_url = twenty_url
        self._region = region

    async def search(self, text: str, *, limit: int, user: Credentials | None) -> FoundPeople:
        """People and companies by the beginnings of words; a number in any form by the national one."""
        number = e164(text, self._region)
        wanted = _national_forms(number) if number and number.is_valid else text
        answer = await self._as(user).execute("Search", text=wanted, limit=min(2 * limit, MOST_FOUND))
        nodes = [edge["node"] for edge in answer["search"]["edges"]]
        found = {kind: self._found(nodes, kind)[:limit] for kind in ("person", "company")}
        return FoundPeople(found["person"], found["company"])

    async def of_company(self, company_id: str, *, limit: int, user: Credentials | None) -> FoundPeople:
        """The people of a company."""
        asked = {"filter": {"companyId": {"eq": company_id}}, "first": limit, "after": None}
        answer = await self._as(user).execute("PhonesOfPeople", **asked)
        nodes = (edge["node"] for edge in answer["people"]["edges"])
        return FoundPeople(
            tuple(FoundRecord(node["id"], full_name(node.get("name")), None) for node in nodes)
        )

    async def person(self, person_id: str, *, user: Credentials | None) -> PersonDetails | None:
        """A person with their numbers; None where there is none, or none whom the user may see."""
        client, asked = self._as(user), {"filter": {"id": {"eq": person_id}}, "first": 1, "after": None}
        profiles, phones = await asyncio.gather(
            client.execute("CallerProfile", id=person_id), client.execute("PhonesOfPeople", **asked)
        )
        nodes = [edge["node"] for answer in (profiles, phones) for edge in answer["people"]["edges"]]
        if len(nodes) < 2:
            return None
        return PersonDetails(profile_of(nodes[0], self._twenty_url), self._numbers(nodes[1]))

    async def party(self, call_id: str, *, user: Credentials | None) -> OtherParty | None:
        """Whom a phone call of Twenty was with; None where there is none, or none that the user may see."""
        answer = await self._as(user).execute("PartyOfCall", id=call_id)
        node = next((edge["node"] for edge in answer["phoneCalls"]["edges"]), None)
        if node is None:
            return None
        theirs = "toPhoneNumber" if node["direction"] == "OUTBOUND" else "fromPhoneNumber"
        number = primary(node.get(theirs) or {})
        known = node.get("personId")
        person = known and FoundRecord(known, full_name((node.get("person") or {}).get("name")), None)
        return OtherParty(number.read(self._region) if number.number else None, person or None)

    def _numbers(self, node: Mapping[str, Any]) -> tuple[Number, ...]:
        phones = phones_in(node.get("phones") or {})[:MOST_NUMBERS]
        read = (phone.read(self._region) for phone in phones)
        return tuple(dict.fromkeys(number for number in read if number))

    def _found(self, nodes: list[Mapping[str, Any]], kind: str) -> tuple[FoundRecord, ...]:
        return tuple(
            FoundRecord(
                node["recordId"], node["label"] or "", avatar_url(node.get("imageUrl"), self._twenty_url)
            )
            for node in nodes
            if node["objectNameSingular"] == kind
        )

    def _as(self, user: Credentials | None) -> TwentyClient:
        return self._anonymous.sending(user.headers) if user else self._client


def _national_forms(number: Number) -> str:
    """What finds a number: one of its words is enough, and a line can stand in several forms.

    Twenty finds additional numbers by their national form alone, and all primary ones by it.
    """
    return " ".join(dict.fromkeys(one.national for one in (number, *sorted(number.alike))))


@asynccontextmanager
async def open_search(
    settings: TwentySettings, client: TwentyClient, *, region: str
) -> AsyncIterator[PeopleSearch]:
    """Searches of a workspace; users' credentials go over a connection without the bridge's key."""
    async with open_endpoint(settings, "graphql", within=WAITS_SECONDS) as endpoint:
        waiting = client.interactive(within=WAITS_SECONDS)
        yield PeopleSearch(waiting, waiting.over(endpoint), twenty_url=settings.pages, region=region)
