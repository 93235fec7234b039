"""Recordings that were kept for long enough are deleted at Twilio, and nobody else's are."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest

from bridge.calls.callback import Kind
from bridge.errors import TwilioUnavailable
from bridge.inbox.store import Inbox
from bridge.sandbox.twilio import TwilioSandbox, twilio_sandbox
from bridge.sandbox.twilio.legs import Leg
from bridge.sandbox.twilio.recordings import Recording
from bridge.sandbox.twilio.sids import new_sid as sid_of
from bridge.sandbox.twilio.times import Clock
from bridge.sync.retention import RecordingRetention
from bridge.twilio.forms import callback
from bridge.twilio.rest import TwilioRest, open_rest
from bridge.twilio.rest.resources import CallResource
from tests.support import TEN, new_sid, outbound, twilio_settings

KEEP = timedelta(days=90)
OLD, YOUNG = TEN - KEEP - timedelta(hours=1), TEN - KEEP + timedelta(hours=1)


@pytest.fixture
async def twilio() -> AsyncIterator[TwilioSandbox]:
    async with twilio_sandbox(start=TEN) as sandbox:
        yield sandbox


@pytest.fixture
async def rest(twilio: TwilioSandbox) -> AsyncIterator[TwilioRest]:
    async with open_rest(twilio_settings(twilio), pauses=(0,)) as opened:
        yield opened


def recorded(twilio: TwilioSandbox, call_sid: str, made: datetime) -> str:
    """A recording of a call; its SID."""
    recording = Recording(sid_of("RE"), call_sid, "DialVerb", started=made, began_at=0)
    recording.finish(30)
    twilio.account.keep_recording(recording)
    return recording.sid


async def known_call(inbox: Inbox) -> str:
    sid = new_sid()
    await inbox.store(outbound(sid, "+33612345678"))
    return sid


def left(twilio: TwilioSandbox) -> set[str]:
    return set(twilio.account.recordings)


async def test_old_ones_of_known_calls(inbox: Inbox, twilio: TwilioSandbox, rest: TwilioRest) -> None:
    ours, theirs = await known_call(inbox), new_sid()
    old = {recorded(twilio, ours, OLD) for _ in range(3)}
    stay = {recorded(twilio, ours, YOUNG), recorded(twilio, theirs, OLD)}
    retention = RecordingRetention(inbox, rest, KEEP)
    assert await retention.once(TEN) == 3
    assert left(twilio) == stay
    assert not old & left(twilio)
    assert await retention.once(TEN) == 0


async def test_those_of_a_calls_other_legs(inbox: Inbox, twilio: TwilioSandbox, rest: TwilioRest) -> None:
    """Of a call out that became a conference; the second is of a call whose legs the inbox has purged."""
    ours, purged, theirs = await known_call(inbox), await known_call(inbox), new_sid()
    legs = {call: await a_leg(inbox, twilio, call, told=call == ours) for call in (ours, purged, theirs)}
    for leg in legs.values():
        recorded(twilio, leg, OLD)
    stays = recorded(twilio, new_sid(), OLD)
    retention = RecordingRetention(inbox, rest, KEEP)
    assert await retention.once(TEN) == 2
    assert left(twilio) == {stays, *(one.sid for one in twilio.account.recordings_of(legs[theirs]))}
    assert await retention.once(TEN) == 0


async def a_leg(inbox: Inbox, twilio: TwilioSandbox, call_sid: str, *, told: bool) -> str:
    """A dialled leg of a call, which the inbox was told of or not; its SID."""
    sid = new_sid()
    twilio.account.calls[sid] = Leg(
        sid, "+33612345678", twilio.phone_number, "outbound-dial", Clock(TEN), parent_sid=call_sid
    )
    if told:
        status = {"CallSid": sid, "ParentCallSid": call_sid, "CallStatus": "completed"}
        await inbox.store(callback(Kind.STATUS, "/twilio/status", status, received_at=TEN))
    return sid


async def test_calls_of_others_are_asked_for_once_and_forgotten_with_their_recordings(
    inbox: Inbox, twilio: TwilioSandbox, rest: TwilioRest
) -> None:
    asked: list[str] = []

    class Counting:
        """Counts the calls that Twilio is asked for."""

        recordings = rest.recordings
        delete_recording = rest.delete_recording

        async def call(self, sid: str) -> CallResource:
            asked.append(sid)
            return await rest.call(sid)

    leg = await a_leg(inbox, twilio, new_sid(), told=False)
    theirs = [recorded(twilio, sid, OLD) for sid in (new_sid(), leg)]
    retention = RecordingRetention(inbox, Counting(), KEEP)
    for _ in range(2):
        assert await retention.once(TEN) == 0
    assert len(asked) == 2
    assert len(retention._others) == 2
    for sid in theirs:
        del twilio.account.recordings[sid]
    assert await retention.once(TEN) == 0
    assert retention._others == set()


async def test_many_over_many_pages(inbox: Inbox, twilio: TwilioSandbox, rest: TwilioRest) -> None:
    ours, theirs = await known_call(inbox), new_sid()
    for number in range(1203):
        recorded(twilio, theirs if number % 3 else ours, OLD)
    assert await RecordingRetention(inbox, rest, KEEP).once(TEN) == 401
    assert len(left(twilio)) == 802


async def test_twilio_is_away_and_comes_back(inbox: Inbox, twilio: TwilioSandbox, rest: TwilioRest) -> None:
    recorded(twilio, await known_call(inbox), OLD)
    retention = RecordingRetention(inbox, rest, KEEP)
    twilio.rest.limited = 2
    with pytest.raises(TwilioUnavailable):
        await retention.once(TEN)
    assert len(left(twilio)) == 1
    assert await retention.once(TEN) == 1


async def test_somebody_else_is_quicker(inbox: Inbox, twilio: TwilioSandbox, rest: TwilioRest) -> None:
    sid = recorded(twilio, await known_call(inbox), OLD)

    class Quicker:
        """Deletes each before the bridge does."""

        recordings = rest.recordings
        call = rest.call

        async def delete_recording(self, sid: str) -> None:
            await rest.delete_recording(sid)
            await rest.delete_recording(sid)

    assert await RecordingRetention(inbox, Quicker(), KEEP).once(TEN) == 1
    assert sid not in left(twilio)
