"""Connections that are opened for who does not wait for them any more."""

import asyncio
import gc
import sqlite3
import sys
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from bridge.inbox.sqlite import DatabaseFiles, Reader, open_engine


@pytest.mark.skipif(
    sys.version_info < (3, 13), reason="older ones do not tell of connections that none closed"
)
async def test_who_is_cancelled_at_any_moment_leaves_no_connection_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A request whose time is over, a client that is gone: SQLite's thread opens the file all the same."""
    left: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda told: left.append(told.exc_value))
    for turns in range(40):
        engine = open_engine(
            f"sqlite+aiosqlite:///{tmp_path}/bridge.db", DatabaseFiles(tmp_path / "bridge.db")
        )
        asking = asyncio.ensure_future(engine.connect().start())
        for _ in range(turns):
            await asyncio.sleep(0)
        asking.cancel()
        with suppress(asyncio.CancelledError):
            await (await asking).close()
        await engine.dispose()
    await _threads_ended()
    gc.collect()
    assert left == []


def test_a_file_that_cannot_be_opened_is_one_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    left: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda told: left.append(told.exc_value))
    with pytest.raises(sqlite3.OperationalError, match="unable to open"):
        sqlite3.connect(tmp_path, factory=Reader)
    gc.collect()
    assert left == []


async def _threads_ended() -> None:
    for thread in threading.enumerate():
        if thread.name.endswith("(_connection_worker_thread)"):
            await asyncio.to_thread(thread.join)
