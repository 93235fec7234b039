"""The status page in a browser: for everyone, in both languages, light and dark, on every width."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bridge.inbox.operation import store_lost
from bridge.inbox.store import open_inbox
from bridge.web.authentication.keys import hashed
from tests.browser import CALLS, Page, browsing, needs_chromium
from tests.inbox.support import incoming, kept
from tests.phones.office import WATCH, Bridge, Phone
from tests.phones.test_everyone import AXE, FINDINGS, LANGUAGES, OVERFLOWS, THEMES, WIDTHS, looks
from tests.support import TEN, new_sid, unused_port
from tests.web.conftest import settings_with

pytestmark = needs_chromium

KEY = "tbk_an-invented-key-with-the-right"


@pytest.fixture
async def bridge(tmp_path: Path) -> AsyncIterator[Bridge]:
    """One with calls, parked ones and lost ones among them."""
    port = unused_port()
    settings = settings_with(
        {
            "server": {"public_url": f"http://127.0.0.1:{port}"},
            "agents": {"names": ("alice", "bob@example.com")},
            "auth": {"keys": ({"name": "status", "hash": hashed(KEY), "status": True},)},
        },
        tmp_path / "bridge.db",
    )
    opened = Bridge(settings, port)
    async with open_inbox(settings.inbox.database_url.get_secret_value()) as inbox:
        now = datetime.now(UTC)
        for number in ("+33639980001", "+33639980002"):
            await kept(inbox, *incoming(new_sid(), number, at=(now - TEN).total_seconds()))
        due, _ = await inbox.claim(10)
        await inbox.park(due, "INVALID_PHONE_NUMBER: Provided phone number is invalid +33639980001", now=now)
        await store_lost(inbox, [new_sid()], now)
    await opened.start()
    yield opened
    await opened.stop()


async def inspect(phone: Phone, state: str) -> list[tuple[Any, ...]]:
    found: list[tuple[Any, ...]] = []
    await phone.page(AXE + "; true")
    for width, pixels in WIDTHS.items():
        size = {"width": pixels, "height": 1100, "deviceScaleFactor": 1, "mobile": False}
        await phone.page.ask("Emulation.setDeviceMetricsOverride", **size)
        found += [(state, width, one) for one in await phone.page(OVERFLOWS)]
        for theme in THEMES:
            await looks(phone, theme)
            found += [(state, width, theme, one) for one in await phone.page(FINDINGS)]
            await phone.photograph(f"status-{state}-{width}-{theme}", size=size)
    return found


async def go(page: Page, url: str) -> None:
    await page.ask("Page.navigate", url=url)
    await page.until("document.readyState === 'complete' && !!document.querySelector('main.status')")


async def test_everyone_can_read_it(bridge: Bridge, tmp_path: Path) -> None:
    found: list[tuple[Any, ...]] = []
    async with browsing("data:text/html,", tmp_path, *CALLS) as page:
        phone = Phone(page)
        await page.ask("Network.enable")
        await page.ask("Page.addScriptToEvaluateOnNewDocument", source=WATCH)
        await go(page, f"{bridge.url}/status")
        found += await inspect(phone, "sign-in")
        await page(f"document.getElementById('key').value = '{KEY}'; document.querySelector('form').submit()")
        await page.until("document.body?.innerText.includes('bob_example_com')")
        assert await page("document.cookie") == ""
        for language in LANGUAGES:
            await page.ask("Network.setExtraHTTPHeaders", headers={"Accept-Language": language})
            await go(page, f"{bridge.url}/status")
            assert await page("document.documentElement.lang") == language
            found += await inspect(phone, language)
        assert await page("globalThis.violations ?? []") == []
        assert await page("document.scripts.length") == 0
    assert found == []
