"""Agents' phones: the page that the bridge serves, in Chromium, between the two sandboxes."""

import asyncio
import base64
import json
import os
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp.test_utils import TestServer

from bridge.demo.process import BridgeProcess
from bridge.sandbox.twilio import PlayedCall, TwilioSandbox
from bridge.settings import Settings
from bridge.wiring.application import Bounds, open_app
from tests.browser import CALLS, Page, another, opened_by_page, private
from tests.support import unused_port

WATCH = """
document.addEventListener('securitypolicyviolation',
    (told) => (globalThis.violations ??= []).push(told.violatedDirective + ' ' + told.blockedURI));
globalThis.stages = [];
new MutationObserver(() => {
    const stage = document.querySelector('.current')?.dataset.stage;
    if (stage && stage !== globalThis.stages.at(-1)) globalThis.stages.push(stage);
}).observe(document, { subtree: true, childList: true, attributes: true });
"""
"""What the policy forbids, and every stage that the page shows of a call."""

SIZE = {"width": 380, "height": 720, "deviceScaleFactor": 2, "mobile": False}
"""Of pictures."""


@dataclass
class Phone:
    """An agent's page."""

    page: Page

    async def shows(self, stage: str) -> None:
        """Waits for the state of the connection."""
        await self.page.until(f"!!document.querySelector('#stage.{stage}')")

    async def reload(self) -> None:
        """Loads the page anew, and waits until the former one is gone.

        The browser answers at once: what is asked next could be answered by the page that is about to go.
        """
        await self.page("globalThis.former = true")
        await self.page.ask("Page.reload")
        await self.page.until("!globalThis.former")

    async def click(self, name: str, within: str = "body") -> None:
        """Clicks a button by its name, as soon as it is there and can be clicked."""
        found = f"""[...document.querySelectorAll({json.dumps(within + " button")})]
            .filter((one) => !one.disabled)
            .find((one) => (one.ariaLabel ?? one.textContent.trim()) === {json.dumps(name)})"""
        # In one look: what is found and clicked later may be gone in between.
        await self.page.until(f"((one) => one && (one.click(), true))({found})")

    async def gesture(self) -> None:
        """A press of the mouse, where nothing is: what browsers want before a page may sound."""
        await self._mouse(1, 1)

    async def press(self, found: str) -> None:
        """Presses the mouse in the middle of an element, by a CSS selector, as users do it."""
        middle = "(({ x, y, width, height }) => [x + width / 2, y + height / 2])"
        x, y = await self.page(
            f"{middle}(document.querySelector({json.dumps(found)}).getBoundingClientRect())"
        )
        await self._mouse(x, y)

    async def _mouse(self, x: float, y: float) -> None:
        for kind in ("mousePressed", "mouseReleased"):
            at = {"x": x, "y": y, "button": "left", "clickCount": 1}
            await self.page.ask("Input.dispatchMouseEvent", type=kind, **at)

    async def call(self, number: str) -> None:
        await self.fill("number", number)
        await self.click("Call")

    async def in_stage(self, stage: str) -> None:
        """Waits for the stage of the call that one is in."""
        await self.page.until(f"!!document.querySelector('.current[data-stage={stage}]')")

    async def rings(self, calls: int = 1) -> None:
        """Waits until so many calls ring."""
        await self.page.until(f"document.querySelectorAll('.incoming.rings').length === {calls}")

    async def sees(self, found: str) -> None:
        """Waits for an element, by a CSS selector."""
        await self.page.until(f"!!document.querySelector({json.dumps(found)})")

    async def fill(self, field: str, text: str) -> None:
        """Types into a field, by its id."""
        await self.page.until(
            f"""(() => {{
                const field = document.getElementById({json.dumps(field)});
                field.value = {json.dumps(text)};
                return field.dispatchEvent(new Event('input', {{ bubbles: true }}));
            }})()"""
        )

    async def choose(self, field: str, value: str) -> None:
        """Chooses of a list, by the field's id. An option whose text is its value has no such attribute."""
        options = f"[...document.querySelectorAll('#{field} option')]"
        await self.page.until(f"{options}.some((one) => one.value === {json.dumps(value)})")
        await self.page(
            f"""(() => {{
                const field = document.getElementById({json.dumps(field)});
                field.value = {json.dumps(value)};
                field.dispatchEvent(new Event('change', {{ bubbles: true }}));
            }})()"""
        )

    async def ended(self, reason: str) -> None:
        """Waits for the end of the newest call, which has this reason."""
        await self.page.until(f"document.querySelector('.over')?.dataset.reason === {json.dumps(reason)}")

    async def photograph(self, name: str, *, size: Mapping[str, object] = SIZE) -> None:
        """Keeps a picture where PHONE_PICTURES names a folder."""
        if folder := os.environ.get("PHONE_PICTURES"):
            await self.page.ask("Emulation.setDeviceMetricsOverride", **size)
            taken = await self.page.ask("Page.captureScreenshot")
            Path(folder, f"{name}.png").write_bytes(base64.b64decode(taken["data"]))

    async def says(self, words: str) -> None:
        await self.page.until(f"document.body?.innerText.includes({json.dumps(words)})")


BOUNDS = Bounds(compare_seconds=86_400)
"""No phone depends on how Twenty's schema compares, which is a process of its own."""


@dataclass
class Bridge:
    """The bridge, in this process; it can be stopped, and started again at the same address."""

    settings: Settings
    port: int = field(default_factory=unused_port)
    _stack: AsyncExitStack = field(default_factory=AsyncExitStack)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        app = await self._stack.enter_async_context(open_app(self.settings, bounds=BOUNDS))
        server = TestServer(app, port=self.port)
        await server.start_server()
        self._stack.push_async_callback(server.close)

    async def stop(self) -> None:
        stack, self._stack = self._stack, AsyncExitStack()
        await stack.aclose()


@dataclass
class Office:
    """One Chromium for all phones of a test."""

    bridge: Bridge | BridgeProcess
    twilio: TwilioSandbox
    profile: Path
    stack: AsyncExitStack
    key: str
    pages: list[Page] = field(default_factory=list)

    async def open(self, url: str, *, apart: bool = False) -> Page:
        self.pages.append(await self.stack.enter_async_context(another(url, self.profile, apart=apart)))
        return self.pages[-1]

    async def opened_by_page(self, address: str) -> Page:
        """The page that another one opened, at an address that begins so."""
        self.pages.append(await self.stack.enter_async_context(opened_by_page(address, self.profile)))
        return self.pages[-1]

    async def phone(self, query: str = "", *, apart: bool = False, script: str = "") -> Phone:
        """A page that is not signed in yet; `script` runs before all of its own."""
        page = await self.open("", apart=apart)
        await page.ask("Page.addScriptToEvaluateOnNewDocument", source=WATCH + script)
        await page.ask("Page.navigate", url=f"{self.bridge.url}/phone{query}")
        await page.until("!!document.querySelector('main')")
        return Phone(page)

    async def signed_in(self, identity: str = "alice", **how: Any) -> Phone:
        """A phone whose agent gave a key."""
        phone = await self.phone(**how)
        await phone.fill("key", self.key)
        await phone.fill("identity", identity)
        await phone.click("Sign in")
        return phone

    async def online(self, identity: str = "alice", **how: Any) -> Phone:
        """A phone that is ready for calls."""
        phone = await self.signed_in(identity, **how)
        await phone.shows("ready")
        return phone

    async def both_rung(self, caller: str) -> tuple[Phone, Phone, asyncio.Task[PlayedCall]]:
        """Alice's phone and Bob's, which both ring, and the call that rings them."""
        alice, bob = await self.online("alice"), await self.online("bob")
        calling = asyncio.create_task(self.twilio.call_from_phone(caller))
        await alice.rings()
        await bob.rings()
        return alice, bob, calling

    async def close(self, phone: Phone) -> None:
        """Closes a tab."""
        self.pages.remove(phone.page)
        await check(phone.page)
        await phone.page.ask("Page.close")


async def check(page: Page) -> None:
    """No policy was violated, and nothing was thrown."""
    assert await page("globalThis.violations ?? []") == []
    assert page.said == []


async def played_out(twilio: TwilioSandbox, calling: asyncio.Task[PlayedCall]) -> PlayedCall:
    """The call as it was played: whom it still waits for has waited for an hour, again and again."""
    while not calling.done():
        twilio.skip(3600)
        await asyncio.wait([calling], timeout=0.1)
    return await calling


@asynccontextmanager
async def office(
    bridge: Bridge | BridgeProcess,
    twilio: TwilioSandbox,
    folder: Path,
    key: str,
    *,
    options: Sequence[str] = CALLS,
) -> AsyncIterator[Office]:
    """Phones, in a Chromium with these options; nothing is thrown in them, and no policy violated."""
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(private(folder / "chromium", *options))
        opened = Office(bridge, twilio, folder / "chromium", stack, key)
        yield opened
        for page in opened.pages:
            await check(page)
