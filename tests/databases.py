"""Databases for tests to begin with: migrated once a process, and then copied."""

import asyncio
import tempfile
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

from bridge.inbox.database import open_database


def begin(file: Path) -> Path:
    """An empty SQLite database with the tables of this version, where there is no file yet."""
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)
        file.write_bytes(_empty())
    return file


@cache
def _empty() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "bridge.db")
        bring_up_to_date(f"sqlite+aiosqlite:///{file}")
        return file.read_bytes()


def bring_up_to_date(url: str) -> None:
    """Migrates a database; a test may be running an event loop of its own."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, _opened(url)).result()


async def _opened(url: str) -> None:
    async with open_database(url):
        pass
