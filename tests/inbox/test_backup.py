"""`twenty-bridge backup`: a whole copy or none, and for PostgreSQL the command."""

import asyncio
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from bridge.calls.callback import Kind
from bridge.errors import CannotBackUp
from bridge.inbox.backup import back_up
from bridge.inbox.store import open_inbox
from tests.support import new_sid, told


async def test_the_copy_has_what_is_still_in_the_log_and_is_its_owner_s_alone(tmp_path: Path) -> None:
    url, to = f"sqlite+aiosqlite:///{tmp_path / 'data' / 'bridge.db'}", tmp_path / "copy.db"
    async with open_inbox(url) as inbox:
        await inbox.store(told(Kind.STATUS, new_sid(), CallStatus="completed"))
        await asyncio.to_thread(back_up, url, to)
        await inbox.store(told(Kind.STATUS, new_sid(), CallStatus="completed"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["copy.db", "data"]
    assert stat.S_IMODE(to.stat().st_mode) == 0o600
    with closing(sqlite3.connect(to)) as copy:
        assert copy.execute("SELECT count(*) FROM callbacks").fetchone() == (1,)
        assert copy.execute("PRAGMA journal_mode").fetchone() == ("delete",)


@pytest.mark.parametrize(
    ("database", "to", "said"),
    [
        ("bridge.db", "kept.db", "kept.db exists; name another file"),
        ("bridge.db", "nowhere/copy.db", "nowhere/copy.db cannot be written: "),
        ("bridge.db", "x" * 300, "x cannot be written: .* File name too long"),
        ("gone.db", "copy.db", "gone.db is not there"),
        ("damaged.db", "copy.db", "damaged.db cannot be read: file is not a database"),
        ("torn.db", "copy.db", "torn.db cannot be read: "),
    ],
)
def test_a_backup_that_fails_leaves_nothing(tmp_path: Path, database: str, to: str, said: str) -> None:
    with closing(sqlite3.connect(tmp_path / "bridge.db")) as made:
        made.execute("CREATE TABLE t (c)")
    whole = tmp_path.joinpath("bridge.db").read_bytes()
    tmp_path.joinpath("torn.db").write_bytes(whole[:4096] + bytes(4096))
    tmp_path.joinpath("damaged.db").write_bytes(b"no database" * 1000)
    tmp_path.joinpath("kept.db").write_text("yesterday's")
    before = sorted(tmp_path.iterdir())
    with pytest.raises(CannotBackUp, match=said):
        back_up(f"sqlite+aiosqlite:///{tmp_path / database}", tmp_path / to)
    assert sorted(tmp_path.iterdir()) == before
    assert tmp_path.joinpath("kept.db").read_text() == "yesterday's"


@pytest.mark.parametrize(
    ("url", "command"),
    [
        (
            "postgresql+asyncpg://me:s3cret@db.example:6432/calls",
            "pg_dump --format custom --file 'my backup' --host db.example --port 6432 --username me calls",
        ),
        (
            "postgresql+asyncpg://bridge@/calls?host=/run/postgresql",
            "pg_dump --format custom --file 'my backup' --host /run/postgresql --username bridge calls",
        ),
    ],
)
def test_of_postgresql_it_says_the_command_without_the_password(url: str, command: str) -> None:
    with pytest.raises(CannotBackUp) as said:
        back_up(url, Path("my backup"))
    assert str(said.value).endswith(f": {command}")
