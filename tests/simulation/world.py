"""The machines of a simulation: both sandboxes and the bridge, each a process of the one loop."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from pathlib import Path
from shutil import copy
from typing import Any

import aiohttp

from bridge.inbox.store import open_inbox
from bridge.observability.logs import log_request
from bridge.sandbox.twenty import TwentySandbox, twenty_sandbox
from bridge.sandbox.twilio import Party, TwilioSandbox, twilio_sandbox
from bridge.sandbox.twilio.calls import PlayedCall
from bridge.sandbox.twilio.faults import Delivery
from bridge.settings import Settings, load
from bridge.wiring.serve import serve
from tests.simulation import disk
from tests.simulation.loop import Process
from tests.simulation.network import End, NetworkedLoop
from tests.simulation.plan import JANE, PAUL, Plan
from tests.simulation.story import Story

PUBLIC_URL, BRIDGE_URL = "https://phone.example.com", "http://127.0.0.3:8080"
KEY, HOOK_SECRET = "a-widget-key-of-the-simulation", "an-invented-webhook-secret"
CONFIG = """\
agents: {names: [alice]}
dialling: {countries: [FR, US]}
server: {host: 127.0.0.3, port: 8080}
metrics: {enabled: false}
reconcile: {minutes: 2}
twenty: {requests_per_minute: %d}
"""
CREATE_WEBHOOK = "mutation ($input: CreateWebhookInput!) { createWebhook(input: $input) { id } }"
HOOKED = ["person.created", "person.updated", "person.deleted", "phoneCall.*"]

TOLD = {
    "inbox.not_written": "a disk was full",
    "call.moved": "the webhook told of a moved call",
    "calls.moved": "a round found a moved call",
    "activity.deferred": "a call waited by itself",
}

STOPS_WITHIN = 60.0
"""Seconds after SIGTERM: requests that wait for Twenty and what is under way included."""


WAITS_FOR_REQUESTS = 18.0
"""Seconds for which requests under way can go on: `server.stop_seconds`, and a little less."""


@dataclass
class Machine:
    """One life of the bridge."""

    process: Process
    serving: "asyncio.Task[None]"
    began: float


@dataclass
class World:
    """What a run works with."""

    loop: NetworkedLoop
    story: Story
    folder: Path
    twilio: TwilioSandbox
    twenty: TwentySandbox
    processes: list[Process]
    machines: list[Machine] = field(default_factory=list)
    calls: "list[asyncio.Task[PlayedCall | None]]" = field(default_factory=list)
    per_minute: int = 100
    database: Path = Path()
    is_told_of_added: bool = False
    """Whether Twenty's webhook told the bridge of the person whom a user added."""
    is_told_of_gone: bool = False
    """Whether it told of a person whom a user deleted."""
    skew: float = 0.0
    asked: dict[End, int] = field(default_factory=dict)
    """Where Twilio waited for the bridge as that got SIGTERM, and how much it had heard there."""

    @property
    def bridge(self) -> Process:
        """The process of the bridge that lives."""
        return self.machines[-1].process

    async def start(self) -> None:
        """Starts the bridge, and waits until it serves."""
        process = Process("bridge", "127.0.0.3", skew=self.skew)
        settings = self._settings()
        bridge = serve(settings, config=None, reread=self._settings, log_request=log_request)
        serving = self.spawn(process, bridge)
        self.machines.append(Machine(process, serving, self.loop.time()))
        while ("127.0.0.3", 8080) not in self.loop.network.listeners:
            if serving.done():
                await serving
            await asyncio.sleep(0.05)

    def kill(self) -> None:
        """Ends the bridge at once; it can start anew with the files that are left behind."""
        process = self.bridge
        process.alive = False
        self.loop.network.drop(process)
        folder = self.folder / f"life{len(self.machines)}"
        self.database = disk.left_behind(self.database, folder)

    def terminate(self) -> None:
        """Sends SIGTERM."""
        process = self.bridge
        if process.frozen:
            self.loop.thaw(process)
        self.asked = {end: end.heard for end in self.loop.network.requests("twilio", "bridge")}
        if self.asked:
            self.story.once("stopped with requests under way")
        self.loop.terminate(process)

    async def stopped(self) -> None:
        """Waits until the bridge has ended; fails if it takes too long, or leaves a task."""
        machine, began = self.machines[-1], self.loop.time()
        until = began + STOPS_WITHIN - machine.process.stood
        # It can be frozen meanwhile.
        while (left := until + machine.process.stood - self.loop.time()) > 0 and not machine.serving.done():
            await asyncio.wait([machine.serving], timeout=left)
        assert machine.serving.done(), f"the bridge still runs {STOPS_WITHIN:.0f} seconds after SIGTERM"
        await machine.serving
        await asyncio.sleep(0.1)
        tasks = self.loop.tasks_of(machine.process)
        assert not tasks, f"tasks are left after the stop: {tasks}"
        cut_off = [end for end, heard in self.asked.items() if end.heard == heard and end.is_cut_off]
        is_in_time = self.loop.time() - began < WAITS_FOR_REQUESTS
        assert not (cut_off and is_in_time), "a request that was under way at SIGTERM got no answer"
        self.loop.network.drop(machine.process)
        machine.process.alive = False

    async def restart(self) -> None:
        """SIGTERM, and a new start."""
        self.terminate()
        await self.stopped()
        await self.start()

    def spawn(self, process: Process, work: "Coroutine[Any, Any, Any]") -> "asyncio.Task[Any]":
        """Runs something in a process."""
        return self.loop.create_task(work, context=process.context.copy())

    def _settings(self) -> Settings:
        config = self.folder / "config.yaml"
        config.write_text(CONFIG % self.per_minute)
        return load(config, environ=self._environment())

    def _environment(self) -> dict[str, str]:
        twilio, twenty = self.twilio, self.twenty
        return {
            "TWILIO_ACCOUNT_SID": twilio.account_sid,
            "TWILIO_AUTH_TOKEN": twilio.auth_token,
            "TWILIO_API_KEY": twilio.api_key,
            "TWILIO_API_SECRET": twilio.api_secret,
            "TWILIO_APP_SID": twilio.app_sid,
            "TWILIO_PHONE_NUMBER": twilio.phone_number,
            "TWILIO_API_URL": twilio.url,
            "TWENTY_API_URL": twenty.url,
            "TWENTY_API_TOKEN": twenty.api_key,
            "TWENTY_WEBHOOK_SECRET": HOOK_SECRET,
            "BRIDGE_PUBLIC_URL": PUBLIC_URL,
            "BRIDGE_WIDGET_KEYS": KEY,
            "BRIDGE_DATABASE_URL": f"sqlite+aiosqlite:///{self.database}",
        }

    async def token(self) -> str:
        """An access token, as the agent's browser fetches it."""
        headers = {"Authorization": f"Bearer {KEY}"}
        async with (
            aiohttp.ClientSession(raise_for_status=True, timeout=aiohttp.ClientTimeout(10)) as session,
            session.post(
                f"{BRIDGE_URL}/api/twilio/token", json={"identity": "alice"}, headers=headers
            ) as got,
        ):
            token: str = (await got.json())["token"]
            return token


@asynccontextmanager
async def open_world(
    loop: NetworkedLoop, story: Story, folder: Path, plan: Plan, templates: Path
) -> AsyncIterator[World]:
    """Both sandboxes, each in its process; the bridge does not run yet."""
    twenty_file, inbox = folder / "twenty.db", folder / "life0"
    inbox.mkdir()
    copy(templates / "twenty.db", twenty_file)
    copy(templates / "bridge.db", inbox / "bridge.db")
    delivery = Delivery(
        seed=plan.seed,
        shuffle=plan.reorders,
        duplicate=plan.duplicate,
        delay=plan.delay,
        retry_pause=1.0,
    )
    twilio = Process("twilio", "127.0.0.1")
    twenty = Process("twenty", "127.0.0.2")
    opened_twilio = await _opened(
        loop,
        twilio,
        lambda: twilio_sandbox(host="127.0.0.1", port=3001, delivery=delivery, real_time=True),
    )
    opened_twenty = await _opened(
        loop, twenty, lambda: twenty_sandbox(host="127.0.0.2", port=3000, database=twenty_file)
    )
    sandbox: TwilioSandbox = opened_twilio
    sandbox.routes = {PUBLIC_URL: BRIDGE_URL}
    sandbox.voice_url = f"{PUBLIC_URL}/twilio/voice"
    sandbox.voice_fallback_url = f"{PUBLIC_URL}/twilio/fallback"
    sandbox.status_url = f"{PUBLIC_URL}/twilio/status#rc=5&rp=all"
    sandbox.parties = {"client:alice": Party.answers(after=3, talks=None)}
    world = World(loop, story, folder, sandbox, opened_twenty, [twilio, twenty], database=inbox / "bridge.db")
    world.per_minute = plan.per_minute
    story.watch = lambda event, details: _watch(world, event, details)
    yield world


def _watch(world: World, event: str, details: Mapping[str, Any]) -> None:
    """Notes orders of events that are to happen in some runs."""
    network, story = world.loop.network, world.story
    world.is_told_of_added |= event == "person.changed"
    world.is_told_of_gone |= event == "person.gone"
    if event == "person.changed" and details["calls_due"]:
        story.once("a relink made a call due")
        if network.waits("bridge", "twenty"):
            story.once("a relink while the worker asked Twenty")
    if event == "people.changed":
        story.once("the bridge asked for people who were changed, and a call was due")
    if event == "person.gone" and details["calls_unlinked"]:
        story.once("a person with calls was deleted")
    if event in TOLD:
        story.once(TOLD[event])
    if event == "worker.waits":
        story.once(f"the worker waited: {details['reason']}")


async def _opened(loop: NetworkedLoop, process: Process, opening: Callable[[], Any]) -> Any:
    opened: asyncio.Future[Any] = loop.create_future()

    async def hold() -> None:
        try:
            async with opening() as sandbox:
                opened.set_result(sandbox)
                await loop.create_future()
        except BaseException as failure:
            if not opened.done():
                opened.set_exception(failure)
            raise

    loop.create_task(hold(), context=process.context.copy())
    return await opened


async def make_templates(loop: NetworkedLoop, templates: Path) -> None:
    """The databases with which each run begins: a workspace with two people and a webhook, an empty inbox."""
    async with open_inbox(f"sqlite+aiosqlite:///{templates / 'bridge.db'}"):
        pass
    async with twenty_sandbox(
        host="127.0.0.2", port=3000, database=templates / "twenty.db", provisioned=True
    ) as twenty:
        headers = {"Authorization": f"Bearer {twenty.user_token}"}
        hook = {"targetUrl": f"{BRIDGE_URL}/twenty/webhook", "operations": HOOKED, "secret": HOOK_SECRET}
        people = [
            {"name": {"firstName": first, "lastName": "Doe"}, "phones": {"primaryPhoneNumber": number}}
            for first, number in (("Jane", JANE), ("Paul", PAUL))
        ]
        create = "mutation ($data: [PersonCreateInput!]!) { createPeople(data: $data) { id } }"
        async with aiohttp.ClientSession(twenty.url, headers=headers, raise_for_status=True) as session:
            for path, query, variables in (
                ("/metadata", CREATE_WEBHOOK, {"input": hook}),
                ("/graphql", create, {"data": people}),
            ):
                async with session.post(path, json={"query": query, "variables": variables}) as answer:
                    assert "errors" not in await answer.json()


def rows(database: Path, query: str) -> list[tuple[Any, ...]]:
    """What a database answers."""
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute(query).fetchall()


DUE = "select count(*) from calls where (revision > synced_revision or not ended) and not purged"


def due(database: Path) -> int:
    """How many calls Twenty does not have yet as they are, or go on."""
    ((found,),) = rows(database, DUE)
    return int(found)


def unheard(world: World) -> list[str]:
    """Calls that are over at Twilio, and that the inbox does not know."""
    played = [one.sid for call in world.calls if call.done() and (one := call.result())]
    known = {sid for (sid,) in rows(world.database, "select root_sid from calls")}
    return sorted(set(played) - known)
