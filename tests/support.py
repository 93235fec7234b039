"""What tests make again and again: callbacks, settings, people, a look into Twenty."""

import asyncio
import json
import os
import socket
import sqlite3
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import count, cycle, islice
from pathlib import Path
from typing import Any, TypeVar

import aiohttp

from bridge.calls.callback import Callback, Kind, digest_of
from bridge.calls.recording_links import RecordingLinks
from bridge.sandbox.twenty import TwentySandbox
from bridge.sandbox.twilio import TwilioSandbox
from bridge.settings import TwentySettings, TwilioSettings

T = TypeVar("T")
LINKS = RecordingLinks("https://phone.example.com", "AC" + "0" * 32, keys=[b"a key to sign links with"])
BOUND = 120
"""Seconds for what comes at once on an idle machine: on a busy one it is no failure that it is late."""
LONGEST_WAIT = 0.1
"""Seconds between two looks at what takes long: each look takes time from what is waited for."""
TEN = datetime(2026, 11, 22, 10, 0, 0, tzinfo=UTC)
_numbers = count(1)


PORTS = range(20_000, 32_000)
"""Below those that Linux gives to connections, which come and go while a test uses the port that it chose."""


@cache
def _ports() -> Iterator[int]:
    """Each process begins with another one."""
    return islice(cycle(PORTS), os.getpid() * 97 % len(PORTS), None)


def unused_port(host: str = "127.0.0.1") -> int:
    """A port that no other process listens on, or is given by the system."""
    for port in islice(_ports(), len(PORTS)):
        with suppress(OSError), socket.create_server((host, port)):
            return port
    raise AssertionError("no port is free")


def new_sid() -> str:
    """A call SID that no other test has."""
    return f"CA{next(_numbers):031x}0"


def twenty_settings(twenty: TwentySandbox, **more: Any) -> TwentySettings:
    """Settings for the administrator's key."""
    values = {"api_url": twenty.url, "api_token": twenty.api_key, "requests_per_minute": 60_000}
    return TwentySettings.model_validate(values | more)


def twilio_settings(twilio: TwilioSandbox, **more: Any) -> TwilioSettings:
    """Settings for its account, by an API key."""
    values = {
        "account_sid": twilio.account_sid,
        "auth_token": twilio.auth_token,
        "api_key": twilio.api_key,
        "api_secret": twilio.api_secret,
        "app_sid": twilio.app_sid,
        "phone_number": twilio.phone_number,
        "api_url": twilio.url,
    }
    return TwilioSettings.model_validate(values | more)


def told(
    kind: Kind, call_sid: str, *, at: float = 0, parent: str | None = None, **parameters: str
) -> Callback:
    """A callback that arrived `at` seconds after ten."""
    form = parameters | {"CallSid": call_sid} | ({"ParentCallSid": parent} if parent else {})
    return Callback(
        kind=kind,
        call_sid=call_sid,
        parent_sid=parent,
        parameters=form,
        received_at=TEN + timedelta(seconds=at),
        digest=digest_of(kind, f"/twilio/{kind}", form),
    )


def outbound(call_sid: str, to: str, *, status: str = "completed", seconds: int = 60) -> Callback:
    """The end of a call out to a number, told of its one leg."""
    return told(
        Kind.STATUS,
        f"{call_sid[:-1]}f",
        at=seconds,
        parent=call_sid,
        From="+33159130001",
        To=to,
        CallStatus=status,
        CallDuration=str(seconds),
    )


def waits(first: float = 0.01) -> Iterator[float]:
    """Seconds to wait before each further look at what is in another task or process."""
    while True:
        yield first
        first = min(1.2 * first, LONGEST_WAIT)


async def eventually(holds: Callable[[], bool], *, within: float = BOUND) -> None:
    """Back as soon as something in another task or process holds; fails if it does not in time."""
    async with asyncio.timeout(within):
        for seconds in waits():
            if holds():
                return
            await asyncio.sleep(seconds)


async def until(act: Callable[[], Awaitable[T]], *errors: type[Exception], within: float = BOUND) -> T:
    """What comes of it as soon as it can be done; what kept it from that is raised if it cannot in time."""
    deadline = asyncio.get_running_loop().time() + within
    for seconds in waits(0.03):
        try:
            return await act()
        except errors:
            if asyncio.get_running_loop().time() > deadline:
                raise
            await asyncio.sleep(seconds)
    raise AssertionError("it waits for ever")


async def ask(twenty: TwentySandbox, query: str, **variables: Any) -> dict[str, Any]:
    """The data that the workspace's user gets for a query."""
    headers = {"Authorization": f"Bearer {twenty.user_token}"}
    async with (
        aiohttp.ClientSession(twenty.url, headers=headers) as session,
        session.post("/graphql", json={"query": query, "variables": variables}) as answer,
    ):
        body = await answer.json()
        if "errors" in body:
            raise AssertionError(json.dumps(body["errors"]))
        data: dict[str, Any] = body["data"]
        return data


async def create_record(twenty: TwentySandbox, kind: str, **data: Any) -> str:
    """A record of the object `kind` (`Person`), as the workspace's user creates it; the id."""
    mutation = f"mutation ($data: {kind}CreateInput!) {{ create{kind}(data: $data) {{ id }} }}"
    made = await ask(twenty, mutation, data=data)
    record_id: str = made[f"create{kind}"]["id"]
    return record_id


async def create_person(twenty: TwentySandbox, name: str, **phones: Any) -> str:
    """A person with these phones; the id."""
    first, _, last = name.partition(" ")
    return await create_record(twenty, "Person", name={"firstName": first, "lastName": last}, phones=phones)


PHONE_CALLS = """{ phoneCalls(first: 1000, orderBy: [{startedAt: AscNullsLast}]) { edges { node {
  id name externalCallId direction status startedAt answeredAt endedAt durationInSeconds
  personId companyId fromPhoneNumber { primaryPhoneNumber primaryPhoneCallingCode }
  toPhoneNumber { primaryPhoneNumber primaryPhoneCallingCode } recording { primaryLinkUrl }
  transcript { markdown }
} } } }"""
TIMELINE = """{ timelineActivities(first: 1000) { edges { node {
  id happensAt createdAt targetPersonId linkedRecordId linkedRecordCachedName
} } } }"""


async def phone_calls(twenty: TwentySandbox) -> dict[str, dict[str, Any]]:
    """Call SID → record; fails if one stands twice."""
    nodes = nodes_of(await ask(twenty, PHONE_CALLS))
    assert len({node["externalCallId"] for node in nodes}) == len(nodes)
    return {node["externalCallId"]: node for node in nodes}


async def timeline(twenty: TwentySandbox) -> list[dict[str, Any]]:
    """The rows about phone calls."""
    nodes = nodes_of(await ask(twenty, TIMELINE))
    return [node for node in nodes if node["linkedRecordId"]]


def nodes_of(data: dict[str, Any]) -> list[dict[str, Any]]:
    """The nodes of the one connection in an answer."""
    (connection,) = data.values()
    return [edge["node"] for edge in connection["edges"]]


async def finished(
    twenty: TwentySandbox, call_sid: str, holds: Callable[[dict[str, Any]], bool] = bool
) -> dict[str, Any]:
    """A call's record, once it is over, and that holds of it."""

    async def is_over() -> dict[str, Any]:
        found = (await phone_calls(twenty))[call_sid]
        assert found["status"] not in ("RINGING", "IN_PROGRESS"), found
        assert holds(found), found
        return found

    return await until(is_over, KeyError, AssertionError)


def lines_of(blocknote: str | None) -> list[str]:
    """What the page shows of a rich text, a line a block: `>` before a quotation, `-` before an item."""
    marks = {"paragraph": "", "quote": "> ", "bulletListItem": "- ", "heading": "### "}
    return [marks[block["type"]] + _inline(block["content"]) for block in json.loads(blocknote or "[]")]


def _inline(content: list[dict[str, Any]]) -> str:
    return "".join(
        f"[{_inline(part['content'])}]({part['href']})" if part["type"] == "link" else part["text"]
        for part in content
    )


def settled(database: Path) -> bool:
    """Whether Twenty has all that the inbox knows."""
    connection = sqlite3.connect(database)
    try:
        due, known = connection.execute(
            "SELECT COALESCE(SUM(revision > synced_revision), 0), COUNT(*) FROM calls"
        ).fetchone()
    finally:
        connection.close()
    return bool(known) and not due
