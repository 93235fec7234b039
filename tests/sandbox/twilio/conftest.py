"""A sandbox, and a small application on the other end that answers what a test scripts."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from bridge.sandbox.twilio import TwilioSandbox, twilio_sandbox
from tests.sandbox.twilio.support import DATA, START, App, Connect, calling_the_api


@asynccontextmanager
async def running_app() -> AsyncIterator[App]:
    app = App()
    server = web.Application()
    server.router.add_route("*", "/{path:.*}", app.handle)
    runner = web.AppRunner(server, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        app.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield app
    finally:
        await runner.cleanup()


@pytest.fixture
async def app() -> AsyncIterator[App]:
    async with running_app() as app:
        yield app


@asynccontextmanager
async def connected(app: App, **options: Any) -> AsyncIterator[TwilioSandbox]:
    """A sandbox whose calls go to the application."""
    async with twilio_sandbox(start=START, **options) as sandbox:
        sandbox.voice_url = f"{app.url}/voice"
        yield sandbox


@pytest.fixture
def connect() -> Connect:
    return connected


@pytest.fixture
async def sandbox(app: App) -> AsyncIterator[TwilioSandbox]:
    async with connected(app) as sandbox:
        yield sandbox


@pytest.fixture
async def rest(sandbox: TwilioSandbox) -> AsyncIterator[aiohttp.ClientSession]:
    """The REST API of the account, with its credentials."""
    async with calling_the_api(sandbox) as session:
        yield session


@pytest.fixture
def payloads() -> Path:
    return DATA / "payloads"
