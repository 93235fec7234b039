"""A real browser, told what to do over its debugging protocol: https://chromedevtools.github.io/devtools-protocol/"""

import asyncio
import json
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
OPTIONS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    "--remote-debugging-port=0",
)
CALLS = (
    *("--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"),
    *("--autoplay-policy=no-user-gesture-required", "--allow-loopback-in-peer-connection"),
    *("--disable-background-timer-throttling", "--disable-renderer-backgrounding"),
    "--disable-backgrounding-occluded-windows",
)
"""What a page needs that calls: a microphone that needs no permission, sound that needs no gesture."""
SECONDS = 30
needs_chromium = pytest.mark.skipif(
    CHROMIUM is None and "CHROMIUM_REQUIRED" not in os.environ, reason="there is no Chromium here"
)
"""Tests with a browser are skipped without one, and fail where CHROMIUM_REQUIRED is set, as in CI."""


class Navigated(Exception):
    """The page went elsewhere while it was asked; or the browser refused a command."""


@dataclass
class Page:
    """A page that is open. `said` is what its scripts threw and could not catch."""

    _socket: aiohttp.ClientWebSocketResponse
    said: list[str] = field(default_factory=list)
    _asked: int = 0

    async def __call__(self, expression: str) -> Any:
        """What an expression is in the page; its promises are awaited."""
        asked = {"expression": expression, "awaitPromise": True, "returnByValue": True}
        told = await self.ask("Runtime.evaluate", **asked)
        if "exceptionDetails" in told:
            raise AssertionError(told["exceptionDetails"])
        return told["result"].get("value")

    async def until(self, expression: str) -> Any:
        """What it is as soon as it is something; fails, with what the page shows, if it stays nothing."""
        try:
            async with asyncio.timeout(SECONDS):
                while not (value := await self._now(expression)):  # noqa: ASYNC110 - it is in another process
                    await asyncio.sleep(0.02)
        except TimeoutError:
            shown = await self("document.body?.innerText")
            raise AssertionError(f"{expression}\nThe page shows: {shown}\nIt said: {self.said}") from None
        return value

    async def _now(self, expression: str) -> Any:
        try:
            return await self(expression)
        except Navigated:
            return None

    async def ask(self, method: str, **params: Any) -> Any:
        """A command of the protocol; events that come meanwhile are looked at."""
        self._asked += 1
        await self._socket.send_json({"id": self._asked, "method": method, "params": params})
        async for message in self._socket:
            told = json.loads(message.data)
            if told.get("id") == self._asked:
                if "error" in told:
                    raise Navigated(told["error"]["message"])
                return told["result"]
            if told.get("method") == "Runtime.exceptionThrown":
                self.said.append(told["params"]["exceptionDetails"]["exception"]["description"])
        raise AssertionError("the browser is gone")


@asynccontextmanager
async def browsing(url: str, profile: Path, *options: str) -> AsyncIterator[Page]:
    """A page, in a browser of its own; `options` are Chromium's."""
    assert CHROMIUM, "there is no Chromium on PATH"
    process = await asyncio.create_subprocess_exec(
        *(CHROMIUM, *OPTIONS, *options, f"--user-data-dir={profile}", "about:blank"),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(await _page(session, profile)) as ws,
        ):
            page = Page(ws)
            await _go(page, url)
            yield page
            await page.ask("Browser.close")
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


@asynccontextmanager
async def another(url: str, profile: Path, *, apart: bool = False) -> AsyncIterator[Page]:
    """A further page in the browser of a profile; `apart`: it shares nothing, as if on another machine."""
    port = (profile / "DevToolsActivePort").read_text().partition("\n")[0]
    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session:
        async with session.get("/json/version") as answer:
            browser = await answer.json()
        async with session.ws_connect(browser["webSocketDebuggerUrl"]) as ws:
            asking, where = Page(ws), {}
            if apart:
                where = await asking.ask("Target.createBrowserContext")
            opened = await asking.ask("Target.createTarget", url="about:blank", **where)
        async with session.ws_connect(f"/devtools/page/{opened['targetId']}") as ws:
            page = Page(ws)
            await _go(page, url)
            yield page


async def _go(page: Page, url: str) -> None:
    await page.ask("Runtime.enable")
    await page.ask("Page.enable")
    await page.ask("Page.navigate", url=url)
    await page.until("document.readyState === 'complete' && location.href !== 'about:blank'")


async def _page(session: aiohttp.ClientSession, profile: Path) -> str:
    """The page's address, once the browser has written down where it listens."""
    written = profile / "DevToolsActivePort"
    async with asyncio.timeout(SECONDS):
        while not (port := written.read_text().partition("\n")[0] if written.exists() else ""):  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        while True:
            async with session.get(f"http://127.0.0.1:{port}/json/list") as answer:
                for one in await answer.json():
                    if one["type"] == "page":
                        return str(one["webSocketDebuggerUrl"])
            await asyncio.sleep(0.02)
