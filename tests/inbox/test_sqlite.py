"""What is SQLite's own: the file, who else holds it, what becomes of a broken one."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bridge.errors import InboxUnavailable
from bridge.inbox.store import Inbox, open_inbox
from tests.support import TEN, new_sid, outbound


@pytest.fixture
def database_url(sqlite_file: Path) -> str:
    return f"sqlite+aiosqlite:///{sqlite_file}"


@pytest.fixture
async def inbox(database_url: str) -> AsyncIterator[Inbox]:
    async with open_inbox(database_url) as opened:
        yield opened


async def test_what_was_put_is_on_the_disk(inbox: Inbox, sqlite_file: Path) -> None:
    """As another process would see it, the moment that `store` returns."""
    callback = outbound(new_sid(), "+33612345678")
    await inbox.store(callback)
    with sqlite3.connect(sqlite_file) as other:
        assert other.execute("SELECT digest FROM callbacks").fetchall() == [(callback.digest,)]
    other.close()


async def test_commits_are_synced(inbox: Inbox) -> None:
    async with inbox._database.reading.connect() as connection:
        synchronous = (await connection.exec_driver_sql("PRAGMA synchronous")).scalar()
        journal = (await connection.exec_driver_sql("PRAGMA journal_mode")).scalar()
    assert (synchronous, journal) == (2, "wal")


async def test_a_database_that_cannot_be_written_is_told(database_url: str, sqlite_file: Path) -> None:
    """The table is gone: the sender hears of it, and so does each who came with it."""
    async with open_inbox(database_url) as inbox:
        with sqlite3.connect(sqlite_file) as other:
            other.execute("DROP TABLE callbacks")
        other.close()
        puts = [inbox.store(outbound(new_sid(), "+33612345678")) for _ in range(3)]
        answers = await asyncio.gather(*puts, return_exceptions=True)
    assert [type(answer) for answer in answers] == [InboxUnavailable] * 3


@pytest.mark.parametrize("content", [b"this is no database, whatever its name says" * 100])
async def test_a_file_that_is_no_database_is_named_and_left_alone(
    database_url: str, sqlite_file: Path, content: bytes
) -> None:
    sqlite_file.write_bytes(content)
    with pytest.raises(InboxUnavailable, match=r"bridge\.db cannot be opened: file is not a database"):
        async with open_inbox(database_url):
            pass
    assert sqlite_file.read_bytes() == content


async def test_a_database_that_somebody_holds_is_not_ready(inbox: Inbox, sqlite_file: Path) -> None:
    await inbox.check(TEN)
    holder = sqlite3.connect(sqlite_file, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(InboxUnavailable):
        await inbox.check(TEN)
    holder.execute("ROLLBACK")
    holder.close()
    await inbox.check(TEN)
