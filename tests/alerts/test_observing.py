"""What needs a person is observed; what cannot be found out is left out."""

import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jwt
import pytest
from sqlalchemy import insert

from bridge.alerts.kinds import Alert
from bridge.alerts.observing import LOST_FOR, PROBE_EVERY, Observing
from bridge.calls.callback import Kind
from bridge.inbox.operation import drop_lost, last_heard, lost_since, store_lost
from bridge.inbox.store import Inbox, open_inbox
from bridge.inbox.tables import transcript_jobs
from bridge.sandbox.twenty import TwentySandbox
from bridge.sandbox.twilio import TwilioSandbox, twilio_sandbox
from bridge.settings import Settings, load
from bridge.twenty.client.client import open_client
from bridge.twilio.rest import TwilioRest, open_rest
from tests.alerts.servers import TRUST, mail_server, trusting
from tests.cli.support import SETTINGS
from tests.databases import begin
from tests.disks import mounted
from tests.inbox.conftest import bare_database_url, database_url, inbox  # noqa: F401 - fixtures
from tests.inbox.support import incoming, kept
from tests.support import TEN, new_sid, told, twenty_settings, twilio_settings

HOUR = timedelta(hours=1)
HOURS = {"zone": "UTC", "open": {"mon-fri": "08:00-18:00"}}
MONDAY = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


@dataclass
class Drain:
    """How the worker is."""

    reason: str | None = None
    needs_operator: bool = False


@dataclass
class Watched:
    """A bridge that is well; a test breaks a part of it, and looks."""

    inbox: Inbox
    twenty: TwentySandbox
    settings: Settings
    drain: Drain
    now: datetime = TEN
    began: datetime = TEN - timedelta(days=7)
    trust: ssl.SSLContext = TRUST

    def change(self, section: str, **fields: object) -> None:
        values = {name: dict(part.__iter__()) for name, part in self.settings}
        values[section] |= fields
        self.settings = Settings.model_validate(values)

    def rest(self) -> AbstractAsyncContextManager[TwilioRest]:
        return open_rest(self.settings.twilio, pauses=())

    async def look(self) -> dict[Alert, dict[str, str] | None]:
        """Details of what is wrong; None for what is right."""
        async with open_client(self.settings.twenty) as client, self.rest() as rest:
            observing = Observing(
                self.settings, self.inbox, self.drain, client, rest, began=self.began, trust=self.trust
            )
            found = await observing.once(self.now)
        return {alert: dict(one.details) if one.is_wrong else None for alert, one in found.items()}


@pytest.fixture
async def twilio() -> AsyncIterator[TwilioSandbox]:
    async with twilio_sandbox() as sandbox:
        yield sandbox


@pytest.fixture
async def watched(tmp_path: Path, twenty: TwentySandbox, twilio: TwilioSandbox) -> AsyncIterator[Watched]:
    url = f"sqlite+aiosqlite:///{begin(tmp_path / 'bridge.db')}"
    settings = load(environ={**SETTINGS, "BRIDGE_DATABASE_URL": url})
    systems = {"twenty": twenty_settings(twenty), "twilio": twilio_settings(twilio)}
    settings = settings.model_copy(update=systems)
    async with open_inbox(url) as opened:
        yield Watched(opened, twenty, settings, Drain())


RIGHT = {
    Alert.TWENTY_REFUSES,
    Alert.TWILIO_REFUSES,
    Alert.CALLS_PARKED,
    Alert.CALLS_WAIT,
    Alert.TRANSCRIPTS_PARKED,
    Alert.WEBHOOKS_LOST,
    Alert.KEY_EXPIRES,
}


async def test_of_a_bridge_that_is_well_nothing_is_wrong(watched: Watched) -> None:
    found = await watched.look()
    # How much room there is on the disk is the machine's affair.
    found.pop(Alert.DISK_FULL)
    assert found == dict.fromkeys(RIGHT)


async def one_parked(watched: Watched) -> None:
    await kept(watched.inbox, *incoming(new_sid(), "+33639980001"))
    (due,) = await watched.inbox.claim(10)
    await watched.inbox.park(due, "INVALID_PHONE_NUMBER", now=TEN)


async def unsaid(watched: Watched) -> None:
    """A recording that no engine could transcribe."""
    watched.change("transcripts", engine="twilio-classic", service="GA1", directions=())
    row = {"recording_sid": "RE1", "root_sid": "CA1", "due_at": TEN, "changed_at": TEN, "state": "parked"}
    await watched.inbox.change(insert(transcript_jobs).values(**row))


async def waiting(watched: Watched) -> None:
    await kept(watched.inbox, *incoming(new_sid(), "+33639980001"))
    watched.now = TEN + HOUR


async def lost(watched: Watched) -> None:
    await store_lost(watched.inbox, {new_sid(), new_sid()}, TEN - 2 * HOUR)


def worker_is_refused(watched: Watched) -> None:
    watched.drain = Drain("twenty.quota_exhausted", needs_operator=True)


def key_is_revoked(watched: Watched) -> None:
    watched.change("twenty", api_token="nobodys")


def key_ends(watched: Watched) -> None:
    ends = TEN + timedelta(days=5)
    watched.change("twenty", api_token=jwt.encode({"exp": ends}, "x" * 32))


async def silent(watched: Watched) -> None:
    """Since Friday's closing time there was a weekend, and now there is a day."""
    await watched.inbox.store(told(Kind.STATUS, new_sid(), CallStatus="completed"))
    watched.change("lines", default={"hours": HOURS})
    watched.now = MONDAY + timedelta(hours=7)


Break = Callable[[Watched], Awaitable[None] | None]
WRONG: list[tuple[Break, Alert, dict[str, str]]] = [
    (one_parked, Alert.CALLS_PARKED, {"parked": "1"}),
    (unsaid, Alert.TRANSCRIPTS_PARKED, {"transcripts": "1", "summaries": "0"}),
    (waiting, Alert.CALLS_WAIT, {"due": "1", "since": "2026-11-22 10:00"}),
    (lost, Alert.WEBHOOKS_LOST, {"lost": "2"}),
    (worker_is_refused, Alert.TWENTY_REFUSES, {"reason": "twenty.quota_exhausted"}),
    (key_is_revoked, Alert.TWENTY_REFUSES, {"reason": "twenty.unauthenticated"}),
    (key_ends, Alert.KEY_EXPIRES, {"ends": "2026-11-27"}),
    (silent, Alert.TWILIO_SILENT, {"heard": "2026-11-22 10:00", "hours": "9"}),
]


@pytest.mark.parametrize(("broken", "alert", "details"), WRONG, ids=[one[0].__name__ for one in WRONG])
async def test_what_needs_a_person_is_observed(
    watched: Watched, broken: Break, alert: Alert, details: dict[str, str]
) -> None:
    if (pending := broken(watched)) is not None:
        await pending
    found = await watched.look()
    assert found[alert] == details
    text = alert.value.en.text.format_map(details)
    assert all(value in text for value in details.values())


async def test_what_was_lost_is_over_after_a_day(watched: Watched) -> None:
    await lost(watched)
    watched.now = TEN + LOST_FOR
    assert (await watched.look())[Alert.WEBHOOKS_LOST] is None


async def test_a_twenty_that_is_away_refuses_nothing(watched: Watched) -> None:
    watched.twenty.faults.down = True
    assert Alert.TWENTY_REFUSES not in await watched.look()


async def test_credentials_that_twilio_refuses(watched: Watched) -> None:
    watched.change("twilio", api_secret="another-secret-that-is-wrong")
    found = await watched.look()
    assert "Twilio" in str(found[Alert.TWILIO_REFUSES])
    assert "another-secret" not in str(found)


@pytest.mark.parametrize(
    "changes", [("twilio", {"api_url": "http://127.0.0.1:1"}), ("reconcile", {"minutes": 0})]
)
async def test_a_twilio_that_is_away_or_not_asked_refuses_nothing(
    watched: Watched, changes: tuple[str, dict[str, object]]
) -> None:
    section, fields = changes
    watched.change(section, **fields)
    assert Alert.TWILIO_REFUSES not in await watched.look()


async def test_one_thing_is_one_alert(watched: Watched) -> None:
    """Calls that Twenty refuses wait, too."""
    await waiting(watched)
    worker_is_refused(watched)
    found = await watched.look()
    assert found[Alert.TWENTY_REFUSES]
    assert Alert.CALLS_WAIT not in found


async def test_the_key_is_tried_only_now_and_then(watched: Watched) -> None:
    async with open_client(watched.settings.twenty) as client, watched.rest() as rest:
        observing = Observing(
            watched.settings, watched.inbox, watched.drain, client, rest, began=watched.began
        )
        first = await observing.once(TEN)
        watched.twenty.faults.down = True
        assert first[Alert.TWENTY_REFUSES] == (await observing.once(TEN + HOUR / 60))[Alert.TWENTY_REFUSES]
        assert Alert.TWENTY_REFUSES not in await observing.once(TEN + PROBE_EVERY)


@pytest.mark.parametrize(
    ("certificate", "port", "is_wrong"),
    [("valid", None, False), ("expired", None, True), ("other", None, None), ("valid", 1, None)],
)
async def test_certificates(
    watched: Watched, certificate: str, port: int | None, is_wrong: bool | None
) -> None:
    """One of another name, and a host that is away, say nothing of when ours ends."""
    watched.trust = trusting(certificate)
    async with mail_server("implicit", certificate=certificate) as server:
        watched.change("server", public_url=f"https://127.0.0.1:{port or server.port}")
        found = await watched.look()
    seen = bool(found[Alert.CERTIFICATE_EXPIRES]) if Alert.CERTIFICATE_EXPIRES in found else None
    assert seen is is_wrong


async def test_a_disk_that_is_nearly_full(watched: Watched, tmp_path: Path) -> None:
    with mounted(tmp_path / "disk") as folder:
        watched.change("inbox", database_url=f"sqlite+aiosqlite:///{folder}/bridge.db")
        found = await watched.look()
    assert found[Alert.DISK_FULL] == {"free": "1"}


@pytest.mark.parametrize(
    ("now", "is_wrong"),
    [(MONDAY - timedelta(hours=20), False), (MONDAY, False), (MONDAY + timedelta(hours=7), True)],
)
async def test_silence_counts_in_open_hours_alone(watched: Watched, now: datetime, *, is_wrong: bool) -> None:
    await silent(watched)
    watched.now = now
    assert bool((await watched.look())[Alert.TWILIO_SILENT]) is is_wrong


async def test_silence_while_no_bridge_ran_proves_nothing(watched: Watched) -> None:
    await silent(watched)
    watched.began = watched.now - HOUR / 2
    assert Alert.TWILIO_SILENT not in await watched.look()


async def test_silence_may_be_no_alert(watched: Watched) -> None:
    await silent(watched)
    watched.change("alerts", silent_hours=0)
    assert Alert.TWILIO_SILENT not in await watched.look()


async def test_what_reconciliation_found_was_not_heard(inbox: Inbox) -> None:  # noqa: F811
    assert await last_heard(inbox) is None
    await inbox.store(told(Kind.STATUS, new_sid(), CallStatus="completed"))
    await inbox.store(told(Kind.RECONCILED, new_sid(), at=60, CallStatus="completed"))
    assert await last_heard(inbox) == TEN


async def test_lost_webhooks_are_counted_by_call_and_forgotten(inbox: Inbox) -> None:  # noqa: F811
    await store_lost(inbox, ["CA1", "CA2"], TEN)
    await store_lost(inbox, ["CA2"], TEN + HOUR)
    await store_lost(inbox, [], TEN)
    assert [await lost_since(inbox, since) for since in (TEN, TEN + HOUR, TEN + 2 * HOUR)] == [2, 1, 0]
    assert await drop_lost(inbox, now=TEN + timedelta(days=30) + HOUR / 2) == 1
    assert await lost_since(inbox, TEN) == 1
