"""The bridge as a process of its own, as an operator would run it."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

from bridge.sandbox.twenty import TwentySandbox
from bridge.sandbox.twilio import TwilioSandbox

PUBLIC_URL = "https://phone.example.com"
WIDGET_KEY = "a-widget-key-for-the-demo"
START_SECONDS = 30
STOP_SECONDS = 20
CONFIG = """\
agents: {names: [alice, bob]}
server: {port: 0}
log: {json_lines: true}
"""


class DemoFailed(Exception):
    """A process did not do what it should; the message has its last words."""


def environment(twilio: TwilioSandbox, twenty: TwentySandbox, folder: Path) -> dict[str, str]:
    """The settings, and nothing of what the user's own bridge is set to."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("TWILIO_", "TWENTY_", "BRIDGE_"))}
    return inherited | {
        "TWILIO_ACCOUNT_SID": twilio.account_sid,
        "TWILIO_AUTH_TOKEN": twilio.auth_token,
        "TWILIO_API_KEY": twilio.api_key,
        "TWILIO_API_SECRET": twilio.api_secret,
        "TWILIO_APP_SID": twilio.app_sid,
        "TWILIO_PHONE_NUMBER": twilio.phone_number,
        "TWENTY_API_URL": twenty.url,
        "TWENTY_API_TOKEN": twenty.api_key,
        "BRIDGE_PUBLIC_URL": PUBLIC_URL,
        "BRIDGE_WIDGET_KEYS": WIDGET_KEY,
        "BRIDGE_DATABASE_URL": f"sqlite+aiosqlite:///{folder / 'bridge.db'}",
    }


async def set_up_twenty(env: Mapping[str, str], folder: Path) -> None:
    """`twenty-bridge setup twenty`."""
    process = await _command("setup", "twenty", env=env, folder=folder)
    _, told = await process.communicate()
    if process.returncode:
        raise DemoFailed(told.decode())


@asynccontextmanager
async def running(env: Mapping[str, str], folder: Path) -> AsyncIterator[str]:
    """`twenty-bridge serve`, ready; yields the URL that it listens on. Stops it at the end."""
    process = await _command("serve", env=env, folder=folder)
    reading: asyncio.Task[None] | None = None
    try:
        url = await asyncio.wait_for(_ready_url(process), START_SECONDS)
        # A pipe that nobody reads would stop the bridge once it is full.
        reading = asyncio.create_task(_read_on(process))
        yield url
    finally:
        if process.returncode is None:
            process.terminate()
        await asyncio.wait_for(reading or process.communicate(), STOP_SECONDS)
        await process.wait()


async def fetch_token(url: str, identity: str) -> str:
    """An access token, as the widget fetches it."""
    headers = {"Authorization": f"Bearer {WIDGET_KEY}"}
    async with (
        aiohttp.ClientSession(raise_for_status=True) as session,
        session.post(f"{url}/api/twilio/token", json={"identity": identity}, headers=headers) as answer,
    ):
        token: str = (await answer.json())["token"]
        return token


async def _command(*words: str, env: Mapping[str, str], folder: Path) -> asyncio.subprocess.Process:
    folder.joinpath("config.yaml").write_text(CONFIG)
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bridge",
        *words,
        env=env,
        cwd=folder,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        # Ctrl-C is for the demo, which then stops the bridge in order.
        start_new_session=True,
    )


async def _read_on(process: asyncio.subprocess.Process) -> None:
    while process.stderr and await process.stderr.readline():
        pass


async def _ready_url(process: asyncio.subprocess.Process) -> str:
    told = b""
    while process.stderr and (line := await process.stderr.readline()):
        told += line
        if line.startswith(b"{") and (entry := json.loads(line))["event"] == "bridge.ready":
            return f"http://{entry['host']}:{entry['port']}"
    raise DemoFailed(f"The bridge did not start:\n{told.decode()}")
