"""What the demo asks of Twenty, as a user would: with a user's token, which no rate limit counts."""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from itertools import islice
from typing import Any

import aiohttp

CREATE_PEOPLE = "mutation ($data: [PersonCreateInput!]!) { createPeople(data: $data) { id } }"
PHONE_CALLS = """
query ($sids: [String!]!) {
  phoneCalls(filter: {externalCallId: {in: $sids}}, first: 1000) {
    edges { node {
      id externalCallId name direction status durationInSeconds updatedAt
      person { name { firstName lastName } }
    } }
  }
}
"""
TRANSCRIPTS = """
query ($sids: [String!]!) {
  phoneCalls(filter: {externalCallId: {in: $sids}}, first: 1000) {
    edges { node { externalCallId transcript { markdown } } }
  }
}
"""
LOOK_SECONDS = 0.05
PAGE = 1000
SUMMARY = "### Summary"

Record = dict[str, Any]


class Twenty:
    """A user's view of the workspace; made by `open_twenty`."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def create_people(self, people: Sequence[Record]) -> None:
        """Puts people into the workspace."""
        await self._ask(CREATE_PEOPLE, {"data": people})

    async def calls_that_became(self, wanted: Mapping[str, str], *, within: float) -> dict[str, Record]:
        """Call SID → record, once each has the status that is wanted; what there is when the time is."""
        found: dict[str, Record] = {}
        try:
            async with asyncio.timeout(within):
                while len(found) < len(wanted):
                    known = await self.calls(wanted)
                    found = {sid: one for sid, one in known.items() if one["status"] == wanted[sid]}
                    await asyncio.sleep(LOOK_SECONDS)
        except TimeoutError:
            pass
        return found

    async def calls(self, sids: Collection[str]) -> dict[str, Record]:
        """Call SID → record, of those that are there."""
        found: dict[str, Record] = {}
        waiting = iter(sids)
        while page := list(islice(waiting, PAGE)):
            answer = await self._ask(PHONE_CALLS, {"sids": page})
            records = [edge["node"] for edge in answer["phoneCalls"]["edges"]]
            found |= {record["externalCallId"]: record for record in records}
        return found

    async def transcripts(self, sids: Collection[str], *, within: float) -> dict[str, str]:
        """Call SID → what was said, once each has its summary; after `within` seconds what there is."""
        found: dict[str, str] = {}
        try:
            async with asyncio.timeout(within):
                while sum(SUMMARY in text for text in found.values()) < len(sids):
                    await asyncio.sleep(LOOK_SECONDS)
                    found = await self._transcripts(sids)
        except TimeoutError:
            pass
        return found

    async def _transcripts(self, sids: Collection[str]) -> dict[str, str]:
        answer = await self._ask(TRANSCRIPTS, {"sids": list(sids)})
        records = [edge["node"] for edge in answer["phoneCalls"]["edges"]]
        return {one["externalCallId"]: (one["transcript"] or {}).get("markdown") or "" for one in records}

    async def _ask(self, query: str, variables: Record) -> Record:
        async with self._session.post("/graphql", json={"query": query, "variables": variables}) as answer:
            data: Record = (await answer.json())["data"]
            return data


@asynccontextmanager
async def open_twenty(url: str, user_token: str) -> AsyncIterator[Twenty]:
    """A user's session."""
    headers = {"Authorization": f"Bearer {user_token}"}
    async with aiohttp.ClientSession(url, headers=headers) as session:
        yield Twenty(session)
