"""The disk fails: full, read-only, broken, gone. What was kept stays, what cannot be kept is told."""

import asyncio
import os
import resource
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bridge.errors import InboxUnavailable
from bridge.inbox.store import Inbox, open_inbox
from bridge.inbox.writer import LONGEST_QUEUE
from tests.disks import mounted
from tests.support import TEN, new_sid, outbound

JANE = "+33612345678"


def url_of(file: Path) -> str:
    return f"sqlite+aiosqlite:///{file}"


async def fill(inbox: Inbox) -> set[str]:
    """Puts until nothing can be kept any more; the calls that were kept."""
    kept = set[str]()
    while True:
        told = [outbound(new_sid(), JANE) for _ in range(50)]
        for callback, answer in zip(
            told, await asyncio.gather(*map(inbox.store, told), return_exceptions=True), strict=True
        ):
            if answer is None:
                kept.add(callback.root_sid)
            else:
                assert isinstance(answer, InboxUnavailable)
                return kept


async def known(inbox: Inbox) -> set[str]:
    return {call.root_sid for call in await inbox.claim(100_000)}


@contextmanager
def files_no_longer_than(size: int) -> Iterator[None]:
    """As a quota does it: writing past it is an error."""
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, most))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))


async def test_a_file_that_may_not_grow(sqlite_file: Path) -> None:
    async with open_inbox(url_of(sqlite_file)) as inbox:
        with files_no_longer_than(400_000), capture_logs() as logged:
            kept = await fill(inbox)
            assert kept <= await known(inbox)
        assert {"disk I/O error", "database or disk is full"} & {line.get("cause") for line in logged}
        await inbox.store(outbound(new_sid(), JANE))
        await inbox.check(TEN)
    async with open_inbox(url_of(sqlite_file)) as again:
        assert kept < await known(again)


async def test_a_disk_that_is_full(tmp_path: Path) -> None:
    with mounted(tmp_path / "small") as disk:
        ballast = disk / "ballast"
        ballast.write_bytes(bytes(300_000))
        async with open_inbox(url_of(disk / "bridge.db")) as inbox:
            with capture_logs() as logged:
                kept = await fill(inbox)
            assert "database or disk is full" in {line.get("cause") for line in logged}
            assert kept <= await known(inbox)
            # There may be room for a page yet, though not for a callback.
            with pytest.raises(InboxUnavailable):
                await inbox.check(TEN)
            ballast.unlink()
            await inbox.store(outbound(new_sid(), JANE))
            assert kept < await known(inbox)


async def test_a_check_writes(sqlite_file: Path) -> None:
    """Of a quota only who writes is told."""
    async with open_inbox(url_of(sqlite_file)) as inbox:
        await inbox.check(TEN)
        log = sqlite_file.with_name("bridge.db-wal")
        with files_no_longer_than(log.stat().st_size), pytest.raises(InboxUnavailable):
            await inbox.check(TEN + timedelta(seconds=1))
        await inbox.check(TEN + timedelta(seconds=1))


async def test_checks_at_one_time_are_one_write(sqlite_file: Path) -> None:
    async with open_inbox(url_of(sqlite_file)) as inbox:
        log = sqlite_file.with_name("bridge.db-wal")
        before = log.stat().st_size
        await inbox.check(TEN)
        once = log.stat().st_size - before
        await asyncio.gather(*[inbox.check(TEN + timedelta(seconds=n)) for n in range(1, 100)])
        assert log.stat().st_size == before + 2 * once


def removed(file: Path) -> None:
    shutil.rmtree(file.parent)


def without_its_log(file: Path) -> None:
    file.unlink()


def replaced(file: Path) -> None:
    shutil.copy(file, file.with_name("backup.db"))
    file.with_name("backup.db").rename(file)


@pytest.mark.parametrize("lose", [removed, without_its_log, replaced])
async def test_a_file_that_was_lost_takes_nothing_more(tmp_path: Path, lose: Callable[[Path], None]) -> None:
    file = tmp_path / "data" / "bridge.db"
    async with open_inbox(url_of(file)) as inbox:
        callback = outbound(new_sid(), JANE)
        await inbox.store(callback)
        await inbox.check(TEN)
        lose(file)
        with capture_logs() as logged:
            for refused in (inbox.store(outbound(new_sid(), JANE)), inbox.check(TEN)):
                with pytest.raises(InboxUnavailable):
                    await refused
        assert all("was removed or replaced" in line["cause"] for line in logged)
        # What was kept before may still come to Twenty, for the open file has it.
        assert callback.root_sid in await known(inbox)
        # More connections than stay open: none of them makes a file anew.
        before = set(tmp_path.rglob("*"))
        await asyncio.gather(*[known(inbox) for _ in range(12)], return_exceptions=True)
        assert set(tmp_path.rglob("*")) == before


async def test_a_file_that_is_back_takes_more(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    async with open_inbox(url_of(folder / "bridge.db")) as inbox:
        folder.rename(tmp_path / "elsewhere")
        with pytest.raises(InboxUnavailable):
            await inbox.store(outbound(new_sid(), JANE))
        (tmp_path / "elsewhere").rename(folder)
        await inbox.store(outbound(new_sid(), JANE))
        await inbox.check(TEN)


async def test_a_disk_that_is_full_from_the_start(tmp_path: Path) -> None:
    with mounted(tmp_path / "small") as disk:
        (disk / "ballast").write_bytes(bytes(1_020_000))
        with pytest.raises(InboxUnavailable, match=r"bridge\.db cannot be opened: .* The disk is full"):
            async with open_inbox(url_of(disk / "bridge.db")):
                pass


async def test_a_volume_that_is_read_only(tmp_path: Path) -> None:
    with mounted(tmp_path / "volume") as volume:
        async with open_inbox(url_of(volume / "bridge.db")) as inbox:
            await inbox.store(outbound(new_sid(), JANE))
        await asyncio.to_thread(subprocess.run, ["mount", "-o", "remount,ro", str(volume)], check=True)
        with pytest.raises(InboxUnavailable, match=r"bridge\.db cannot be opened: .* is not writable"):
            async with open_inbox(url_of(volume / "bridge.db")):
                pass


async def test_a_page_that_is_broken_is_told_and_stays(sqlite_file: Path) -> None:
    async with open_inbox(url_of(sqlite_file)):
        pass
    # What has the schema and the version stays whole: the bridge starts.
    whole = sqlite_file.stat().st_size
    async with open_inbox(url_of(sqlite_file)) as inbox:
        await asyncio.gather(*[inbox.store(outbound(new_sid(), JANE)) for _ in range(500)])
    content = bytearray(sqlite_file.read_bytes())
    assert len(content) > whole
    content[whole:] = b"\xff" * (len(content) - whole)
    sqlite_file.write_bytes(content)
    with capture_logs() as logged:
        async with open_inbox(url_of(sqlite_file)) as inbox:
            puts = [inbox.store(outbound(new_sid(), JANE)) for _ in range(50)]
            answers = await asyncio.gather(*puts, return_exceptions=True)
    assert {type(answer) for answer in answers} == {InboxUnavailable}
    assert "database disk image is malformed" in {line.get("cause") for line in logged}
    assert sqlite_file.read_bytes()[whole:] == content[whole:]


NAMES_WHAT_TO_DO = (
    r"bridge\.db is damaged; PRAGMA quick_check .* move the file aside .* put a backup in its place"
)


async def test_a_check_says_of_a_damaged_file_what_a_callback_is_told(sqlite_file: Path) -> None:
    async with open_inbox(url_of(sqlite_file)) as inbox:
        await asyncio.gather(*[inbox.store(outbound(new_sid(), JANE)) for _ in range(500)])
    content = sqlite_file.read_bytes()
    size = int.from_bytes(content[16:18], "big")
    with closing(sqlite3.connect(sqlite_file)) as connection:
        roots = dict(connection.execute("SELECT name, rootpage FROM sqlite_master WHERE rootpage").fetchall())
    for name in ("callbacks", "calls", "sqlite_autoindex_calls_1"):
        damaged = bytearray(content)
        damaged[(roots[name] - 1) * size : roots[name] * size] = b"\xff" * size
        sqlite_file.write_bytes(damaged)
        async with open_inbox(url_of(sqlite_file)) as inbox:
            # Nothing was put yet: what the check finds, it finds by itself.
            for refused in (inbox.check(TEN), inbox.store(outbound(new_sid(), JANE)), inbox.check(TEN)):
                with pytest.raises(InboxUnavailable, match=NAMES_WHAT_TO_DO):
                    await refused
        sqlite_file.with_name("bridge.db-wal").unlink(missing_ok=True)


async def test_a_check_leaves_nothing_behind(sqlite_file: Path) -> None:
    async with open_inbox(url_of(sqlite_file)) as inbox:
        await inbox.check(TEN)
        assert await known(inbox) == set()


@pytest.mark.parametrize("damage", ["header", "schema"])
async def test_the_start_on_a_damaged_file_says_what_to_do(sqlite_file: Path, damage: str) -> None:
    async with open_inbox(url_of(sqlite_file)) as inbox:
        await inbox.store(outbound(new_sid(), JANE))
    content = bytearray(sqlite_file.read_bytes())
    content[slice(0, 100) if damage == "header" else slice(100, 4096)] = b"\x55" * (
        100 if damage == "header" else 3996
    )
    sqlite_file.write_bytes(content)
    with pytest.raises(InboxUnavailable, match=NAMES_WHAT_TO_DO):
        async with open_inbox(url_of(sqlite_file)):
            pass
    assert sqlite_file.read_bytes() == content


async def test_a_new_database_is_not_made_in_silence(sqlite_file: Path) -> None:
    for times in (1, 0):
        with capture_logs() as logged:
            async with open_inbox(url_of(sqlite_file)):
                pass
        assert [line["event"] for line in logged].count("inbox.created") == times


@pytest.mark.parametrize("left", [None, b""])
async def test_what_is_left_of_a_database_is_not_begun_anew(sqlite_file: Path, left: bytes | None) -> None:
    if left is not None:
        sqlite_file.write_bytes(left)
    log = sqlite_file.with_name("bridge.db-wal")
    log.write_bytes(b"commits")
    with pytest.raises(InboxUnavailable, match=r"bridge\.db is gone or empty, but its log .* is there"):
        async with open_inbox(url_of(sqlite_file)):
            pass
    assert log.read_bytes() == b"commits"


async def test_what_waits_for_the_disk_is_bounded(sqlite_file: Path) -> None:
    async with open_inbox(url_of(sqlite_file)) as inbox:
        callback = outbound(new_sid(), JANE)
        promises = [inbox.store_soon(callback) for _ in range(LONGEST_QUEUE)]
        with pytest.raises(InboxUnavailable, match="full"):
            inbox.store_soon(callback)
        await asyncio.gather(*promises)


STRACE = shutil.which("strace")


@pytest.mark.skipif(STRACE is None, reason="strace is not installed")
async def test_a_put_is_back_after_the_disk_has_it(sqlite_file: Path, tmp_path: Path) -> None:
    """The system is asked what it was asked: each commit waits for an fsync of the log."""
    assert STRACE is not None
    calls = tmp_path / "calls"
    async with open_inbox(url_of(sqlite_file)) as inbox:
        await inbox.store(outbound(new_sid(), JANE))
        tracer = await asyncio.create_subprocess_exec(
            *(STRACE, "-f", "-e", "trace=fsync,fdatasync", "-y", "-o", str(calls), "-p", str(os.getpid())),
            stderr=asyncio.subprocess.PIPE,
        )
        assert tracer.stderr is not None
        if b"attached" not in (told := await tracer.stderr.readline()):
            pytest.skip(f"this process may not be traced: {told.decode()}")
        for _ in range(5):
            await inbox.store(outbound(new_sid(), JANE))
        tracer.terminate()
        await tracer.communicate()
    synced = [line for line in calls.read_text().splitlines() if f"{sqlite_file}-wal" in line]
    assert len(synced) >= 5
