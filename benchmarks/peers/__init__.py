"""What small teams run today, written as the documentation of Twilio and of its framework does.

Each installs itself, at locked versions, into its own folder, when it is first measured.
"""

import asyncio
import shutil
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

from benchmarks.servers import Server, printing_its_url

HERE = Path(__file__).parent
EXPRESS = HERE / "express"
FASTAPI = HERE / "fastapi"

Peer = Callable[[], AbstractAsyncContextManager[Server]]


class NotHere(Exception):
    """A peer cannot run on this machine; the message says what it needs."""


@asynccontextmanager
async def express() -> AsyncIterator[Server]:
    """Express and twilio on Node."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        raise NotHere("Express is left out: it needs Node 20 and npm")
    if not (EXPRESS / "node_modules").exists():
        await _run(npm, "ci", "--omit=dev", "--loglevel=error", "--no-audit", "--no-fund", folder=EXPRESS)
    async with printing_its_url("express", node, str(EXPRESS / "server.js")) as server:
        yield server


@asynccontextmanager
async def fastapi() -> AsyncIterator[Server]:
    """FastAPI, uvicorn and twilio."""
    venv = FASTAPI / ".venv"
    python, ready = venv / "bin" / "python", venv / "ready"
    if not ready.exists():
        await _run(sys.executable, "-m", "venv", "--clear", str(venv), folder=FASTAPI)
        pip = (str(python), "-m", "pip", "-qq", "--disable-pip-version-check")
        await _run(*pip, "install", "--require-hashes", "-r", "requirements.lock", folder=FASTAPI)
        ready.touch()
    async with printing_its_url("fastapi", str(python), str(FASTAPI / "server.py")) as server:
        yield server


async def _run(*words: str, folder: Path) -> None:
    process = await asyncio.create_subprocess_exec(*words, cwd=folder, stdout=asyncio.subprocess.DEVNULL)
    if await process.wait():
        raise NotHere(f"{folder.name} is left out, as this failed: {' '.join(words)}")
