"""How long senders and readers wait, and for what: without a database, in no time."""

import asyncio
import sqlite3

import pytest
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, OperationalError

from bridge.errors import InboxUnavailable
from bridge.inbox.database import WAIT_SECONDS, Readers, cause, is_damage, refuses_data
from bridge.inbox.writer import KEPT_WITHIN_SECONDS, Batch
from tests.virtual_time import run


def test_rows_that_are_not_committed_in_time_fail_together_with_the_first() -> None:
    async def main() -> None:
        batch, committed = Batch(), Batch()
        kept = committed.add({})
        promises = [batch.add({})]
        await asyncio.sleep(KEPT_WITHIN_SECONDS - 1)
        promises.append(batch.add({}))
        committed.over()
        await asyncio.sleep(0.9)
        assert [promise.done() for promise in promises] == [False, False]
        await asyncio.sleep(0.2)
        assert [type(promise.exception()) for promise in promises] == [InboxUnavailable] * 2
        assert (len(batch), kept.done()) == (2, False)

    run(main())


class Watched:
    """Readers, and when each one began."""

    def __init__(self) -> None:
        self.readers = Readers()
        self.begun: dict[str, float] = {}
        self.gave_up: dict[str, float] = {}

    async def read(self, name: str, begins: float, seconds: float, *, alone: bool = False) -> None:
        time = asyncio.get_running_loop().time
        await asyncio.sleep(begins)
        try:
            async with self.readers.none() if alone else self.readers.one():
                self.begun[name] = time()
                await asyncio.sleep(seconds)
        except TimeoutError:
            self.gave_up[name] = time()


def test_who_closes_all_connections_waits_for_all_readers_and_later_ones_wait_for_that() -> None:
    watched = Watched()

    async def main() -> None:
        await asyncio.gather(
            watched.read("first", 0, 1),
            watched.read("second", 0.5, 1.5),
            watched.read("alone", 0.75, 1, alone=True),
            watched.read("later", 1.5, 1),
            watched.read("last", 5, 1),
            watched.read("alone again", 5.5, 0, alone=True),
        )

    run(main())
    assert watched.begun == {
        "first": 0,
        "second": 0.5,
        "alone": 2,
        "later": 3,
        "last": 5,
        "alone again": 6,
    }


def test_no_wait_for_readers_or_for_who_is_alone_is_long() -> None:
    watched = Watched()

    async def main() -> None:
        await asyncio.gather(
            watched.read("hangs", 0, 20),
            watched.read("alone", 1, 1, alone=True),
            # It is let in as soon as that one gave up.
            watched.read("waits", 2, 1),
            watched.read("alone for long", 30, 20, alone=True),
            watched.read("waits in vain", 31, 1),
        )

    run(main())
    assert watched.begun == {"hangs": 0, "waits": 1 + WAIT_SECONDS, "alone for long": 30}
    assert watched.gave_up == {"alone": 1 + WAIT_SECONDS, "waits in vain": 31 + WAIT_SECONDS}


def of_driver(kind: type[DBAPIError], sqlstate: str | None = None) -> DBAPIError:
    origin = Exception("said by the driver")
    if sqlstate:
        origin.sqlstate = sqlstate  # type: ignore[attr-defined]
    return kind("INSERT", {}, origin)


@pytest.mark.parametrize(
    ("problem", "refuses"),
    [
        (of_driver(DataError), True),
        (of_driver(IntegrityError), True),
        (sqlite3.DataError("too big"), True),
        (sqlite3.IntegrityError("not unique"), True),
        (sqlite3.InterfaceError("binding parameter 3"), True),
        (ValueError("a null character"), True),
        (TypeError("not a date"), True),
        (OverflowError("over 64 bits"), True),
        # As SQLAlchemy wraps them, and as PostgreSQL says it.
        (OperationalError("INSERT", {}, sqlite3.IntegrityError("not unique")), True),
        (of_driver(DBAPIError, "22001"), True),
        (of_driver(DBAPIError, "23505"), True),
        (of_driver(DBAPIError, "40001"), False),
        (of_driver(DBAPIError), False),
        (sqlite3.OperationalError("database is locked"), False),
        (OSError("disk full"), False),
    ],
)
def test_whether_it_is_the_data_that_cannot_be_stored(problem: Exception, *, refuses: bool) -> None:
    assert refuses_data(problem) is refuses


@pytest.mark.parametrize(
    ("code", "damaged"),
    [
        (sqlite3.SQLITE_CORRUPT, True),
        (sqlite3.SQLITE_CORRUPT_INDEX, True),
        (sqlite3.SQLITE_NOTADB, True),
        (sqlite3.SQLITE_FULL, False),
        (None, False),
    ],
)
def test_whether_the_file_is_damaged(code: int | None, *, damaged: bool) -> None:
    origin = sqlite3.DatabaseError("malformed")
    if code is not None:
        origin.sqlite_errorcode = code
    assert [is_damage(one) for one in (origin, OperationalError(None, None, origin))] == [damaged] * 2
    assert not is_damage(None)


@pytest.mark.parametrize(
    ("problem", "said"),
    [
        (OSError("no room\nfor +33639980001"), "no room"),
        (OperationalError("INSERT", {"to": "+33639980001"}, sqlite3.OperationalError("locked")), "locked"),
        (of_driver(DBAPIError), "said by the driver"),
        (ValueError("<class 'asyncpg.DataError'>: invalid input"), "invalid input"),
        (ValueError(), "ValueError"),
    ],
)
def test_what_is_told_of_a_failure_quotes_no_stored_data(problem: Exception, said: str) -> None:
    assert cause(problem) == said
