"""Which writes are uncertain, for how long, and when the schema is read again: without a server."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from bridge.errors import TwentyDenied, TwentyFailed, TwentyOverLimit, TwentyRefused, TwentyUnavailable
from bridge.inbox.store import Inbox, open_inbox
from bridge.sync.refusals import Refusals
from bridge.sync.stages.write import LATE_SECONDS, SCHEMA_SECONDS, UncertainWrites, Writing
from bridge.twenty.writing.bisection import Batches, Refused
from bridge.twenty.writing.plan import Write, WriteState
from bridge.twenty.writing.writers import Notes, RecordState
from tests.databases import begin
from tests.inbox.support import settled
from tests.support import TEN, new_sid, outbound
from tests.twenty.writing.test_writers import write
from tests.virtual_time import run


@dataclass
class Twenty:
    """A workspace without `phoneCall`; counts how often its schema is read."""

    read: list[float] = field(default_factory=list)

    async def execute(self, name: str, **_variables: Any) -> dict[str, Any]:
        assert name == "WorkspaceSchema"
        self.read.append(asyncio.get_running_loop().time())
        return {"phoneCall": None, "timelineActivity": None}

    async def execute_metadata(self, name: str, **_variables: Any) -> dict[str, Any]:
        raise NotImplementedError(name)


@dataclass
class Writer:
    """Answers each batch with an error, or with what is refused."""

    answer: Exception | Refused

    async def write(self, writes: Sequence[Write]) -> Refused:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    async def states(self, call_sids: Collection[str]) -> dict[str, RecordState]:
        raise NotImplementedError(call_sids)


class Unchanged(Refusals):
    """The schema is as it was."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    async def schema_is(self, fingerprint: str) -> None:
        self.seen.append(fingerprint)


def writing(client: Any = None) -> Writing:
    made = Writing(cast("Inbox", None), client, Batches(client))
    made._refusals = Unchanged()
    return made


def test_a_write_is_uncertain_for_a_minute() -> None:
    uncertain = UncertainWrites()
    uncertain.note(["CA1", "CA2"], now=0)
    uncertain.note(["CA2"], now=10)
    late = [uncertain.over(now=LATE_SECONDS + by) for by in (-0.5, 0, 9.5, 10)]
    assert late == [set(), {"CA1"}, {"CA1"}, {"CA1", "CA2"}]
    uncertain.forget(["CA1", "CA3"])
    assert uncertain.over(now=1e9) == {"CA2"}


@pytest.mark.parametrize(
    ("answer", "is_first", "is_uncertain"),
    [
        ({}, False, False),
        ({"CA1": TwentyRefused("status")}, False, False),
        # Another process may have died in the midst of the same batch.
        ({}, True, True),
        (TwentyUnavailable("timed out"), False, True),
        # Twenty does not carry out later what it answered.
        (TwentyOverLimit("busy"), False, False),
        (TwentyFailed("unknown code"), False, False),
        (TwentyDenied("no", code="twenty.token"), False, False),
    ],
)
def test_which_writes_can_still_take_effect(
    answer: Exception | Mapping[str, TwentyRefused], *, is_first: bool, is_uncertain: bool
) -> None:
    calls = [write(), write()]

    async def main() -> None:
        made = writing()
        if not is_first:
            made.is_through()
        assert made.took_over is is_first
        writer = Writer(answer if isinstance(answer, Exception) else dict(answer))
        if isinstance(answer, Exception):
            with pytest.raises(type(answer)):
                await made.write(writer, calls)
        else:
            assert await made.write(writer, calls) == answer
        await asyncio.sleep(LATE_SECONDS)
        now = asyncio.get_running_loop().time()
        assert made._uncertain.over(now=now) == ({call.sid for call in calls} if is_uncertain else set())
        assert made._uncertain.over(now=now - 1) == set()
        made.take_over()
        assert made.took_over

    run(main())


def test_the_schema_is_read_again_when_it_is_old_or_may_have_changed() -> None:
    twenty = Twenty()
    made = writing(twenty)

    old: list[bool] = []

    async def look() -> None:
        old.append(made.schema_is_old)
        assert isinstance(await made.writer(), Notes)

    async def main() -> None:
        for seconds in (0, SCHEMA_SECONDS - 1, 1):
            await asyncio.sleep(seconds)
            await look()
        for change in (made.forget_schema, made.take_over):
            change()
            await look()
        await look()

    run(main())
    assert old == [True, False, True, True, True, False]
    assert twenty.read == [0, SCHEMA_SECONDS, SCHEMA_SECONDS, SCHEMA_SECONDS]
    assert made._refusals.seen == [made._refusals.seen[0]] * 4  # type: ignore[attr-defined]


async def test_what_is_uncertain_is_written_once_more(sqlite_file: Path) -> None:
    async with open_inbox(f"sqlite+aiosqlite:///{begin(sqlite_file)}") as inbox:
        sids = [new_sid() for _ in range(3)]
        for sid in sids:
            await inbox.store(outbound(sid, "+33639980001"))
        await inbox.failed([one for one in await inbox.claim(9) if one.root_sid == sids[0]], "", now=TEN)
        await settled(inbox)
        made = Writing(inbox, cast("Any", None), Batches(cast("Any", None)))
        now = asyncio.get_running_loop().time()
        made._uncertain.note([sids[1]], now=now - LATE_SECONDS)
        made._uncertain.note([sids[2]], now=now)
        await made.repeat_uncertain()
        assert [call.root_sid for call in await inbox.claim(9)] == [sids[1]]
        assert made._uncertain.over(now=now) == set()
        # Of the process before: what it failed to write in the last minute.
        for since, expected in ((timedelta(seconds=61), set()), (timedelta(seconds=59), {sids[0]})):
            await made.expect_late_writes(TEN + since)
            assert made._uncertain.over(now=now + LATE_SECONDS + 5) - {sids[2]} == expected


async def test_what_the_process_before_may_have_written_is_uncertain_in_later_batches_too(
    sqlite_file: Path,
) -> None:
    """It settled a call that Twenty writes once more, late, and was killed before it repeated it."""
    async with open_inbox(f"sqlite+aiosqlite:///{begin(sqlite_file)}") as inbox:
        made = Writing(inbox, cast("Any", None), Batches(cast("Any", None)))
        await made.expect_late_writes(TEN)
        made.is_through()
        known, new = write(WriteState.WRITTEN), write()
        await made.write(Writer({}), [known, new])
        now = asyncio.get_running_loop().time()
        assert made._uncertain.over(now=now + LATE_SECONDS) == {known.sid}
