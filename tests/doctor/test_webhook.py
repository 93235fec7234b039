"""The way from Twenty: proven by a delivery that arrived lately, or by a probe that leaves nothing behind."""

import asyncio
import fcntl
import os
import pty
import signal
import sqlite3
import sys
import termios
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from bridge.demo.bridge import environment
from bridge.doctor.checks import Status, Verdict
from bridge.doctor.probe import TITLE, Probe, Seconds, open_probe
from bridge.doctor.webhook import has_arrived, is_unproven, last_arrival, proven
from bridge.errors import InboxUnavailable
from bridge.inbox.checkpoints import APART, Deliveries
from bridge.inbox.store import open_inbox
from bridge.sandbox.twenty import TwentySandbox, twenty_sandbox
from bridge.sandbox.twilio import twilio_sandbox
from bridge.twenty import webhooks
from bridge.twenty.client.client import open_client
from bridge.twenty.provision.webhook import OPERATIONS
from tests.doctor.conftest import SECRET, World, deliver
from tests.support import BOUND, ask, create_person, twenty_settings, until
from tests.twenty.provisioning import tell

URL = "https://phone.example.com/twenty/webhook"
NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
PEOPLE = """query { people(filter: { or: [{ deletedAt: { is: NULL } }, { deletedAt: { is: NOT_NULL } }] }) {
    edges { node { id name { firstName lastName } updatedAt } } } }"""
CREATE_PERSON = "mutation ($id: UUID!) { createPerson(data: { id: $id }) { id } }"
CREATE_HOOK = "mutation ($i: CreateWebhookInput!) { createWebhook(input: $i) { id } }"


async def people(twenty: TwentySandbox) -> list[dict[str, Any]]:
    """All of them, deleted ones as well."""
    return [edge["node"] for edge in (await ask(twenty, PEOPLE))["people"]["edges"]]


@pytest.mark.parametrize(
    ("last", "status", "said"),
    [
        (None, Status.WARNING, "none so far"),
        (NOW - timedelta(minutes=3), Status.OK, "the last one 3 min ago"),
        (NOW - timedelta(hours=23), Status.OK, "the last one 23 h ago"),
        (NOW - timedelta(days=2), Status.WARNING, "none since 2026-11-27 12:00 UTC"),
        # The bridge's clock is ahead of this machine's.
        (NOW + timedelta(seconds=30), Status.OK, "the last one 0 min ago"),
    ],
)
def test_what_the_last_delivery_proves(last: datetime | None, status: Status, said: str) -> None:
    found = proven(last, URL, now=NOW)
    assert (found.status, said in found.reason) == (status, True), found
    assert is_unproven(found) is (status is Status.WARNING)


async def test_a_delivery_proves_the_way_also_after_the_bridge_ended(world: World) -> None:
    await world.bridge.cleanup()
    found = (await world.examine("twenty.webhook"))["twenty.webhook"]
    assert (found[0], "arrive, the last one 0 min ago" in found[1]) == ("ok", True), found


def none_arrived(world: World) -> None:
    with closing(sqlite3.connect(world.folder / "bridge.db")) as connection:
        connection.execute("delete from marks where name = 'twenty delivered'")
        connection.commit()


async def test_registered_alone_is_not_proven(world: World) -> None:
    none_arrived(world)
    status, reason, fix = (await world.examine("twenty.webhook"))["twenty.webhook"]
    assert (status, fix.split(" tries")[0]) == ("warning", "twenty-bridge doctor --probe-webhook")
    assert "is registered, and no delivery shows that it arrives: none so far." in reason


async def test_a_key_that_may_not_see_webhooks_says_no_less(world: World) -> None:
    world.change("twenty", api_token=world.twenty.readonly_key)
    status, reason, _ = (await world.examine("twenty.webhook"))["twenty.webhook"]
    assert (status, "arrive; the key may not see" in reason) == ("ok", True), reason


async def test_only_a_signed_delivery_counts(world: World) -> None:
    await world.bridge.cleanup()
    none_arrived(world)
    assert await last_arrival(world.settings.inbox.database_url.get_secret_value()) is None


async def test_what_is_signed_with_another_secret_proves_nothing(world: World) -> None:
    before = await last_arrival(world.settings.inbox.database_url.get_secret_value())
    assert await deliver(world.proxy.target, "another-invented-secret") == 403
    assert await last_arrival(world.settings.inbox.database_url.get_secret_value()) == before


async def test_of_many_deliveries_few_are_remembered(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'bridge.db'}"
    assert await last_arrival(url) is None
    async with open_inbox(url) as inbox:
        deliveries = Deliveries(inbox)
        for milliseconds in range(0, 4900, 700):
            await deliveries.arrived(NOW + timedelta(milliseconds=milliseconds))
        assert await last_arrival(url) == NOW
        await deliveries.arrived(NOW + APART)
        assert await last_arrival(url) == NOW + APART
        # A clock that was put right.
        await deliveries.arrived(NOW - timedelta(days=1))
        assert await last_arrival(url) == NOW - timedelta(days=1)


async def test_a_database_that_cannot_be_read_is_told_from_none(tmp_path: Path) -> None:
    (tmp_path / "bridge.db").write_text("This is no database at all, but a text of some length. " * 99)
    for url in (
        f"sqlite+aiosqlite:///{tmp_path / 'bridge.db'}",
        "postgresql+asyncpg://bridge:secret@127.0.0.1:1/bridge",
    ):
        with pytest.raises(InboxUnavailable):
            await last_arrival(url)


async def test_what_cannot_be_read_is_not_taken_for_none(world: World) -> None:
    (world.folder / "none.db").write_text("This is no database at all, but a text of some length. " * 99)
    world.change("inbox", database_url=f"sqlite+aiosqlite:///{world.folder / 'none.db'}")
    status, reason, _ = (await world.examine("twenty.webhook"))["twenty.webhook"]
    assert (status, "is not known" in reason) == ("warning", True), reason


async def reached(world: World) -> None:
    """Twenty's webhook reaches the bridge, which no delivery has reached so far."""
    none_arrived(world)
    url = f"{world.proxy.target}/twenty/webhook"
    await tell(world.twenty, CREATE_HOOK, i={"targetUrl": url, "operations": OPERATIONS, "secret": SECRET})


async def test_a_probe_all_the_way(world: World) -> None:
    await reached(world)
    said: list[str] = []
    async with open_probe(world.settings, tell=said.append) as probe:
        found = await probe.run()
    assert (found.status, said[-1]) == (Status.OK, "Destroyed the person."), found


async def test_a_probe_waits_for_its_own_person(world: World) -> None:
    await reached(world)
    url = world.settings.inbox.database_url.get_secret_value()

    async def arrived(person_id: str) -> None:
        assert await has_arrived(url, person_id)

    mine, anothers = webhooks.new_person_id(), webhooks.new_person_id()
    assert not await has_arrived(url, mine)
    for person_id in (str(uuid.uuid4()), anothers):
        await ask(world.twenty, CREATE_PERSON, id=person_id)
    await until(partial(arrived, anothers), AssertionError)
    assert not await has_arrived(url, mine)
    await ask(world.twenty, CREATE_PERSON, id=mine)
    await until(partial(arrived, mine), AssertionError)
    with closing(sqlite3.connect(world.folder / "bridge.db")) as connection:
        kept = connection.execute("select count(*) from marks where name like 'twenty delivered probe %'")
        assert kept.fetchone() == (1,)


class Way:
    """The way from Twenty to the bridge; `when` the probe says something, do something."""

    def __init__(self, twenty: TwentySandbox) -> None:
        self.twenty = twenty
        self.last: datetime | None = None
        self.stop = asyncio.Event()
        self.said: list[str] = []
        self.when: dict[str, Callable[[], None]] = {}
        self.seen = asyncio.Event()
        self.is_open = True

    async def last_arrival(self) -> datetime | None:
        return self.last

    async def arrived(self, _person_id: str = "") -> bool:
        """Looks at the people: the probe asks for this while it waits."""
        names = [person["name"]["firstName"] for person in await people(self.twenty)]
        if "Webhook test" in names:
            self.seen.set()
        return self.seen.is_set() and self.is_open

    def tell(self, line: str) -> None:
        self.said.append(line)
        for beginning, act in self.when.items():
            if line.startswith(beginning):
                act()

    async def probe(self, *, waits: float = 20, **settings: Any) -> Verdict:
        seconds = Seconds(waits=waits, looks=0.02, destroys=20, unsure=2, again=0.1)
        async with open_client(twenty_settings(self.twenty, **settings)) as client:
            told = Probe(
                client,
                last_arrival=self.last_arrival,
                has_arrived=self.arrived,
                url=URL,
                stop=self.stop,
                tell=self.tell,
                seconds=seconds,
            )
            return await told.run()

    async def interrupt(self, act: Callable[["asyncio.Task[Verdict]"], object]) -> "asyncio.Task[Verdict]":
        """While the person is there."""
        self.is_open = False
        waiting = asyncio.create_task(self.probe())
        await self.seen.wait()
        act(waiting)
        await asyncio.wait({waiting})
        return waiting


@pytest.fixture
async def way() -> AsyncIterator[Way]:
    async with twenty_sandbox(rate_limit=False) as twenty:
        await create_person(twenty, "Jane Doe", primaryPhoneNumber="+33639980001")
        before = await people(twenty)
        yield Way(twenty)
        # Not a record is more, less or other afterwards.
        assert await people(twenty) == before


async def test_a_probe_that_arrives(way: Way) -> None:
    assert (await way.probe()).status is Status.OK
    assert way.seen.is_set()


async def test_a_probe_that_does_not_arrive_says_what_opens_the_way(way: Way) -> None:
    way.is_open = False
    found = await way.probe(waits=0.5)
    assert found.status is Status.ERROR
    assert "OUTBOUND_HTTP_ALLOWED_INTERNAL_HOSTS=phone.example.com for its server and worker" in found.fix
    assert "OUTBOUND_HTTP_SAFE_MODE_ENABLED=false for the worker" in found.fix
    assert way.seen.is_set()


async def test_what_is_proven_is_not_probed(way: Way) -> None:
    way.last, way.is_open = datetime.now(UTC), False
    assert (await way.probe()).status is Status.OK
    assert not way.seen.is_set()
    assert way.said == []


async def test_an_interrupted_probe_destroys_its_person(way: Way) -> None:
    done = await way.interrupt(lambda _: way.stop.set())
    assert "Interrupted" in done.result().reason


async def test_a_cancelled_probe_destroys_its_person(way: Way) -> None:
    assert (await way.interrupt(lambda task: task.cancel())).cancelled()


async def test_a_key_that_may_not_creates_nothing(way: Way) -> None:
    found = await way.probe(api_token=way.twenty.readonly_key)
    assert (found.status, "Nothing was created" in found.reason) == (Status.ERROR, True), found
    assert way.said == []


@pytest.mark.parametrize(
    ("faults", "status", "said"),
    [
        # Twenty creates the person, and the answer is lost; or it creates them later.
        ({"cut": True}, Status.WARNING, "nothing is known of the webhook"),
        ({"late_seconds": BOUND}, Status.WARNING, "nothing is known of the webhook"),
        ({"down": True}, Status.ERROR, "can still appear there"),
        ({"over_limit": True}, Status.WARNING, "rate limit is used up: nothing was created"),
        ({"quota_exhausted": True}, Status.ERROR, "Nothing was created"),
        ({"poison": "Webhook test"}, Status.ERROR, "Nothing was created"),
    ],
    ids=str,
)
async def test_a_person_whose_creation_fails_is_not_left(
    way: Way, faults: dict[str, Any], status: Status, said: str
) -> None:

    def looks() -> None:
        way.twenty.faults.clear()
        way.twenty.faults.release()

    way.when = {"Creating": lambda: way.twenty.faults.set(**faults), "Twenty does not say": looks}
    found = await way.probe()
    way.twenty.faults.clear()
    assert (found.status, said in found.reason) == (status, True), found


@pytest.mark.parametrize(
    "faults", [{"status": 503}, {"down": True}, {"over_limit": True}, {"cut": True}], ids=str
)
async def test_a_person_that_is_hard_to_destroy_is_destroyed(way: Way, faults: dict[str, Any]) -> None:
    way.when = {"Waiting": lambda: way.twenty.faults.set(**faults), "Not destroyed": way.twenty.faults.clear}
    way.is_open, way.last = False, None
    way.stop.set()
    found = await way.probe()
    assert "Interrupted" in found.reason
    assert way.said[-2].startswith("Not destroyed yet")
    assert way.said[-1] == "Destroyed the person."


async def test_a_person_who_cannot_be_destroyed_is_named(way: Way) -> None:
    way.when = {"Waiting": lambda: way.twenty.faults.set(key_revoked=True)}
    way.stop.set()
    found = await way.probe()
    way.twenty.faults.clear()
    assert (found.status, TITLE in found.reason, TITLE in found.fix) == (Status.ERROR, True, True), found
    for person in await people(way.twenty):
        if person["name"]["firstName"] == "Webhook test":
            await ask(way.twenty, "mutation ($id: UUID!) { destroyPerson(id: $id) { id } }", id=person["id"])


@dataclass
class Typed:
    """`doctor --probe-webhook` at a terminal."""

    terminal: int
    process: asyncio.subprocess.Process
    shown: str = ""

    async def until(self, text: str) -> None:
        """What is shown has the text."""
        async with asyncio.timeout(BOUND):
            # A line is broken where the terminal ends.
            while text not in " ".join(self.shown.split()):
                try:
                    more = await asyncio.to_thread(os.read, self.terminal, 4096)
                except OSError:  # the other end is closed
                    break
                self.shown += more.decode(errors="replace")
        assert text in " ".join(self.shown.split())

    def type(self, text: str) -> None:
        os.write(self.terminal, text.encode())


@pytest.fixture
async def typed(way: Way, tmp_path: Path) -> AsyncIterator[Typed]:
    """Of a bridge that no delivery has reached so far."""
    hook = {"targetUrl": URL, "operations": OPERATIONS, "secret": SECRET}
    await tell(way.twenty, CREATE_HOOK, i=hook)
    async with twilio_sandbox() as twilio:
        env = {**environment(twilio, way.twenty, tmp_path), "TWENTY_WEBHOOK_SECRET": SECRET}
        ours, theirs = pty.openpty()
        command = [sys.executable, "-m", "bridge", "doctor", "twenty.webhook", "--probe-webhook"]
        process = await asyncio.create_subprocess_exec(
            *command,
            env=env,
            cwd=tmp_path,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            preexec_fn=_own_terminal,
        )
        os.close(theirs)
        try:
            yield Typed(ours, process)
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
            os.close(ours)


def _own_terminal() -> None:
    """Ctrl-C there is a signal to the process."""
    os.setsid()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


CTRL_C = "\x03"


async def test_ctrl_c_while_it_waits_destroys_the_person(way: Way, typed: Typed) -> None:
    await typed.until("[y/N]")
    typed.type("y\n")
    await typed.until("Waiting 30 s")
    await way.arrived()
    assert way.seen.is_set()
    typed.type(CTRL_C)
    await typed.until("Interrupted before a delivery arrived")
    assert "Destroyed the person." in typed.shown
    assert await typed.process.wait() == 1


async def test_impatient_ctrl_cs_do_no_harm(way: Way, typed: Typed) -> None:
    await typed.until("[y/N]")
    typed.type("y\n")
    await typed.until("Waiting 30 s")
    way.twenty.faults.set(slow_seconds=1)
    typed.type(CTRL_C * 3)
    await asyncio.sleep(0.3)
    typed.type(CTRL_C)
    await typed.until("Interrupted before a delivery arrived")
    way.twenty.faults.clear()
    assert await typed.process.wait() == 1


async def test_ctrl_c_at_the_question_ends_it(way: Way, typed: Typed) -> None:
    await typed.until("[y/N]")
    for _ in range(20):
        typed.type(CTRL_C)
        with suppress(TimeoutError):
            # The library may lose one between the question and its reading.
            status = await asyncio.wait_for(typed.process.wait(), 1)
            assert status in (1, -signal.SIGINT)
            return
    raise AssertionError(typed.shown)


async def test_no_is_no(way: Way, typed: Typed) -> None:
    await typed.until("[y/N]")
    typed.type("\n")
    await typed.until("is registered, and no delivery shows that it arrives")
    assert await typed.process.wait() == 0
