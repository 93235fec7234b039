"""A company's phone, played: a config, people with a script, and what stands in Twenty afterwards."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from aiohttp.test_utils import TestServer

from bridge.demo.bridge import PUBLIC_URL, environment, known_to
from bridge.sandbox.twenty import TwentySandbox
from bridge.sandbox.twilio import Delivery, Party, PlayedCall, TwilioSandbox, twilio_sandbox
from bridge.settings import load
from bridge.web.twilio.inbound import Clock, utc_now
from bridge.wiring.application import Bounds, open_app
from tests.databases import begin
from tests.support import ask, eventually, nodes_of

JANE, MOBILE, COMPANY = "+33612345678", "+33698765432", "+33159130001"
VOICE = f"{PUBLIC_URL}/twilio/voice"
STATUS = f"{PUBLIC_URL}/twilio/status#rc=5&rp=all"

CALLS = """{ phoneCalls(first: 1000) { edges { node {
  externalCallId direction status name durationInSeconds handling answeredAt endedAt
  agent { name { firstName } } person { id } transcript { markdown } recording { primaryLinkUrl }
} } } }"""
TASKS = "{ tasks(first: 100) { edges { node { title } } } }"

PATIENCE_SECONDS = 30
"""So long a caller waits here to be recognised: a noisy machine shall not decide who rings."""

# Short words for what people do.
declines, busy, no_answer, away = Party.rejects(), Party.busy(), Party.no_answer(), Party.unreachable()
answers, machine = Party.answers, Party.machine


@dataclass(frozen=True)
class Seen:
    """What came of a call: which phones rang (`who: how it ended`), what was said, what Twenty shows."""

    played: PlayedCall
    record: Mapping[str, Any]
    logged_in: Collection[str]

    @property
    def legs(self) -> list[str]:
        """Without those of members who are not logged in to Twenty: no browser of theirs rings."""
        rung = [leg for leg in self.played.legs if is_there(leg.to, self.logged_in)]
        return [f"{leg.to.removeprefix('client:')}: {leg.status}" for leg in rung]

    @property
    def outcome(self) -> str:
        """Status and title, as a user reads them."""
        return f"{self.record['status']}: {self.record['name']}"

    @property
    def handling(self) -> str | None:
        told: str | None = self.record["handling"]
        return told or None

    @property
    def dials(self) -> list[str]:
        """The documents that ring somebody."""
        return [document for document in self.played.twiml if "<Dial" in document]


def is_there(address: str, logged_in: Collection[str]) -> bool:
    """Whether a phone rings there at all."""
    return address in logged_in or not address.startswith("client:wm_")


class Phone:
    """One company's bridge between two sandboxes."""

    def __init__(self, twilio: TwilioSandbox, twenty: TwentySandbox, database: Path, url: str) -> None:
        self.twilio = twilio
        self.twenty = twenty
        self.url = url
        self._database = database

    def scripted(self, parties: Mapping[str, Party]) -> None:
        """Who does what when it rings: numbers begin with +, everybody else is an agent."""
        self.twilio.parties |= {
            who if who.startswith("+") else f"client:{who}": party for who, party in parties.items()
        }

    async def call(self, parties: Mapping[str, Party] | None = None, **more: Any) -> Seen:
        """Somebody calls in; back when Twenty has all of it."""
        self.scripted(parties or {})
        played = await self.twilio.call_from_phone(more.pop("from_", JANE), **more)
        return await self.seen(played)

    def in_the_background(self, **more: Any) -> asyncio.Task[Seen]:
        """A call that goes on while others are made."""
        return asyncio.create_task(self.call(**more))

    async def seen(self, played: PlayedCall) -> Seen:
        """A call that was played, as Twenty shows it once nothing is due."""
        await eventually(self.settled)
        return Seen(played, (await self.records())[played.sid], frozenset(self.twilio.parties))

    def settled(self) -> bool:
        """Whether Twenty has every call as it is now, and the tasks that come after settling."""
        with closing(sqlite3.connect(self._database)) as connection:
            told, due = connection.execute(
                "select count(*), coalesce(sum(revision > synced_revision or remind_at is not null), 0)"
                " from calls"
            ).fetchone()
        return bool(told) and not due

    def rung(self, played: PlayedCall) -> list[str]:
        """The addresses of the phones that rang."""
        return [leg.to for leg in played.legs if is_there(leg.to, self.twilio.parties)]

    async def talking(self, identity: str) -> str:
        """The call's SID, once the bridge has heard that an agent picked up."""
        return await self.answered(f"client:{identity}")

    async def answered(self, address: str, *, but: Collection[str] = ()) -> str:
        """The SID of another call, once the bridge has heard that the party at an address picked up."""
        query = """select root_sid from callbacks where json_extract(parameters, '$.To') = ?
                   and json_extract(parameters, '$.CallStatus') = 'in-progress'"""

        def heard() -> list[str]:
            with closing(sqlite3.connect(self._database)) as connection:
                return [sid for (sid,) in connection.execute(query, (address,)) if sid not in but]

        await eventually(lambda: bool(heard()))
        return heard()[0]

    def heard(self, event: str, call_sid: str) -> bool:
        """Whether the bridge has stored an event of a conference about a leg."""
        return self._has("conference", call_sid, "StatusCallbackEvent", event)

    def picked_up(self, call_sid: str) -> bool:
        """Whether the bridge has stored that a leg was answered."""
        return self._has("status", call_sid, "CallStatus", "in-progress")

    def _has(self, kind: str, call_sid: str, name: str, value: str) -> bool:
        query = f"""select count(*) from callbacks where kind = ? and call_sid = ?
                   and json_extract(parameters, '$.{name}') = ?"""
        with closing(sqlite3.connect(self._database)) as connection:
            return bool(connection.execute(query, (kind, call_sid, value)).fetchone()[0])

    def hang_up(self, call_sid: str) -> None:
        """The REST API ends a call."""
        self.twilio.command(self.twilio.account.calls[call_sid], None)

    async def records(self) -> dict[str, dict[str, Any]]:
        """Call SID → record; fails if one stands twice."""
        nodes = nodes_of(await ask(self.twenty, CALLS))
        assert len({node["externalCallId"] for node in nodes}) == len(nodes)
        return {node["externalCallId"]: node for node in nodes}

    async def tasks(self) -> list[str]:
        return [node["title"] for node in nodes_of(await ask(self.twenty, TASKS))]


@asynccontextmanager
async def open_phone(
    config: str,
    twenty: TwentySandbox,
    folder: Path,
    *,
    delivery: Delivery | None = None,
    status_url: bool = True,
    clock: Clock = utc_now,
    recognition_seconds: float = PATIENCE_SECONDS,
    conference_check_seconds: float = 30,
) -> AsyncIterator[Phone]:
    """A bridge with that config.yaml and that clock, and a Twilio that delivers as told."""
    async with AsyncExitStack() as stack:
        twilio = await stack.enter_async_context(twilio_sandbox(delivery=delivery))
        config_file = folder / "config.yaml"
        config_file.write_text(config)
        bounds = Bounds(
            clock=clock,
            recognition_seconds=recognition_seconds,
            conference_check_seconds=conference_check_seconds,
        )
        env = environment(twilio, twenty, folder)
        begin(folder / "bridge.db")
        settings = load(config_file, env_file=folder / ".env", environ=env)
        app = await stack.enter_async_context(open_app(settings, bounds=bounds))
        server = await stack.enter_async_context(TestServer(app))
        url = str(server.make_url("")).rstrip("/")
        known_to(twilio, listens_on=url)
        twilio.status_url = STATUS if status_url else None
        yield Phone(twilio, twenty, folder / "bridge.db", url)


OpenPhone = Callable[..., Awaitable[Phone]]


@pytest.fixture
async def phone(twenty: TwentySandbox, tmp_path: Path) -> AsyncIterator[OpenPhone]:
    """`await phone(config)`: see `open_phone`."""
    async with AsyncExitStack() as stack:

        async def call(config: str, **more: Any) -> Phone:
            return await stack.enter_async_context(open_phone(config, twenty, tmp_path, **more))

        yield call


def paris(moment: str) -> Clock:
    """A clock that stands still there."""
    return lambda: datetime.fromisoformat(moment).replace(tzinfo=ZoneInfo("Europe/Paris"))
