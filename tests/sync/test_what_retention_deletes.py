"""Which recordings a round of retention deletes, and how many it asks Twilio about: without a Twilio."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from bridge.calls.callback import Kind
from bridge.errors import TwilioRefused
from bridge.inbox.store import Inbox, open_inbox
from bridge.sync.retention import RecordingRetention
from bridge.twilio.rest.resources import CallResource, RecordingResource
from tests.databases import begin
from tests.support import TEN, new_sid, outbound, told
from tests.sync.reconcile.test_comparison import resource

KEEP = timedelta(days=90)


@dataclass
class Twilio:
    """Has these recordings of calls, and of some legs knows the call; answers deletions with a status."""

    calls: Sequence[str] = ()
    parents: dict[str, str] = field(default_factory=dict)
    refusal: int | None = None
    asked: list[str] = field(default_factory=list)
    before: list[datetime] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)

    async def recordings(self, *, created_before: datetime) -> AsyncIterator[RecordingResource]:
        self.before.append(created_before)
        usual: Any = {"status": "completed", "source": "DialVerb", "channels": 1, "date_created": TEN}
        for number, call_sid in enumerate(self.calls):
            yield RecordingResource(sid=f"RE{number}", call_sid=call_sid, duration=9, **usual)

    async def delete_recording(self, sid: str) -> None:
        if self.refusal:
            raise TwilioRefused("no", status=self.refusal)
        self.deleted.append(sid)

    async def call(self, sid: str) -> CallResource:
        self.asked.append(sid)
        if sid not in self.parents:
            raise TwilioRefused("not found", status=404)
        return resource("+33639980001", "+33159130001", sid=sid, parent_call_sid=self.parents[sid] or None)


@pytest.fixture
async def inbox(sqlite_file: Path) -> AsyncIterator[Inbox]:
    async with open_inbox(f"sqlite+aiosqlite:///{begin(sqlite_file)}") as opened:
        yield opened


async def known(inbox: Inbox) -> str:
    sid = new_sid()
    await inbox.store(outbound(sid, "+33639980001"))
    return sid


async def test_recordings_of_our_calls_and_of_their_legs_and_no_others(inbox: Inbox) -> None:
    ours, of_purged, theirs, first_leg, gone = await known(inbox), *(new_sid() for _ in range(4))
    # The inbox knows this leg; that one by Twilio alone, as another program's.
    await inbox.store(told(Kind.STATUS, leg := new_sid(), parent=ours, CallStatus="completed"))
    twilio = Twilio(
        [ours, leg, of_purged, theirs, first_leg, gone],
        {of_purged: ours, theirs: new_sid(), first_leg: ""},
    )
    retention = RecordingRetention(inbox, twilio, KEEP)
    assert await retention.once(TEN) == 3
    assert (twilio.deleted, twilio.before) == (["RE0", "RE1", "RE2"], [TEN - KEEP])
    assert set(twilio.asked) == {of_purged, theirs, first_leg, gone}
    # What is not ours is asked for once: the next round has its questions for others.
    twilio.asked.clear()
    assert await retention.once(TEN) == 3
    assert twilio.asked == [of_purged]


async def test_a_round_asks_for_some_and_the_next_for_further_ones(inbox: Inbox) -> None:
    calls = [new_sid() for _ in range(300)]
    twilio = Twilio(calls, {sid: new_sid() for sid in calls[::2]})
    retention = RecordingRetention(inbox, twilio, KEEP)
    rounds = []
    for _ in range(3):
        assert await retention.once(TEN) == 0
        rounds.append(len(twilio.asked))
    assert rounds == [200, 300, 300]


async def test_a_round_ends_after_many_and_those_of_the_last_page_are_among_them(inbox: Inbox) -> None:
    ours = await known(inbox)
    twilio = Twilio([ours] * 5201)
    with capture_logs() as logged:
        assert await RecordingRetention(inbox, twilio, KEEP).once(TEN) == 5000
    assert {"event": "recordings.deleted", "recordings": 5000, "days": 90, "log_level": "info"} in logged
    twilio.calls = [ours] * 201
    assert await RecordingRetention(inbox, twilio, KEEP).once(TEN) == 201
    twilio.calls = []
    with capture_logs() as logged:
        assert await RecordingRetention(inbox, twilio, KEEP).once(TEN) == 0
    assert logged == []


@pytest.mark.parametrize(("status", "is_done"), [(404, True), (403, False)])
async def test_a_recording_that_is_gone_is_deleted_and_one_that_twilio_keeps_is_told(
    inbox: Inbox, status: int, *, is_done: bool
) -> None:
    retention = RecordingRetention(inbox, Twilio([await known(inbox)], refusal=status), KEEP)
    if is_done:
        assert await retention.once(TEN) == 1
    else:
        with pytest.raises(TwilioRefused):
            await retention.once(TEN)
