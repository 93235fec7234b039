"""Agents' phones: the page that the bridge serves, in Chromium, between the two sandboxes."""

import base64
import json
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bridge.demo.process import BridgeProcess
from bridge.sandbox.twilio import TwilioSandbox
from tests.browser import CALLS, Page, another, browsing

CSP = """document.addEventListener('securitypolicyviolation',
    (told) => (globalThis.violations ??= []).push(told.violatedDirective + ' ' + told.blockedURI))"""


@dataclass
class Phone:
    """An agent's page."""

    page: Page

    async def shows(self, stage: str) -> None:
        """Waits for the state of the connection."""
        await self.page.until(f"!!document.querySelector('#stage.{stage}')")

    async def click(self, name: str, within: str = "body") -> None:
        """Clicks a button by its name, as soon as it is there and can be clicked."""
        found = f"""[...document.querySelectorAll({json.dumps(within + " button")})]
            .filter((one) => !one.disabled)
            .find((one) => (one.ariaLabel ?? one.textContent.trim()) === {json.dumps(name)})"""
        await self.page.until(f"{found} !== undefined")
        await self.page(f"{found}.click()")

    async def type(self, number: str) -> None:
        await self.page.until("!!document.querySelector('#number')")
        await self.page(
            f"""(() => {{
                const field = document.querySelector('#number');
                field.value = {json.dumps(number)};
                field.dispatchEvent(new Event('input', {{ bubbles: true }}));
            }})()"""
        )

    async def call(self, number: str) -> None:
        await self.type(number)
        await self.click("Call")

    async def in_stage(self, stage: str) -> None:
        """Waits for the stage of the call that one is in."""
        await self.page.until(f"!!document.querySelector('.current[data-stage={stage}]')")

    async def rings(self) -> None:
        await self.page.until("!!document.querySelector('.incoming.rings')")

    async def ended(self, reason: str) -> None:
        """Waits for the end of the newest call, which has this reason."""
        await self.page.until(f"document.querySelector('.over')?.dataset.reason === {json.dumps(reason)}")

    async def photograph(self, name: str) -> None:
        """Keeps a picture where PHONE_PICTURES names a folder."""
        if folder := os.environ.get("PHONE_PICTURES"):
            size = {"width": 380, "height": 720, "deviceScaleFactor": 2, "mobile": False}
            await self.page.ask("Emulation.setDeviceMetricsOverride", **size)
            taken = await self.page.ask("Page.captureScreenshot")
            Path(folder, f"{name}.png").write_bytes(base64.b64decode(taken["data"]))

    async def says(self, words: str) -> None:
        await self.page.until(f"document.body.innerText.includes({json.dumps(words)})")


@dataclass
class Office:
    """One Chromium for all phones of a test."""

    bridge: BridgeProcess
    twilio: TwilioSandbox
    profile: Path
    stack: AsyncExitStack
    key: str
    pages: list[Page] = field(default_factory=list)

    async def open(self, url: str) -> Page:
        opening = another(url, self.profile) if self.pages else browsing(url, self.profile, *CALLS)
        self.pages.append(await self.stack.enter_async_context(opening))
        return self.pages[-1]

    async def phone(self, query: str = "") -> Phone:
        """A page that is not signed in yet."""
        page = await self.open("data:text/html,")
        await page.ask("Page.addScriptToEvaluateOnNewDocument", source=CSP)
        await page.ask("Page.navigate", url=f"{self.bridge.url}/phone{query}")
        await page.until("!!document.querySelector('main')")
        return Phone(page)

    async def online(self, identity: str = "alice") -> Phone:
        """A phone that is ready for calls."""
        phone = await self.phone()
        await phone.page.until("!!document.querySelector('#key')")
        for name, value in (("key", self.key), ("identity", identity)):
            await phone.page(
                f"""(() => {{
                    const field = document.getElementById('{name}');
                    field.value = {json.dumps(value)};
                    field.dispatchEvent(new Event('input', {{ bubbles: true }}));
                }})()"""
            )
        await phone.click("Sign in")
        await phone.shows("ready")
        return phone


@asynccontextmanager
async def office(
    bridge: BridgeProcess, twilio: TwilioSandbox, folder: Path, key: str
) -> AsyncIterator[Office]:
    """Phones; at their end nothing was thrown in them, and no policy was violated."""
    async with AsyncExitStack() as stack:
        opened = Office(bridge, twilio, folder / "chromium", stack, key)
        yield opened
        for page in opened.pages:
            assert await page("globalThis.violations ?? []") == []
        assert [said for page in opened.pages for said in page.said] == []
