"""What is stored of calls that were written, refused, or failed: whole rows, by a table of cases."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast

import pytest
from msgspec.structs import replace
from structlog.testing import capture_logs

from bridge.calls.fold.call import Call
from bridge.calls.people.matching import Match, Person
from bridge.errors import TwentyFailed, TwentyRefused
from bridge.inbox.rows import AttemptOutcome, DueCall, Settled
from bridge.inbox.store import Inbox
from bridge.sync.stages.claim import Claim
from bridge.sync.stages.prepare import Prepared
from bridge.sync.stages.remind import Reminders
from bridge.sync.stages.settle import Settlement
from tests.support import TEN
from tests.sync.stages.test_task_plans import missed
from tests.twenty.writing.test_writers import write

NUMBER = "+33639980001"
JANE, JOHN = Person("p1", "Jane Doe"), Person("p2", "John Doe")


@dataclass
class Stored:
    """In the place of an inbox: notes what it is asked for, and what it is to store."""

    settled: list[Settled] = field(default_factory=list)
    parked: list[tuple[str, str]] = field(default_factory=list)
    failed_: list[tuple[list[str], str]] = field(default_factory=list)
    deferred: list[tuple[list[str], str, timedelta]] = field(default_factory=list)
    claimed: list[Any] = field(default_factory=list)

    async def settle(self, settled: Sequence[Settled], *, now: datetime) -> None:
        assert settled
        assert now == TEN
        self.settled += settled

    async def park(self, due_call: DueCall, reason: str, *, now: datetime) -> None:
        assert now == TEN
        self.parked.append((due_call.root_sid, reason))

    async def failed(self, due_calls: Sequence[DueCall], error: str, *, now: datetime) -> None:
        assert now == TEN
        self.failed_.append((sids(due_calls), error))

    async def defer(
        self, due_calls: Sequence[DueCall], error: str, *, until: datetime, now: datetime
    ) -> None:
        self.deferred.append((sids(due_calls), error, until - now))
        assert now == TEN

    async def claim(self, limit: int, *, live: bool) -> list[DueCall]:
        self.claimed.append((limit, live))
        return [due("CA1")]

    async def claim_deferred(self, limit: int, *, live: bool, now: datetime) -> list[DueCall]:
        self.claimed.append((limit, live, now))
        return [due("CA2")]


def sids(calls: Sequence[DueCall]) -> list[str]:
    return [call.root_sid for call in calls]


def settlement(inbox: Stored, reminders: Reminders | None = None) -> Settlement:
    return Settlement(cast("Inbox", inbox), reminders=reminders, clock=lambda: TEN)


def due(sid: str = "CA1", **more: Any) -> DueCall:
    usual: dict[str, Any] = {"match": None, "former_id": None, "written": b"before", "settled_at": None}
    return DueCall(**{"root_sid": sid, "revision": 7, "callbacks": (), **usual, **more})


WRITE = write(person_id="p2")


def prepared(row: DueCall | None = None, *, call: Call | None = None, digest: bytes = b"now") -> Prepared:
    number: Any = NUMBER
    return Prepared(row or due(), call or missed(), number, Match(JOHN), WRITE, digest, b"fields")


@dataclass(frozen=True)
class Reminds:
    """Says of each call whether it concerns a task."""

    answer: bool

    def concern(self, p: Prepared, *, now: datetime) -> bool:
        assert now == TEN
        return self.answer


SETTLED = Settled(
    root_sid="CA1",
    revision=7,
    number=NUMBER,
    match=Match(JOHN),
    written=b"now",
    ended=True,
    outcome=AttemptOutcome.WRITTEN,
    fields=b"fields",
)
OF_JANE, OF_NOBODY = Match(JANE), Match(None)


@pytest.mark.parametrize(
    ("prepared", "reminds", "differs"),
    [
        (prepared(), False, {}),
        # A call is over once its end is certain.
        (prepared(call=missed(certain=False)), False, {"ended": False}),
        (prepared(call=missed(ended=False)), False, {"ended": False}),
        (prepared(digest=b"before"), False, {"written": b"before", "outcome": AttemptOutcome.UNCHANGED}),
        (prepared(due(unread="hologram", reminded=True)), False, {"unread": "hologram", "reminded": True}),
        # The people on whose tasks the call can be: of those before, and the last one.
        (prepared(due(match=OF_JANE)), False, {}),
        (prepared(due(match=OF_JANE)), True, {"reminding": True, "formerly": ("p1",)}),
        (prepared(due(match=OF_NOBODY)), True, {"reminding": True}),
        (prepared(due(former_id="p3")), True, {"reminding": True, "formerly": ("p3",)}),
        (prepared(due(match=OF_NOBODY, former_id="p3")), True, {"reminding": True, "formerly": ("p3",)}),
        (
            prepared(due(match=OF_JANE, former_id="p3", formerly=("p4", "p1"))),
            True,
            {"reminding": True, "formerly": ("p4", "p1")},
        ),
        # Without tasks what another process has noted of one stays.
        (prepared(due(reminding=True)), None, {"reminding": True}),
        (prepared(due(match=OF_JANE)), None, {}),
    ],
)
async def test_what_is_settled(prepared: Prepared, reminds: bool | None, differs: dict[str, Any]) -> None:
    inbox = Stored()
    reminders: Any = None if reminds is None else Reminds(reminds)
    with capture_logs() as logged:
        await settlement(inbox, reminders).settle([prepared])
    assert inbox.settled == [replace(SETTLED, **differs)]
    written = {"call_sid": "CA1", "status": WRITE.activity.status.value, "person_id": "p2"}
    line = {"event": "activity.written", "log_level": "info", **written}
    assert logged == ([] if differs.get("outcome") else [line])


async def test_of_nothing_nothing_is_settled() -> None:
    await settlement(Stored()).settle([])


async def test_what_twenty_refuses_and_what_cannot_be_read_is_parked_or_waits_for_a_newer_version() -> None:
    inbox = Stored()
    settling = settlement(inbox)
    await settling.park_refused({"CA2": TwentyRefused("status")}, [prepared(), prepared(due("CA2"))])
    await settling.put_aside([due(problem="no callbacks"), due("CA3", unread="hologram", problem="newer")])
    assert inbox.parked == [("CA2", "status"), ("CA1", "no callbacks")]
    assert inbox.deferred == [(["CA3"], "bridge.error: newer", timedelta(seconds=1))]
    await settling.fail([due(), due("CA2")], TwentyFailed("down"))
    assert inbox.failed_ == [(["CA1", "CA2"], f"{TwentyFailed.code}: down")]


@pytest.mark.parametrize(
    ("error", "reason", "is_ours"),
    [
        (TwentyFailed("unknown code"), f"{TwentyFailed.code}: unknown code", True),
        (ValueError("+33639980001"), "ValueError", False),
    ],
)
@pytest.mark.parametrize("alone", [True, False])
async def test_how_long_calls_wait_that_failed(
    error: Exception, reason: str, *, is_ours: bool, alone: bool
) -> None:
    """Each by its own failures; only what is wrong with one call by itself is told of that call."""
    calls = [due("CA1", deferrals=7), due("CA2"), due("CA3", deferrals=1), due("CA4")]
    inbox = Stored()
    with capture_logs() as logged:
        await settlement(inbox).defer(calls, error, alone=alone)
    waits = [(["CA2", "CA4"], 1), (["CA3"], 2), (["CA1"], 128 if alone else 60)]
    assert inbox.deferred == [(who, reason, timedelta(seconds=seconds)) for who, seconds in waits]
    trace = {"exc_info": None if is_ours else error}
    assert logged == [
        {"event": "activity.deferred", "log_level": "warning", "reason": reason, **trace, **one}
        for who, seconds in waits
        for one in [{"call_sid": sid, "seconds": float(seconds)} for sid in who]
        if alone
    ]


@pytest.mark.parametrize("live", [True, False])
async def test_which_calls_are_claimed(*, live: bool) -> None:
    inbox = Stored()
    claim = Claim(cast("Inbox", inbox), size=50, live=lambda: live, clock=lambda: TEN)
    assert (sids(await claim.fresh()), sids(await claim.deferred())) == (["CA1"], ["CA2"])
    assert inbox.claimed == [(50, live), (50, live, TEN)]
