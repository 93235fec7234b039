"""A real browser, told what to do over its debugging protocol: https://chromedevtools.github.io/devtools-protocol/"""

import asyncio
import json
import os
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import aiohttp
import pytest

from tests.support import BOUND, waits

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
OPTIONS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    # The address bar's list is a page of its own in each window, and takes most of the time of opening one.
    "--disable-features=WebUIOmniboxPopup,WebUIOmniboxAimPopup",
    "--remote-debugging-port=0",
)
CALLS = (
    *("--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"),
    *("--autoplay-policy=no-user-gesture-required", "--allow-loopback-in-peer-connection"),
    *("--disable-background-timer-throttling", "--disable-renderer-backgrounding"),
    "--disable-backgrounding-occluded-windows",
)
"""What a page needs that calls: a microphone that needs no permission, sound that needs no gesture."""
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

    async def to_front(self) -> None:
        """Shows it before the others; a page without the keyboard is told of no change of focus."""
        await self.ask("Page.bringToFront")
        await self.until("document.hasFocus()")

    async def until(self, expression: str) -> Any:
        """What it is as soon as it is something; fails, with what the page shows, if it stays nothing.

        What it asks of an element that is not there yet is nothing, too.
        """
        value = thrown = None
        try:
            async with asyncio.timeout(BOUND):
                for seconds in waits(0.02):
                    try:
                        if value := await self(expression):
                            break
                    except Navigated:
                        pass
                    except AssertionError as error:
                        thrown = error
                    await asyncio.sleep(seconds)
        except TimeoutError:
            shown = await self("document.body?.innerText")
            last = f"The page shows: {shown}\nIt said: {self.said}\nIt threw: {thrown}"
            raise AssertionError(f"{expression}\n{last}") from None
        return value

    async def tell(self, method: str, **params: Any) -> None:
        """A command of the protocol whose answer is not waited for; those that are asked later come later."""
        self._asked += 1
        await self._socket.send_json({"id": self._asked, "method": method, "params": params})

    async def ask(self, method: str, **params: Any) -> Any:
        """A command of the protocol; events that come meanwhile are looked at."""
        await self.tell(method, **params)
        async for message in self._socket:
            told = json.loads(message.data)
            if told.get("id") == self._asked:
                if "error" in told:
                    raise Navigated(told["error"]["message"])
                return told["result"]
            if told.get("method") == "Runtime.exceptionThrown":
                self.said.append(told["params"]["exceptionDetails"]["exception"]["description"])
        raise AssertionError("the browser is gone")


@dataclass(frozen=True)
class _Chromium:
    """A browser for all tests of a process that want the same options; each test has a context of its own."""

    options: tuple[str, ...]
    process: subprocess.Popen[bytes]
    profile: TemporaryDirectory[str]
    address: str

    @asynccontextmanager
    async def asked(self) -> AsyncIterator[Page]:
        """The browser itself, for commands that concern no page."""
        async with aiohttp.ClientSession(self.address) as session:
            async with session.get("/json/version") as answer:
                browser = await answer.json()
            async with session.ws_connect(browser["webSocketDebuggerUrl"]) as socket:
                yield Page(socket)

    @asynccontextmanager
    async def page(self, context: str | None, url: str = "") -> AsyncIterator[Page]:
        """In a context, or (None) in a window that is not private; without a URL it is blank.

        A blank page's process is that of the first address which it goes to; another address has another one.
        """
        where = {"browserContextId": context} if context else {}
        async with self.asked() as browser:
            opened = await browser.ask("Target.createTarget", url="about:blank", **where)
        async with self.attached(opened["targetId"]) as page:
            if url:
                await page.ask("Page.navigate", url=url)
                await page.until("document.readyState === 'complete' && location.href !== 'about:blank'")
            yield page

    @asynccontextmanager
    async def attached(self, target: str) -> AsyncIterator[Page]:
        """A page that is open."""
        async with (
            aiohttp.ClientSession(self.address) as session,
            session.ws_connect(f"/devtools/page/{target}") as socket,
        ):
            page = Page(socket)
            await page.ask("Runtime.enable")
            await page.ask("Page.enable")
            yield page

    async def pages(self, context: str) -> dict[str, str]:
        """The addresses of a context's pages, by target."""
        async with self.asked() as browser:
            found = (await browser.ask("Target.getTargets"))["targetInfos"]
        own = (one for one in found if one["browserContextId"] == context and one["type"] == "page")
        return {one["targetId"]: one["url"] for one in own}

    @asynccontextmanager
    async def context(self) -> AsyncIterator[str]:
        """What shares cookies, storage and permissions; its pages are closed at the end."""
        async with self.asked() as browser:
            context = (await browser.ask("Target.createBrowserContext"))["browserContextId"]
        yield context
        async with self.asked() as browser:
            await browser.ask("Target.disposeBrowserContext", browserContextId=context)

    def close(self) -> None:
        self.process.terminate()
        self.process.wait()
        self.profile.cleanup()


_running: list[_Chromium] = []
"""The one that is running, if there is one."""

_contexts: dict[Path, tuple[_Chromium, str]] = {}
"""A test's folder → the context that its pages share."""


def close_browsers() -> None:
    """Ends what runs for all tests of this process."""
    while _running:
        _running.pop().close()


async def _chromium(options: tuple[str, ...]) -> _Chromium:
    if _running and (_running[0].options != options or _running[0].process.poll() is not None):
        close_browsers()
    if not _running:
        _running.append(await _started(options))
    return _running[0]


def _start(options: tuple[str, ...]) -> tuple[TemporaryDirectory[str], subprocess.Popen[bytes]]:
    """Not by asyncio, whose processes end with the event loop of a test."""
    assert CHROMIUM, "there is no Chromium on PATH"
    # Chromium's last processes write into the profile for a moment after it has ended.
    profile = TemporaryDirectory(prefix="chromium-", ignore_cleanup_errors=True)
    process = subprocess.Popen(
        [CHROMIUM, *OPTIONS, *options, f"--user-data-dir={profile.name}", "about:blank"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return profile, process


async def _started(options: tuple[str, ...]) -> _Chromium:
    profile, process = _start(options)
    written = Path(profile.name) / "DevToolsActivePort"
    async with asyncio.timeout(BOUND):
        while not (port := written.read_text().partition("\n")[0] if written.exists() else ""):  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    return _Chromium(options, process, profile, f"http://127.0.0.1:{port}")


@asynccontextmanager
async def private(profile: Path, *options: str) -> AsyncIterator[None]:
    """A folder for pages that share nothing with those of other folders; `options` are Chromium's."""
    chromium = await _chromium(options)
    async with chromium.context() as context:
        _contexts[profile] = chromium, context
        yield
        del _contexts[profile]


@asynccontextmanager
async def browsing(url: str, profile: Path, *options: str) -> AsyncIterator[Page]:
    """The first page of a folder."""
    async with private(profile, *options), another(url, profile) as page:
        yield page


@asynccontextmanager
async def another(url: str, profile: Path, *, apart: bool = False) -> AsyncIterator[Page]:
    """A further page of a folder; `apart`: it shares nothing, as if on another machine."""
    chromium, context = _contexts[profile]
    async with AsyncExitStack() as stack:
        if apart:
            context = await stack.enter_async_context(chromium.context())
        yield await stack.enter_async_context(chromium.page(context, url))


async def addresses(profile: Path) -> list[str]:
    """Those of all pages of a folder."""
    chromium, context = _contexts[profile]
    return list((await chromium.pages(context)).values())


@asynccontextmanager
async def opened_by_page(address: str, profile: Path) -> AsyncIterator[Page]:
    """A page that another one opened, by the beginning of its address."""
    chromium, context = _contexts[profile]
    async with asyncio.timeout(BOUND):
        while not (  # noqa: ASYNC110 - it is in another process
            found := [one for one, url in (await chromium.pages(context)).items() if url.startswith(address)]
        ):
            await asyncio.sleep(0.02)
    async with chromium.attached(found[0]) as page:
        yield page


@asynccontextmanager
async def not_private(url: str, profile: Path) -> AsyncIterator[Page]:
    """A page that could be installed: contexts are private windows, which install nothing."""
    chromium, _ = _contexts[profile]
    async with chromium.page(None, url) as page:
        yield page
        await page.ask("Page.close")
