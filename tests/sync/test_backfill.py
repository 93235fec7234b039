"""History, day by day, and no day twice."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from bridge.inbox.checkpoints import Checkpoints
from bridge.sync.backfill import Backfill, periods
from bridge.sync.reconcile.twilio_calls import Found
from tests.sandbox.twilio.support import START
from tests.sync.reconcile.test_reconciler import JANE, Stage, stage

__all__ = ["stage"]

NOW = START + timedelta(days=10)
PAUL = "+33698765432"


def day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [
        ("2026-11-01", "2026-11-01", []),
        ("2026-11-02", "2026-11-01", []),
        ("2026-11-01", "2026-11-03", [("2026-11-01", "2026-11-02"), ("2026-11-02", "2026-11-03")]),
        ("2026-11-01T08:00", "2026-11-01T09:00", [("2026-11-01T08:00", "2026-11-01T09:00")]),
        (
            "2026-11-01T08:07:06.000005",
            "2026-11-02T09:00",
            [("2026-11-01T08:07:06.000005", "2026-11-02"), ("2026-11-02", "2026-11-02T09:00")],
        ),
    ],
)
def test_the_days_between(since: str, until: str, expected: list[tuple[str, str]]) -> None:
    found = [(span.since, span.until) for span in periods(day(since), day(until))]
    assert found == [(day(a), day(b)) for a, b in expected]


def test_days_are_those_of_utc() -> None:
    paris = timezone(timedelta(hours=1))
    (one,) = periods(datetime(2026, 11, 1, 1, tzinfo=paris), datetime(2026, 11, 2, 1, tzinfo=paris))
    assert (one.mark, one.whole(NOW)) == ("backfill 2026-11-01", True)


def backfill(stage: Stage) -> Backfill:
    return Backfill(stage.reconciler._asking, Checkpoints(stage.inbox))


async def ask(stage: Stage, *, number: str | None = None, now: datetime = NOW) -> tuple[int, Found]:
    """How many days were asked for, and what was found."""
    filling = backfill(stage)
    left = await filling.left(periods(START - timedelta(days=5), now))
    return len(left), await filling.ask(left, number=number, now=now, tell=lambda found: None)


async def test_days_that_were_asked_for_are_not_asked_for_again(stage: Stage) -> None:
    sids = set()
    for days in (-4, 0, 3):
        stage.twilio.start = START + timedelta(days=days)
        sids.add((await stage.out()).sid)
    first, again = await ask(stage), await ask(stage)
    assert (first[0], first[1].unknown) == (16, sids)
    # Those that were asked for in part, and the day before, whose calls may go on.
    assert (again[0], again[1].unknown) == (3, set())


async def test_a_backfill_that_broke_off_goes_on(stage: Stage) -> None:
    for days in (-4, 3):
        stage.twilio.start = START + timedelta(days=days)
        await stage.out()
    asked = 0

    def broken_off(_found: Found) -> None:
        nonlocal asked
        asked += 1
        if asked == 7:
            raise KeyboardInterrupt

    whole = periods(START - timedelta(days=5), NOW)
    with pytest.raises(KeyboardInterrupt):
        await backfill(stage).ask(whole, number=None, now=NOW, tell=broken_off)
    assert len(await stage.inbox.claim(200)) == 1
    left, found = await ask(stage)
    # The first day was asked for in part.
    assert (left, len(found.unknown), len(await stage.inbox.claim(200))) == (16 - 6, 1, 2)


@pytest.mark.parametrize(("number", "found"), [(JANE, 1), (PAUL, 0), ("+33159130001", 1)])
async def test_the_calls_of_one_number_alone(stage: Stage, number: str, found: int) -> None:
    """They leave no mark: of the same days, others are still to be asked for."""
    await stage.out()
    assert len((await ask(stage, number=number))[1].unknown) == found
    assert (await ask(stage))[0] == 16


async def test_a_call_that_goes_on_is_left_to_its_webhooks(stage: Stage) -> None:
    out = await stage.out()
    leg = stage.twilio.account.calls[out.legs[0].sid]
    leg.status, leg.ended_at = "in-progress", None
    assert (await ask(stage))[1].ours == set()
