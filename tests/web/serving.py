"""The bridge between both sandboxes, in a thread of its own, for tests that are not asynchronous."""

import asyncio
import threading
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path

import requests
from aiohttp import web

from bridge.sandbox.twenty import twenty_sandbox
from bridge.sandbox.twilio import twilio_sandbox
from bridge.web.operation.protocol_errors import Runner
from bridge.wiring.application import open_app
from tests.web.conftest import API_SECRET, AUTH_TOKEN, settings_with

WEBHOOK_SECRET = "an invented webhook secret"


@contextmanager
def served(folder: Path, **more: Mapping[str, object]) -> Iterator[str]:
    """The URL where it listens, with these sections of the settings; it is stopped in order at the end."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="bridge")
    thread.start()

    async def start() -> tuple[AsyncExitStack, str]:
        stack = AsyncExitStack()
        return stack, await _open(stack, folder, more)

    stack, url = asyncio.run_coroutine_threadsafe(start(), loop).result(30)
    try:
        yield url
    finally:
        asyncio.run_coroutine_threadsafe(stack.aclose(), loop).result(30)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _open(stack: AsyncExitStack, folder: Path, more: Mapping[str, Mapping[str, object]]) -> str:
    twilio = await stack.enter_async_context(twilio_sandbox(auth_token=AUTH_TOKEN, api_secret=API_SECRET))
    twenty = await stack.enter_async_context(twenty_sandbox(provisioned=True, rate_limit=False))
    sections: dict[str, Mapping[str, object]] = {
        "twilio": {"account_sid": twilio.account_sid, "api_key": twilio.api_key, "api_url": twilio.url},
        "twenty": {"api_url": twenty.url, "api_token": twenty.api_key, "webhook_secret": WEBHOOK_SECRET},
        **more,
    }
    app = await stack.enter_async_context(open_app(settings_with(sections, folder / "bridge.db")))
    runner = Runner(app, shutdown_timeout=1)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    return f"http://127.0.0.1:{runner.addresses[0][1]}"


@contextmanager
def plain_session() -> Iterator[requests.Session]:
    """One connection for all requests, which asks no variable for a proxy and remembers no cookie."""
    with requests.Session() as session:
        session.trust_env = False
        session.headers.clear()
        session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        yield session
