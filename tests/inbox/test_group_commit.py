"""Which rows are committed together, when, and what their senders are told: without a database."""

import asyncio
import sqlite3
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from structlog.testing import capture_logs

from bridge.calls.callback import Callback
from bridge.errors import InboxRefused, InboxUnavailable
from bridge.inbox.database import Database
from bridge.inbox.writer import GroupCommit
from bridge.observability import metrics
from tests.support import new_sid, outbound
from tests.virtual_time import run

KNOWN = [outbound(new_sid(), "+33639980001")]


@dataclass
class Slow:
    """A database each of whose transactions takes a second; refuses rows that begin with `bad`."""

    failure: InboxUnavailable | None = None
    done: list[tuple[float, Any]] = field(default_factory=list)

    async def transact(self, work: Callable[[Any], Any], *, in_one_statement: bool = False) -> Any:
        began = asyncio.get_running_loop().time()
        rows = work(None)
        self.done.append((round(began, 3), rows if in_one_statement else [rows]))
        await asyncio.sleep(1)
        if self.failure:
            raise self.failure
        if any(row.startswith("bad") for row in rows):
            raise InboxRefused("a value")
        return KNOWN if "known" in rows else []

    async def operate(self, operation: str) -> None:
        self.done.append((round(asyncio.get_running_loop().time(), 3), operation))
        await asyncio.sleep(1)

    async def keep_files(self) -> None:
        await self.operate("files")

    async def carry_out(self, transact: Callable[[], Coroutine[Any, Any, None]]) -> InboxUnavailable | None:
        try:
            await transact()
        except InboxUnavailable as failure:
            return failure
        return None


@dataclass
class Stage:
    """The writer of a slow database."""

    database: Slow
    writer: GroupCommit
    heard: list[Sequence[Callback]]

    def add(self, *rows: str) -> list[asyncio.Future[None]]:
        return [self.writer.add(cast("Any", row)) for row in rows]

    async def until(self, second: float) -> None:
        await asyncio.sleep(second - asyncio.get_running_loop().time())


def staged(script: Callable[[Stage], Coroutine[Any, Any, None]], **slow: Any) -> Stage:
    """The stage after a script, whose writer was closed."""
    found: list[Stage] = []

    async def main() -> None:
        database, heard = Slow(**slow), list[Sequence[Callback]]()

        def committed(known: Sequence[Callback]) -> None:
            heard.append(known)
            if known:
                raise ValueError("a listener's bug")

        def insert(connection: Any, rows: Sequence[Any]) -> Any:
            return list(rows)

        writer = GroupCommit(cast("Database", database), insert=insert, committed=committed)
        found.append(stage := Stage(database, writer, heard))
        writer.start()
        await script(stage)
        await writer.close()

    run(main())
    return found[0]


def test_rows_that_arrive_during_a_commit_are_committed_together_and_a_lone_one_at_once() -> None:
    async def script(stage: Stage) -> None:
        lone = stage.add("a")
        await stage.until(0.5)
        others = stage.add("b", "c")
        await asyncio.gather(*lone)
        assert not any(one.done() for one in others)
        await stage.until(1.5)
        stage.add("d")
        # Where the last commit had several, more are gathered for two milliseconds.
        await stage.until(2.001)
        stage.add("e")
        await stage.until(10)
        stage.add("f")
        await stage.until(20)
        stage.add("g")
        await stage.until(21.5)

    assert staged(script).database.done == [
        (0, ["a"]),
        (1, ["b", "c"]),
        (2.002, ["d", "e"]),
        (10.002, ["f"]),
        (20, ["g"]),
    ]


def test_what_is_queued_is_written_before_it_closes_and_nothing_after() -> None:
    async def script(stage: Stage) -> None:
        stage.add("a", "b")
        await stage.until(0.5)
        last = [*stage.add("c"), stage.writer.run(cast("Any", "operation")), stage.writer.keep_files()]
        last.append(stage.writer.do(lambda _connection: "work"))
        await stage.until(0.6)
        closing = asyncio.create_task(stage.writer.close())
        await asyncio.sleep(0)
        for act in (lambda: stage.add("d"), stage.writer.keep_files):
            with pytest.raises(InboxUnavailable, match="the inbox is closing"):
                act()
        await closing
        assert all(one.done() and not one.exception() for one in last)

    # Without gathering; each operation in a transaction of its own, after the rows.
    done = staged(script).database.done
    assert done == [(0, ["a", "b"]), (1, ["c"]), (2, "operation"), (3, "files"), (4, ["work"])]


def test_a_queue_that_is_long_is_committed_in_parts_and_one_that_is_full_takes_no_more() -> None:
    async def script(stage: Stage) -> None:
        stage.add("a")
        await stage.until(0.5)
        waiting = stage.add(*map(str, range(20_000)))
        with pytest.raises(InboxUnavailable, match="the inbox is full"):
            stage.add("b")
        results = await asyncio.gather(*waiting, return_exceptions=True)
        # Those of the first commits are told so; the others after eight seconds that they may not be stored.
        assert [one is None for one in results] == [True] * 7000 + [False] * 13_000
        assert {str(one) for one in results if one} == {"the database did not answer in time"}
        assert asyncio.get_running_loop().time() == 8.5

    sizes = [len(rows) for _, rows in staged(script).database.done]
    assert sizes == [1, *[1000] * 20]


def test_a_row_that_is_refused_costs_no_other() -> None:
    async def script(stage: Stage) -> None:
        before = metrics.CALLBACKS_NOT_KEPT.count()
        promises = stage.add("a", "b", "bad", "c", "bad too")
        promises[0].cancel()
        results = await asyncio.gather(*promises, return_exceptions=True)
        assert [type(one) for one in results] == [
            asyncio.CancelledError,
            type(None),
            InboxRefused,
            type(None),
            InboxRefused,
        ]
        assert metrics.CALLBACKS_NOT_KEPT.count() == before + 2

    tries = [rows for _, rows in staged(script).database.done]
    assert tries == [
        ["a", "b", "bad", "c", "bad too"],
        ["a", "b"],
        ["bad", "c", "bad too"],
        ["bad"],
        ["c", "bad too"],
        ["c"],
        ["bad too"],
    ]


@pytest.mark.parametrize(
    ("cause", "is_damaged"),
    [(sqlite3.SQLITE_CORRUPT, True), (sqlite3.SQLITE_NOTADB, True), (sqlite3.SQLITE_FULL, False)],
)
def test_what_the_database_does_not_take_is_told_to_all_at_once(cause: int, *, is_damaged: bool) -> None:
    failure, problem = InboxUnavailable("broken"), sqlite3.DatabaseError("broken")
    problem.sqlite_errorcode = cause
    failure.__cause__ = problem

    async def script(stage: Stage) -> None:
        results = await asyncio.gather(*stage.add("a", "b"), return_exceptions=True)
        assert results == [failure, failure]
        assert stage.writer.damage is (failure if is_damaged else None)
        stage.database.failure = None
        await asyncio.gather(*stage.add("c"))
        assert stage.writer.damage is None

    stage = staged(script, failure=failure)
    assert [rows for _, rows in stage.database.done] == [["a", "b"], ["c"]]
    # Only what is on the disk is told.
    assert stage.heard == [[]]


def test_who_listens_hears_what_was_known_and_a_listener_that_fails_ends_nothing() -> None:
    async def script(stage: Stage) -> None:
        for rows in (["a"], ["known"], ["b"]):
            await asyncio.gather(*stage.add(*rows))

    with capture_logs() as logged:
        assert staged(script).heard == [[], KNOWN, []]
    assert [line["event"] for line in logged] == ["inbox.listener_failed"]
