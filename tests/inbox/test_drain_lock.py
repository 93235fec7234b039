"""One process drains a database; another does when that one is gone."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from bridge.errors import AlreadyServed, InboxUnavailable, Standby
from bridge.inbox.drain_lock import DrainLock, claim_file, open_drain_lock
from bridge.inbox.postgresql import alone, keepalive
from bridge.inbox.sqlite import DatabaseFiles
from bridge.inbox.store import open_inbox
from bridge.settings import InboxSettings
from tests.postgres import Postgres
from tests.support import new_sid, outbound, until


@pytest.fixture
async def locks(database_url: str) -> AsyncIterator[tuple[DrainLock, DrainLock]]:
    """As two processes would have them."""
    settings = InboxSettings.model_validate({"database_url": database_url})
    async with AsyncExitStack() as stack:
        first, second = [await stack.enter_async_context(open_drain_lock(settings)) for _ in range(2)]
        yield first, second


async def test_one_has_it_until_it_lets_go(locks: tuple[DrainLock, DrainLock]) -> None:
    first, second = locks
    with pytest.raises(Standby):
        await first.check()
    await first.take()
    await first.take()
    await first.check()
    for attempt in (second.take, second.check):
        with pytest.raises(Standby):
            await attempt()
    await first.release()
    await second.take()
    with pytest.raises(Standby):
        await first.check()


async def test_a_session_that_ends_is_not_renewed_in_silence(
    postgres_server: Postgres, postgres_database: str
) -> None:
    settings = InboxSettings.model_validate({"database_url": postgres_server.url(postgres_database)})
    async with open_drain_lock(settings) as first, open_drain_lock(settings) as second:
        await first.take()
        postgres_server.away(postgres_database)
        postgres_server.back(postgres_database)
        await until(second.take, Standby)
        for attempt in (first.check, first.check, first.take):
            with pytest.raises(Standby):
                await attempt()


async def test_a_database_that_is_away_is_nobodys_turn(
    postgres_server: Postgres, postgres_database: str
) -> None:
    settings = InboxSettings.model_validate({"database_url": postgres_server.url(postgres_database)})
    async with open_drain_lock(settings) as lock:
        postgres_server.away(postgres_database)
        with pytest.raises(Standby, match="does not answer"):
            await lock.take()
        postgres_server.back(postgres_database)
        await lock.take()


HOLDER = """
import asyncio, sys
from bridge.inbox.drain_lock import open_drain_lock
from bridge.settings import InboxSettings

async def hold():
    settings = {"database_url": sys.argv[1], "partition_seconds": 4}
    async with open_drain_lock(InboxSettings.model_validate(settings)) as lock:
        await lock.take()
        print("held", flush=True)
        await asyncio.Event().wait()

asyncio.run(hold())
"""


async def test_it_ends_with_its_process(database_url: str) -> None:
    holder = await asyncio.create_subprocess_exec(
        sys.executable, "-c", HOLDER, database_url, stdout=asyncio.subprocess.PIPE
    )
    assert holder.stdout is not None
    assert await holder.stdout.readline() == b"held\n"
    async with open_drain_lock(InboxSettings.model_validate({"database_url": database_url})) as lock:
        with pytest.raises(Standby):
            await lock.take()
        holder.kill()
        await holder.wait()
        await until(lock.take, Standby)


async def test_a_holder_that_is_silent_loses_it(postgres_url: str) -> None:
    """One that hangs, here; its connection stands. One that only has nothing to do is not silent."""
    holder = await asyncio.create_subprocess_exec(
        sys.executable, "-c", HOLDER, postgres_url, stdout=asyncio.subprocess.PIPE
    )
    assert holder.stdout is not None
    assert await holder.stdout.readline() == b"held\n"
    settings = InboxSettings.model_validate({"database_url": postgres_url, "partition_seconds": 4})
    try:
        async with open_drain_lock(settings) as lock:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(6):
                    await until(lock.take, Standby)
            holder.send_signal(signal.SIGSTOP)
            await until(lock.take, Standby)
            await lock.check()
    finally:
        holder.kill()
    await holder.wait()


async def test_a_file_is_served_once(sqlite_file: Path) -> None:
    settings = InboxSettings.model_validate({"database_url": f"sqlite+aiosqlite:///{sqlite_file}"})
    async with open_drain_lock(settings) as first, open_drain_lock(settings) as second:
        await claim_file(first, settings)
        with pytest.raises(AlreadyServed, match=r"bridge\.db is already served \(process [0-9]+"):
            await claim_file(second, settings)


def by_symbolic_link(file: Path, other: Path) -> None:
    other.symlink_to(file)


def by_hard_link(file: Path, other: Path) -> None:
    other.hardlink_to(file)


def by_linked_folder(file: Path, other: Path) -> None:
    other.parent.rmdir()
    other.parent.symlink_to(file.parent)


@pytest.mark.parametrize("link", [by_symbolic_link, by_hard_link, by_linked_folder])
async def test_a_file_is_served_once_by_whichever_name(
    tmp_path: Path, link: Callable[[Path, Path], None]
) -> None:
    file, other = tmp_path / "data" / "bridge.db", tmp_path / "other" / "bridge.db"
    other.parent.mkdir()
    urls = [f"sqlite+aiosqlite:///{path}" for path in (file, other)]
    holder = await asyncio.create_subprocess_exec(
        sys.executable, "-c", HOLDER, urls[0], stdout=asyncio.subprocess.PIPE
    )
    assert holder.stdout is not None
    assert await holder.stdout.readline() == b"held\n"
    link(file, other)
    settings = InboxSettings.model_validate({"database_url": urls[1]})
    async with open_drain_lock(settings) as second:
        with pytest.raises(AlreadyServed):
            await claim_file(second, settings)
        holder.kill()
        await holder.wait()
        await claim_file(second, settings)


@pytest.mark.parametrize("name", ["bridge.db", "bridge.db.lock"])
async def test_files_that_were_replaced_are_locked_anew(sqlite_file: Path, name: str) -> None:
    """Another process could lock what stands there now."""
    settings = InboxSettings.model_validate({"database_url": f"sqlite+aiosqlite:///{sqlite_file}"})
    async with open_drain_lock(settings) as first, open_drain_lock(settings) as second:
        await first.take()
        sqlite_file.with_name("other").touch()
        sqlite_file.with_name("other").rename(sqlite_file.with_name(name))
        with pytest.raises(Standby, match="removed or replaced"):
            await first.check()
        await first.take()
        await first.check()
        with pytest.raises(Standby):
            await second.take()


async def test_a_folder_that_cannot_be_written_is_named() -> None:
    settings = InboxSettings.model_validate({"database_url": "sqlite+aiosqlite:////proc/nope/bridge.db"})
    async with open_drain_lock(settings) as lock:
        with pytest.raises(InboxUnavailable, match=r"created or written, /proc/nope/bridge\.db\.lock"):
            await claim_file(lock, settings)


async def test_a_file_that_cannot_be_opened_is_not_taken_for_served(tmp_path: Path) -> None:
    # As a file of another user; a test of root's can open each of those.
    (tmp_path / "bridge.db").mkdir()
    settings = InboxSettings.model_validate({"database_url": f"sqlite+aiosqlite:///{tmp_path}/bridge.db"})
    async with open_drain_lock(settings) as lock:
        with pytest.raises(
            InboxUnavailable, match=r"bridge\.db cannot be opened for writing: Is a directory"
        ):
            await claim_file(lock, settings)


@pytest.mark.parametrize(("seconds", "idle", "interval"), [(20, 11, 3), (4, 1, 1), (3600, 1800, 600)])
def test_the_server_notices_a_partition_in_time(seconds: int, idle: int, interval: int) -> None:
    told = keepalive(seconds)
    assert told["tcp_keepalives_idle"] == str(idle)
    assert told["tcp_keepalives_interval"] == str(interval)
    assert idle + interval * int(told["tcp_keepalives_count"]) == seconds
    assert told["tcp_user_timeout"] == str(seconds * 1000)


async def test_the_server_takes_the_keepalive(tcp_postgres_url: str) -> None:
    """On a connection by TCP; a Unix socket has none."""
    engine = alone(tcp_postgres_url, **keepalive(40))
    async with engine.connect() as connection:
        for name, value in keepalive(40).items():
            shown = (await connection.exec_driver_sql(f"SHOW {name}")).scalar_one()
            assert shown in (value, "40s"), name
    await engine.dispose()


async def test_a_copy_that_was_complete_takes_its_place_before_it_is_locked(sqlite_file: Path) -> None:
    """The process that made it was killed, and had the only database that has all."""
    url, callback = f"sqlite+aiosqlite:///{sqlite_file}", outbound(new_sid(), "+33639980001")
    async with open_inbox(url) as inbox:
        await inbox.store(callback)
    files = DatabaseFiles(sqlite_file)
    sqlite_file.rename(files.copying())
    files.copied()
    settings = InboxSettings.model_validate({"database_url": url})
    async with open_drain_lock(settings) as lock:
        await lock.take()
        async with open_inbox(url, serves=True) as inbox:
            assert [due.root_sid for due in await inbox.claim(9)] == [callback.root_sid]
        await lock.check()
