"""Which time and which calls a round asks Twilio for, and what it remembers: without a Twilio."""

from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bridge.calls.callback import Kind
from bridge.inbox.checkpoints import Checkpoints
from bridge.inbox.operation import lost_since
from bridge.inbox.store import Inbox, open_inbox
from bridge.inbox.tables import marks
from bridge.observability.metrics import CALLS_RECONCILED
from bridge.sync.backfill import Backfill, Period, periods
from bridge.sync.reconcile.reconciler import Reconciler, windows
from bridge.sync.reconcile.twilio_calls import Found, Wanted
from tests.databases import begin
from tests.inbox.support import kept
from tests.support import TEN, new_sid, told

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
MARK = "reconcile"
"""Stored: another name would be another round's."""
OVERLAP, GRACE = 15 * MINUTE, 2 * MINUTE
LONGEST_CALL = CLOCKS_APART = DAY
MOST_ASKED = 100
QUIET = TEN - GRACE


@dataclass
class Asking:
    """In the place of `Asking`: finds what it is given, once, and notes what it was asked for."""

    found: Found = field(default_factory=Found)
    ahead: timedelta = timedelta()
    dry: bool = False
    spans: list[tuple[datetime, datetime]] = field(default_factory=list)
    sids: list[str] = field(default_factory=list)
    wanted: list[Wanted] = field(default_factory=list)

    def by_twilio(self, now: datetime) -> datetime:
        return now - self.ahead

    async def between(self, since: datetime, until: datetime, wanted: Wanted) -> Found:
        self.spans.append((since, until))
        self.wanted.append(wanted)
        return self.found

    async def these(self, root_sids: Collection[str], wanted: Wanted) -> Found:
        self.sids += root_sids
        self.wanted.append(wanted)
        return Found()


@pytest.fixture
async def inbox(sqlite_file: Path) -> AsyncIterator[Inbox]:
    async with open_inbox(f"sqlite+aiosqlite:///{begin(sqlite_file)}") as opened:
        yield opened


async def after(inbox: Inbox, asking: Asking, mark: datetime | None) -> datetime | None:
    """A round at ten; the checkpoint that it leaves."""
    if mark:
        await Checkpoints(inbox).save(MARK, mark)
    await Reconciler(inbox, asking).once(TEN)  # type: ignore[arg-type]
    return await Checkpoints(inbox).get(MARK)


async def test_a_new_installation_asks_for_nothing_and_one_with_calls_since_the_last(inbox: Inbox) -> None:
    asking = Asking()
    assert (await after(inbox, asking, None), asking.wanted) == (QUIET, [])
    await inbox.change(marks.delete())
    await kept(inbox, told(Kind.VOICE, new_sid(), at=-3600, From="client:alice"))
    assert await after(inbox, asking, None) == QUIET
    assert asking.spans == [(TEN - 60 * MINUTE - OVERLAP, TEN + CLOCKS_APART)]


@pytest.mark.parametrize(
    ("mark", "undecided", "spans", "left"),
    [
        (TEN - 30 * MINUTE, None, [(TEN - 45 * MINUTE, TEN + CLOCKS_APART)], QUIET),
        # A day at a time; the last is asked for beyond now.
        (
            TEN - DAY,
            None,
            [(TEN - DAY - OVERLAP, TEN - OVERLAP), (TEN - OVERLAP, TEN + CLOCKS_APART)],
            QUIET,
        ),
        # A leg of which Twilio does not tell yet is asked for again, and the checkpoint never goes back.
        (TEN - 30 * MINUTE, TEN - 20 * MINUTE, [(TEN - 45 * MINUTE, TEN + CLOCKS_APART)], TEN - 20 * MINUTE),
        (TEN - 30 * MINUTE, TEN - 40 * MINUTE, [(TEN - 45 * MINUTE, TEN + CLOCKS_APART)], TEN - 30 * MINUTE),
        # The clock was set back; or it is the time of the checkpoint.
        (TEN, None, [(TEN - OVERLAP, TEN + CLOCKS_APART)], TEN),
        (
            TEN + MINUTE,
            None,
            [
                (TEN - LONGEST_CALL - OVERLAP, TEN - OVERLAP),
                (TEN - OVERLAP, TEN + CLOCKS_APART),
            ],
            QUIET,
        ),
    ],
)
async def test_what_is_asked_for_since_the_last_round(
    inbox: Inbox,
    mark: datetime,
    undecided: datetime | None,
    spans: Sequence[tuple[datetime, datetime]],
    left: datetime,
) -> None:
    asking = Asking(Found(undecided_since=undecided))
    assert await after(inbox, asking, mark) == left
    assert asking.spans == spans
    assert {wanted.quiet_since for wanted in asking.wanted} == {QUIET}


async def test_times_are_twilios_where_this_clock_is_wrong(inbox: Inbox) -> None:
    asking = Asking(ahead=timedelta(hours=3))
    assert await after(inbox, asking, TEN - timedelta(hours=4)) == QUIET - timedelta(hours=3)
    assert asking.spans[-1][1] == TEN - timedelta(hours=3) + CLOCKS_APART


async def test_open_calls_that_the_list_did_not_have_are_asked_for_one_by_one(inbox: Inbox) -> None:
    """Each by its SID, so not all at once; those of two days ago were asked for in earlier rounds."""
    voice = [told(Kind.VOICE, new_sid(), at=-number, From="client:alice") for number in range(121, 341)]
    old = told(Kind.VOICE, new_sid(), at=-3 * 86_400, From="client:alice")
    new = told(Kind.VOICE, new_sid(), at=-60, From="client:alice")
    listed = {one.root_sid for one in voice[:MOST_ASKED]}
    for one in (old, new, *voice):
        inbox.store_soon(one)
    await inbox.store(told(Kind.STATUS, new_sid(), at=-3600, CallStatus="completed"))
    asking = Asking(Found(complete=listed))
    await after(inbox, asking, TEN - 30 * MINUTE)
    assert asking.sids == [one.root_sid for one in voice[MOST_ASKED : 2 * MOST_ASKED]]


async def test_after_a_long_pause_open_calls_of_before_the_checkpoint_are_asked_for(inbox: Inbox) -> None:
    """Those that began at most two days before: no call is longer than one."""
    voice = [told(Kind.VOICE, new_sid(), at=-days * 86_400, From="client:alice") for days in (13, 11, 5)]
    for one in voice:
        await inbox.store(one)
    asking = Asking()
    await after(inbox, asking, TEN - 10 * DAY)
    assert set(asking.sids) == {one.root_sid for one in voice[1:]}


async def test_what_was_lost_is_remembered_counted_and_told(inbox: Inbox) -> None:
    names = ("unknown", "unfinished", "complete")
    lost = {f"CA{number:02}" for number in range(12)}
    for found, counts, event in (
        (Found(unknown=lost, unfinished={"CA2x"}, complete={"CA3", "CA4"}), (12, 1, 2), "webhooks_lost"),
        (Found(complete={"CA3"}), (0, 0, 1), "nothing_lost"),
    ):
        before = [CALLS_RECONCILED.count(name) for name in names]
        with capture_logs() as logged:
            await after(inbox, Asking(found), TEN - MINUTE)
        counted = [CALLS_RECONCILED.count(name) for name in names]
        assert tuple(now - was for now, was in zip(counted, before, strict=True)) == counts
        assert [line["event"] for line in logged] == [f"reconcile.{event}"]
        assert logged[0].get("call_sids", []) == sorted(found.lost)[:10]
    assert await lost_since(inbox, TEN) == 13


def test_windows_end_where_they_are_to() -> None:
    assert list(windows(TEN, TEN, MINUTE)) == []
    assert list(windows(TEN, TEN + 1.5 * MINUTE, MINUTE)) == [
        (TEN, TEN + MINUTE),
        (TEN + MINUTE, TEN + 1.5 * MINUTE),
    ]


async def test_a_backfill_marks_the_whole_days_that_are_over(inbox: Inbox) -> None:
    midnight = TEN.replace(hour=0)
    days = periods(midnight - 2.5 * DAY, midnight + DAY)
    now = midnight + LONGEST_CALL + timedelta(seconds=1)
    asking, told_of = Asking(Found(others=1)), list[Found]()
    filling = Backfill(asking, Checkpoints(inbox))  # type: ignore[arg-type]

    async def ask(asking: Asking, number: str | None = None) -> Found:
        filling = Backfill(asking, Checkpoints(inbox))  # type: ignore[arg-type]
        return await filling.ask(days, number=number, now=now, tell=told_of.append)

    assert await filling.left(days) == days
    # Neither a dry run nor one for a number leaves a mark.
    await ask(Asking(dry=True))
    await ask(Asking(), "+33639980001")
    assert await filling.left(days) == days
    assert (await ask(asking)).others == len(days) == len(asking.spans) == len(told_of) / 3 == 4
    assert asking.spans == [(day.since, day.until) for day in days]
    assert set(asking.wanted) == {Wanted(quiet_since=now - GRACE, over=True, number=None)}
    # The first was asked for in part; calls of the last may go on.
    assert await filling.left(days) == [days[0], days[-1]]
    # Of a day that was read in full no part is left.
    part = Period(since=days[1].since + 8 * 60 * MINUTE, until=days[1].until)
    assert await filling.left([part, days[1], days[2]]) == []
    yesterday = Period(since=midnight - DAY, until=midnight)
    assert [yesterday.whole(now), yesterday.whole(midnight + LONGEST_CALL)] == [True, False]
