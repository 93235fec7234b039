"""Files of a SQLite database that are removed or replaced while it is open: nothing that was kept is lost."""

import asyncio
import shutil
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bridge.errors import InboxUnavailable
from bridge.inbox.sqlite import DatabaseFiles
from bridge.inbox.store import Inbox, open_inbox
from tests.support import TEN, eventually, new_sid, outbound

JANE = "+33612345678"


def url_of(file: Path) -> str:
    return f"sqlite+aiosqlite:///{file}"


async def known(inbox: Inbox) -> set[str]:
    return {call.root_sid for call in await inbox.claim(100_000)}


async def put(inbox: Inbox, times: int = 5) -> set[str]:
    told = [outbound(new_sid(), JANE) for _ in range(times)]
    for callback in told:
        await inbox.store(callback)
    return {callback.root_sid for callback in told}


def removed(file: Path) -> None:
    file.unlink()


def moved(file: Path) -> None:
    file.rename(file.with_name("elsewhere"))


def replaced(file: Path) -> None:
    shutil.copy(file, file.with_name("copy"))
    file.with_name("copy").rename(file)


def emptied(file: Path) -> None:
    file.with_name("empty").touch()
    file.with_name("empty").rename(file)


def folder_moved(file: Path) -> None:
    file.parent.rename(file.parent.with_name("elsewhere"))


def folder_removed(file: Path) -> None:
    folder_moved(file)
    shutil.rmtree(file.parent.with_name("elsewhere"))


LOSSES = [
    *[
        pytest.param(suffixes, lose, id=f"{lose.__name__}{'+'.join(suffixes) or '-db'}")
        for suffixes in (("",), ("-wal",), ("-shm",), ("-wal", "-shm"), ("", "-wal"), ("", "-wal", "-shm"))
        for lose in (removed, moved, replaced, emptied)
    ],
    pytest.param(("",), folder_removed, id="folder-removed"),
    pytest.param(("",), folder_moved, id="folder-moved"),
]


def lose_all(file: Path, suffixes: tuple[str, ...], lose: Callable[[Path], None]) -> None:
    for suffix in suffixes:
        lose(file.with_name(file.name + suffix))


@pytest.mark.parametrize(("suffixes", "lose"), LOSSES)
async def test_what_is_open_gets_its_place_again(
    tmp_path: Path, suffixes: tuple[str, ...], lose: Callable[[Path], None]
) -> None:
    file = tmp_path / "data" / "bridge.db"
    async with open_inbox(url_of(file), serves=True) as inbox:
        before = await put(inbox)
        # More connections than one have the former files open.
        await asyncio.gather(*[known(inbox) for _ in range(7)])
        lose_all(file, suffixes, lose)
        with capture_logs() as logged:
            during = await put(inbox)
        assert [line["event"] for line in logged] == ["inbox.files_restored"]
        assert await known(inbox) == before | during
        after = await put(inbox)
        await inbox.check(TEN)
        with closing(sqlite3.connect(file)) as another:
            assert another.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            (kept,) = another.execute("SELECT count(*) FROM callbacks").fetchone()
            assert kept == len(before | during | after)


KEEPS = """
import asyncio, sys
from bridge.inbox.store import open_inbox
from tests.support import new_sid, outbound

async def keep():
    async with open_inbox(sys.argv[1], serves=True) as inbox:
        while True:
            callback = outbound(new_sid(), "+33612345678")
            await inbox.store(callback)
            print(callback.root_sid, file=sys.stderr, flush=True)

asyncio.run(keep())
"""


@pytest.mark.parametrize(
    ("suffixes", "lose"),
    [
        *[((suffix,), lose) for suffix in ("", "-wal", "-shm") for lose in (removed, replaced)],
        (("",), folder_removed),
    ],
)
async def test_what_was_acknowledged_outlives_a_kill(
    tmp_path: Path, suffixes: tuple[str, ...], lose: Callable[[Path], None]
) -> None:
    """Files are lost under a process that keeps callbacks all the time, and is killed a moment later."""
    file = tmp_path / "data" / "bridge.db"
    keeper = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", KEEPS, url_of(file)),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    assert keeper.stderr is not None
    try:
        acknowledged = {(await keeper.stderr.readline()).decode().strip() for _ in range(20)}
        lose_all(file, suffixes, lose)
        acknowledged |= {(await keeper.stderr.readline()).decode().strip() for _ in range(40)}
    finally:
        keeper.kill()
    acknowledged |= {line.decode().strip() async for line in keeper.stderr}
    await keeper.wait()
    async with open_inbox(url_of(file)) as again:
        assert acknowledged <= await known(again)


@pytest.mark.parametrize("suffix", ["", "-wal"])
async def test_what_is_lost_while_nothing_arrives_is_restored(sqlite_file: Path, suffix: str) -> None:
    async with open_inbox(url_of(sqlite_file), serves=True) as inbox:
        kept = await put(inbox)
        sqlite_file.with_name(sqlite_file.name + suffix).unlink()
        await eventually(lambda: sqlite_file.exists() and on_disk(sqlite_file) == len(kept))


def on_disk(file: Path) -> int:
    """As the main file has it, without the log."""
    copy = file.with_name("looked-at")
    shutil.copy(file, copy)
    with closing(sqlite3.connect(copy)) as connection:
        try:
            return len(connection.execute("SELECT 1 FROM callbacks").fetchall())
        except sqlite3.OperationalError:
            return 0


@pytest.mark.parametrize("suffix", ["", "-wal"])
async def test_what_is_lost_is_restored_at_the_end(sqlite_file: Path, suffix: str) -> None:
    async with open_inbox(url_of(sqlite_file), serves=True) as inbox:
        kept = await put(inbox)
        sqlite_file.with_name(sqlite_file.name + suffix).unlink()
    async with open_inbox(url_of(sqlite_file)) as again:
        assert await known(again) == kept


async def test_a_file_that_was_found_is_put_aside(sqlite_file: Path) -> None:
    """An older backup, say, that was put there while the bridge ran."""
    async with open_inbox(url_of(sqlite_file), serves=True) as inbox:
        old = await put(inbox)
        with closing(sqlite3.connect(sqlite_file)) as connection:
            connection.execute(f"VACUUM INTO '{sqlite_file.with_name('backup.db')}'")
        new = await put(inbox)
        for _ in range(2):
            shutil.copy(sqlite_file.with_name("backup.db"), sqlite_file.with_name("restored.db"))
            sqlite_file.with_name("restored.db").rename(sqlite_file)
            new |= await put(inbox)
        assert await known(inbox) == old | new
    for number in (1, 2):
        async with open_inbox(url_of(sqlite_file.with_name(f"bridge.db.found{number}"))) as found:
            assert await known(found) == old


async def test_where_it_cannot_be_restored_nothing_more_is_taken(tmp_path: Path) -> None:
    """In the place of the folder is a file: no callback is acknowledged until that is mended."""
    folder = tmp_path / "data"
    async with open_inbox(url_of(folder / "bridge.db"), serves=True) as inbox:
        kept = await put(inbox)
        folder.rename(tmp_path / "elsewhere")
        folder.touch()
        for refused in (inbox.store(outbound(new_sid(), JANE)), inbox.check(TEN)):
            with pytest.raises(InboxUnavailable):
                await refused
        # What was kept before may still come to Twenty, for the open file has it.
        assert kept <= await known(inbox)
        folder.unlink()
        kept |= await put(inbox)
        assert kept <= await known(inbox)
    async with open_inbox(url_of(folder / "bridge.db")) as again:
        assert kept <= await known(again)


async def test_a_restoration_that_was_interrupted_is_completed(sqlite_file: Path) -> None:
    async with open_inbox(url_of(sqlite_file)) as inbox:
        kept = await put(inbox)
    files = DatabaseFiles(sqlite_file)
    sqlite_file.rename(files.copying())
    sqlite_file.with_name("bridge.db-wal").write_bytes(b"of another")
    files.copied()
    put_aside = files.put_back()
    assert [file.name for file in put_aside] == ["bridge.db.found1-wal"]
    assert files.put_back() == []
    async with open_inbox(url_of(sqlite_file)) as again:
        assert await known(again) == kept


async def test_another_process_restores_nothing(sqlite_file: Path) -> None:
    """An operator's command may have open what the bridge replaced."""
    async with open_inbox(url_of(sqlite_file)) as command:
        await put(command)
        replaced(sqlite_file)
        with pytest.raises(InboxUnavailable):
            await command.store(outbound(new_sid(), JANE))
    assert not list(sqlite_file.parent.glob("*.found*"))
