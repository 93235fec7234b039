"""A small company: who is in its Twenty, and how the world answers when it calls."""

from typing import Any

import aiohttp

from bridge.sandbox.twenty import TwentySandbox
from bridge.sandbox.twilio import Party

CREATE_PEOPLE = "mutation ($data: [PersonCreateInput!]!) { createPeople(data: $data) { id } }"


def _person(first: str, last: str, **phones: Any) -> dict[str, Any]:
    return {"name": {"firstName": first, "lastName": last}, "phones": phones}


PEOPLE = (
    _person("Jane", "Doe", primaryPhoneNumber="+33612345678"),
    _person("Paul", "Martin", primaryPhoneNumber="+33698765432"),
    _person("Claire", "Petit", primaryPhoneNumber="+33159130011"),
    _person("Nora", "Weber", primaryPhoneNumber="+4930123456", additionalPhones=[{"number": "+33755501234"}]),
)

PARTIES = {
    "+33612345678": Party.answers(after=8, talks=192),
    "+33698765432": Party.busy(),
    "+33159130011": Party.answers(after=5, talks=47),
    "+33755501234": Party.answers(after=4, talks=65),
}
"""What they do when they are called; whoever is not here lets it ring."""


async def move_in(twenty: TwentySandbox) -> None:
    """Puts the people into the workspace, as its user would."""
    headers = {"Authorization": f"Bearer {twenty.user_token}"}
    body = {"query": CREATE_PEOPLE, "variables": {"data": PEOPLE}}
    async with (
        aiohttp.ClientSession(twenty.url, headers=headers, raise_for_status=True) as session,
        session.post("/graphql", json=body),
    ):
        pass
