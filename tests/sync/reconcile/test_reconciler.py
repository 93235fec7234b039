"""Twilio is asked for its calls, and what webhooks failed to tell is found again."""

from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from bridge.calls.agents import Agents, Allowed
from bridge.calls.callback import Callback, Kind
from bridge.calls.fold.call import Call, fold
from bridge.errors import TwilioUnavailable
from bridge.inbox.checkpoints import Checkpoints
from bridge.inbox.forgetting import Forgotten
from bridge.inbox.operation import lost_since
from bridge.inbox.queries import stored_calls
from bridge.inbox.retention import drop
from bridge.inbox.rows import Settled
from bridge.inbox.store import Inbox
from bridge.observability.metrics import CALLS_RECONCILED
from bridge.sandbox.twilio import Delivered, Party, PlayedCall, TwilioSandbox
from bridge.sync.reconcile.comparison import Ours
from bridge.sync.reconcile.reconciler import GRACE, MARK, Reconciler
from bridge.sync.reconcile.twilio_calls import Asking, Found
from bridge.twilio.forms import callback as read
from bridge.twilio.rest import TwilioRest, open_rest
from tests.sandbox.twilio.conftest import connected, running_app
from tests.sandbox.twilio.support import START, App, events
from tests.support import twilio_settings

JANE, COMPANY, BOB = "+33612345678", "+33159130001", "client:bob"
KEY = "0123456789abcdef"
NOW = START + timedelta(hours=1)
KINDS = {"voice": Kind.VOICE, "status": Kind.STATUS, "dial": Kind.DIAL, "recording": Kind.RECORDING}


@dataclass
class Stage:
    """A Twilio whose calls an application takes that tells nobody, an inbox, and who asks."""

    app: App
    twilio: TwilioSandbox
    inbox: Inbox
    reconciler: Reconciler
    forgotten: Forgotten

    async def out(self, *, party: Party | None = None) -> PlayedCall:
        """Alice calls Jane."""
        number = f"<Number {events()}>{JANE}</Number>"
        recorded = {"record": "record-from-answer-dual", "recordingStatusCallback": "/recording"}
        self.app.dial(number, callerId=COMPANY, action="/dial", **recorded)
        self.twilio.parties[JANE] = party or Party.answers(talks=30)
        return await self.twilio.call_from_browser("alice", JANE)

    async def in_(self) -> PlayedCall:
        """Jane calls; Bob lets it ring, and she leaves a message."""
        self.app.dial(f"<Client {events()}>bob</Client>", timeout="20", action="/voicemail")
        self.app.on("/voicemail", '<Response><Record action="/message"/></Response>')
        return await self.twilio.call_from_phone(JANE, says="Please call me back as soon as you can.")

    async def tell(self, played: PlayedCall, *, only: int | None = None) -> None:
        """What the webhooks of a call told; the first ones `only`."""
        for callback in [c for c in map(_callback, played.deliveries) if c][:only]:
            await self.inbox.store(callback)

    async def call(self, sid: str) -> Call | None:
        """As the inbox knows it."""
        told = (await stored_calls(self.inbox, [sid])).stored(sid)
        return fold(told) if told else None

    async def once(self, now: datetime = NOW) -> Found:
        return await self.reconciler.once(now)


def _callback(sent: Delivered) -> Callback | None:
    kind = KINDS.get(sent.kind)
    return read(kind, "/", sent.params, received_at=START) if kind else None


@pytest.fixture
async def stage(inbox: Inbox) -> AsyncIterator[Stage]:
    async with (
        running_app() as app,
        connected(app) as twilio,
        open_rest(twilio_settings(twilio), pauses=()) as rest,
    ):
        yield await staged(app, twilio, inbox, rest, Forgotten(inbox, [KEY]))


async def staged(
    app: App, twilio: TwilioSandbox, inbox: Inbox, rest: TwilioRest, forgotten: Forgotten
) -> Stage:
    """With a mark from before the first call."""
    await Checkpoints(inbox).save(MARK, START - timedelta(minutes=1))
    ours = Ours({COMPANY}, Agents(Allowed(["alice", "bob"])))
    account_url = f"{twilio.url}/2010-04-01/Accounts/{twilio.account_sid}"
    asking = Asking(inbox, rest, ours, forgotten, account_url=account_url)
    return Stage(app, twilio, inbox, Reconciler(inbox, asking), forgotten)


async def test_calls_that_nobody_told_of(stage: Stage) -> None:
    out, in_ = await stage.out(), await stage.in_()
    before = {name: CALLS_RECONCILED.count(name) for name in ("unknown", "unfinished")}
    found = await stage.once()
    assert (found.unknown, found.unfinished) == ({out.sid, in_.sid}, set())
    called, heard = await stage.call(out.sid), await stage.call(in_.sid)
    assert called
    assert heard
    assert (called.direction, called.status, called.other_party) == ("OUTBOUND", "COMPLETED", JANE)
    assert (called.talk_seconds, called.agent, len(called.recordings)) == (30, "alice", 1)
    assert called.started_at == START
    assert (heard.direction, heard.status, heard.other_party) == ("INBOUND", "VOICEMAIL", JANE)
    assert CALLS_RECONCILED.count("unknown") == before["unknown"] + 2
    assert await lost_since(stage.inbox, NOW) == 2
    assert CALLS_RECONCILED.count("unfinished") == before["unfinished"]


async def test_the_same_state_found_again_is_no_news(stage: Stage) -> None:
    await stage.out()
    await stage.once()
    revisions = [due.revision for due in await stage.inbox.claim(200)]
    await Checkpoints(stage.inbox).save(MARK, START - timedelta(minutes=1))
    again = await stage.once(NOW + timedelta(minutes=15))
    assert (again.unknown, again.unfinished, len(again.complete)) == (set(), set(), 1)
    assert [due.revision for due in await stage.inbox.claim(200)] == revisions


async def test_what_was_told_in_full_lacks_nothing(stage: Stage) -> None:
    out = await stage.out()
    await stage.tell(out)
    call = await stage.call(out.sid)
    found = await stage.once()
    assert (found.unknown, found.unfinished, found.complete) == (set(), set(), {out.sid})
    assert await stage.call(out.sid) == call
    assert await lost_since(stage.inbox, NOW) == 0


@pytest.mark.parametrize("told", range(1, 6))
async def test_a_call_that_nobody_ended_is_closed(stage: Stage, told: int) -> None:
    out = await stage.out()
    await stage.tell(out, only=told)
    await stage.once()
    call = await stage.call(out.sid)
    assert call
    assert (call.status, call.ended, call.talk_seconds) == ("COMPLETED", True, 30)
    assert await lost_since(stage.inbox, NOW) == 1


async def settled_open(inbox: Inbox) -> None:
    """As the worker settles calls that go on."""
    shown = [
        Settled(root_sid=c.root_sid, revision=c.revision, number=None, match=None, written=b"", ended=False)
        for c in await inbox.claim(200)
    ]
    await inbox.settle(shown, now=START)


@pytest.mark.parametrize("shown", [True, False])
async def test_one_that_began_long_before_the_mark_is_closed_too(stage: Stage, shown: bool) -> None:
    out = await stage.out()
    await stage.tell(out, only=3)
    if shown:
        await settled_open(stage.inbox)
    await Checkpoints(stage.inbox).save(MARK, START + timedelta(hours=5))
    found = await stage.once(START + timedelta(hours=6))
    assert found.unfinished == {out.sid}
    call = await stage.call(out.sid)
    assert call
    assert call.ended


async def test_of_what_just_happened_webhooks_may_be_on_their_way(stage: Stage) -> None:
    out = await stage.out()
    ended = START + timedelta(seconds=40)
    assert (await stage.once(ended + GRACE / 2)).ours == set()
    assert await stage.call(out.sid) is None
    assert (await stage.once(ended + 2 * GRACE)).unknown == {out.sid}


async def test_the_mark_is_set_at_first_and_goes_on(stage: Stage) -> None:
    marks = Checkpoints(stage.inbox)
    await stage.once(NOW)
    assert await marks.get(MARK) == NOW - GRACE
    await stage.once(NOW - GRACE / 2)
    assert await marks.get(MARK) == NOW - GRACE


@pytest.mark.parametrize("told", [0, 3])
@pytest.mark.parametrize(
    ("marked", "now"),
    [
        pytest.param(timedelta(days=100), timedelta(minutes=10), id="put right"),
        pytest.param(timedelta(minutes=-1), -timedelta(hours=1), id="put wrong"),
        pytest.param(timedelta(days=100), -timedelta(hours=1), id="both"),
    ],
)
async def test_after_a_clock_was_set_back(stage: Stage, told: int, marked: timedelta, now: timedelta) -> None:
    """Twilio's clock, by which the call began at START, is right."""
    out = await stage.out()
    await stage.tell(out, only=told)
    await Checkpoints(stage.inbox).save(MARK, START + marked)
    found = await stage.once(START + now)
    assert found.lost == {out.sid}
    call = await stage.call(out.sid)
    assert call
    assert (call.status, call.ended, call.talk_seconds) == ("COMPLETED", True, 30)
    again = await stage.once(START + now + timedelta(minutes=2))
    assert not again.lost


async def test_a_new_installation_asks_for_nothing(stage: Stage) -> None:
    await stage.out()
    fresh = Reconciler(stage.inbox, stage.reconciler._asking)
    await stage.inbox.write(_without_marks)
    assert (await fresh.once(NOW)).ours == set()
    assert await Checkpoints(stage.inbox).get(MARK) == NOW - GRACE


async def _without_marks(connection: object) -> None:
    await connection.exec_driver_sql("DELETE FROM marks")  # type: ignore[attr-defined]


async def test_without_a_mark_the_last_callback_is_one(stage: Stage) -> None:
    """An inbox of a version that did not reconcile."""
    out = await stage.out()
    await stage.tell(out, only=1)
    await stage.inbox.write(_without_marks)
    assert (await stage.once()).unfinished == {out.sid}


async def test_while_twilio_is_away_the_mark_stays(stage: Stage) -> None:
    out = await stage.out()
    stage.twilio.rest.limited = 1
    with pytest.raises(TwilioUnavailable):
        await stage.once()
    assert await Checkpoints(stage.inbox).get(MARK) == START - timedelta(minutes=1)
    assert (await stage.once()).unknown == {out.sid}


async def test_a_gap_of_weeks_is_asked_for_day_by_day(stage: Stage) -> None:
    sids = set()
    for days in (0, 1, 9, 20):
        stage.twilio.start = START + timedelta(days=days)
        sids.add((await stage.out()).sid)
    assert (await stage.once(START + timedelta(days=21))).unknown == sids


async def test_a_call_across_midnight_is_whole(stage: Stage) -> None:
    """The window ends between the call and its leg."""
    stage.twilio.start = START + timedelta(days=1, minutes=-16)
    out = await stage.out()
    child = stage.twilio.account.calls[out.legs[0].sid]
    child.started_at = 30
    await stage.once(START + timedelta(days=2))
    call = await stage.call(out.sid)
    assert call
    assert (call.status, call.talk_seconds) == ("COMPLETED", 30)


async def test_a_forwarded_call_of_which_only_the_recording_was_reported_is_a_call_in(stage: Stage) -> None:
    """The window begins between the call and its leg, which looks like one that an agent called."""
    recorded = {"record": "record-from-answer-dual", "recordingStatusCallback": "/recording"}
    stage.app.dial("<Number>+33639980002</Number>", callerId=JANE, **recorded)
    stage.twilio.parties["+33639980002"] = Party.answers(talks=30)
    played = await stage.twilio.call_from_phone(JANE)
    stage.twilio.account.calls[played.sid].started_at = -3600
    (reported,) = [sent for sent in played.deliveries if sent.kind == "recording"]
    callback = _callback(reported)
    assert callback
    await stage.inbox.store(callback)
    await stage.once()
    call = await stage.call(played.sid)
    assert call
    assert (call.direction, call.other_party, call.talk_seconds) == ("INBOUND", JANE, 30)


async def test_only_calls_of_the_bridge_are_taken(stage: Stage) -> None:
    stage.app.dial("<Client>somebody</Client>")
    other = stage.twilio.account.add_number("+33159139999")
    other.voice_url = f"{stage.app.url}/voice"
    await stage.twilio.call_from_phone(JANE, other.phone_number)
    ours = await stage.out()
    found = await stage.once()
    assert (found.ours, found.others) == ({ours.sid}, 1)


async def test_a_purged_call_stays_purged(stage: Stage) -> None:
    out = await stage.out()
    await stage.tell(out)
    await drop(stage.inbox, [out.sid])
    found = await stage.once()
    assert (found.unknown, found.complete) == (set(), {out.sid})
    assert await stage.call(out.sid) is None


async def test_history_of_who_was_forgotten_does_not_come_back(stage: Stage) -> None:
    await stage.out()
    await stage.in_()
    await stage.forgotten.remember(JANE, now=START + timedelta(minutes=30))
    found = await stage.once()
    assert (found.ours, found.forgotten) == (set(), 2)
    stage.twilio.start = START + timedelta(minutes=50)
    new = await stage.in_()
    assert (await stage.once()).unknown == {new.sid}


class JaneMeanwhile(Forgotten):
    """Jane is forgotten as soon as it was asked who is."""

    async def among(self, numbers: Collection[str]) -> dict[str, datetime]:
        told = await super().among(numbers)
        await self.remember(JANE, now=NOW)
        return told


async def test_who_is_forgotten_while_their_calls_are_on_their_way(stage: Stage) -> None:
    out = await stage.out()
    async with open_rest(twilio_settings(stage.twilio)) as rest:
        late = await staged(stage.app, stage.twilio, stage.inbox, rest, JaneMeanwhile(stage.inbox, KEY))
        assert (await late.once()).unknown == {out.sid}
    assert await stage.call(out.sid) is None


async def test_a_call_that_goes_on_is_known_and_closed_later(stage: Stage) -> None:
    out = await stage.out()
    legs = [stage.twilio.account.calls[sid] for sid in (out.sid, out.legs[0].sid)]
    ends = [leg.ended_at for leg in legs]
    for leg in legs:
        leg.status, leg.ended_at = "in-progress", None
    assert (await stage.once()).unknown == {out.sid}
    call = await stage.call(out.sid)
    assert call
    assert (call.status, call.ended) == ("IN_PROGRESS", False)
    for leg, end in zip(legs, ends, strict=True):
        leg.status, leg.ended_at = "completed", end
    # Heard of at the machine's time, which is not the scenario's.
    later = datetime.now(UTC) + timedelta(hours=1)
    await Checkpoints(stage.inbox).save(MARK, later)
    assert (await stage.once(later + timedelta(hours=1))).unfinished == {out.sid}
    call = await stage.call(out.sid)
    assert call
    assert (call.status, call.ended, call.talk_seconds) == ("COMPLETED", True, 30)


async def test_a_leg_that_joined_a_call_later_is_no_call_of_its_own(stage: Stage) -> None:
    out = await stage.out()
    await stage.tell(out)
    another = await stage.out()
    joined = read(
        Kind.STATUS,
        f"/twilio/status?joins={out.sid}&as=ask-1",
        {"CallSid": another.sid, "CallStatus": "completed", "To": "client:bob", "From": "client:alice"},
        received_at=NOW,
    )
    await stage.inbox.store(joined)
    found = await stage.once()
    assert another.sid not in found.ours
    assert await stage.call(another.sid) is None


class TwilioWhoseClockIsBehind(TwilioRest):
    """By an hour: answers of the sandbox have this machine's time."""

    @property
    def clock_ahead(self) -> timedelta:
        return super().clock_ahead + timedelta(hours=1)


async def test_a_clock_that_is_ahead_of_twilio_hides_no_call(inbox: Inbox) -> None:
    here = START + timedelta(hours=1)
    async with (
        running_app() as app,
        connected(app) as twilio,
        open_rest(twilio_settings(twilio), pauses=()) as rest,
    ):
        behind = TwilioWhoseClockIsBehind(rest._settings, rest._http)
        stage = await staged(app, twilio, inbox, behind, Forgotten(inbox, [KEY]))
        # As a round before the first answer leaves it.
        await Checkpoints(inbox).save(MARK, here)
        out = await stage.out()
        found = await stage.once(here + timedelta(minutes=5))
        assert found.unknown == {out.sid}
        assert await Checkpoints(inbox).get(MARK) == START + timedelta(minutes=5) - GRACE
