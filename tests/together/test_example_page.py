"""The page of docs/examples, in a real browser, beside the bridge and both sandboxes."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

import bridge
from bridge.sandbox.twilio import Leg, Party, PlayedCall
from tests.browser import CALLS, Page, browsing, needs_chromium
from tests.phones.reader import Reader
from tests.phones.test_everyone import AXE, FINDINGS, OVERFLOWS
from tests.support import ask, create_person, eventually, finished, nodes_of, until
from tests.together.conftest import House, OpenHouse
from tests.web.conftest import KEY

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
STAND_IN = Path(__file__).with_name("twilio.js")
JANE = "+33612345678"
HOLDS = Party.answers(after=2, talks=None)

pytestmark = needs_chromium


@dataclass
class Phone:
    """The page; `calls` are those that are on."""

    house: House
    page: Page
    calls: list[asyncio.Task[PlayedCall]] = field(default_factory=list)

    async def types(self, **fields: str) -> None:
        """What a user writes into fields."""
        for name, text in fields.items():
            await self.page(f"document.getElementById('{name}').value = '{text}'")

    async def clicks(self, button: str, then: str) -> None:
        """A click on a button, and what the page says then."""
        await self.page(f"document.getElementById('{button}').click()")
        await self.says(then)

    async def says(self, text: str) -> None:
        """What stands at the top of the page, at last."""
        await self.page.until(f"document.getElementById('status').textContent === '{text}'")

    async def offers(self) -> set[str]:
        """The buttons that can be pressed, but those that always can."""
        buttons = "[...document.querySelectorAll('button:not([disabled])')].map((one) => one.id)"
        return set(await self.page(buttons)) - {"online", "look-up"}

    async def until_talking(self, to: str) -> Leg:
        """The leg on which somebody who was rung talks."""

        def on() -> list[Leg]:
            legs = self.house.twilio.account.calls.values()
            return [leg for leg in legs if leg.status == "in-progress" and leg.to == to and leg.parent_sid]

        await eventually(lambda: bool(on()))
        return on()[0]


@asynccontextmanager
async def site(opened: list[Phone]) -> AsyncIterator[str]:
    """Where the example's pages are served, with a stand-in for Twilio's SDK."""

    async def sdk(_: web.Request) -> web.FileResponse:
        return web.FileResponse(STAND_IN)

    async def place(request: web.Request) -> web.Response:
        """The SDK's way to Twilio: with the token, and what the page says to the TwiML App."""
        asked = json.loads(await request.read())
        to = asked["params"].pop("To")
        call = opened[0].house.twilio.call_from_token(asked["token"], to, parameters=asked["params"])
        opened[0].calls.append(asyncio.create_task(call))
        return web.json_response({"CallSid": (await opened[0].until_talking(to)).parent_sid})

    app = web.Application()
    # Before the pages: the first route that fits is taken.
    app.add_routes([web.post("/sandbox", place), web.get("/twilio.min.js", sdk), web.static("/", EXAMPLES)])
    async with TestServer(app) as server:
        yield str(server.make_url("")).rstrip("/")


@pytest.fixture
async def phone(open_house: OpenHouse, tmp_path: Path) -> AsyncIterator[Phone]:
    """The page, online as Alice."""
    opened: list[Phone] = []
    async with site(opened) as origin:
        house = await open_house(cors={"origins": (origin,)})
        async with browsing(f"{origin}/phone.html?bridge={house.url}", tmp_path / "chromium", *CALLS) as page:
            opened.append(Phone(house, page))
            await opened[0].types(key=KEY, identity="alice")
            await opened[0].clicks("online", "online as alice")
            yield opened[0]
            assert page.said == []


async def test_the_page_is_for_everyone(tmp_path: Path) -> None:
    async with site([]) as origin, browsing(f"{origin}/phone.html", tmp_path / "chromium", *CALLS) as page:
        size = {"width": 320, "height": 640, "deviceScaleFactor": 1, "mobile": False}
        await page.ask("Emulation.setDeviceMetricsOverride", **size)
        await page(AXE + "; true")
        assert [await page(found_by) for found_by in (FINDINGS, OVERFLOWS)] == [[], []]
        reader = Reader(page, "en")
        assert await reader.nameless() == []
        assert [one.role for one in await reader.nodes() if one.role == "status"] == ["status"]
        assert await page("document.querySelectorAll('button:not([disabled])').length") == 2


async def test_calling(phone: Phone) -> None:
    jane = await create_person(phone.house.twenty, "Jane Doe", primaryPhoneNumber=JANE)
    phone.house.twilio.parties[JANE] = HOLDS
    await phone.types(number=JANE)
    await phone.page("document.getElementById('look-up').click()")
    await phone.page.until("document.getElementById('person').textContent === 'Jane Doe'")
    assert jane in await phone.page("document.getElementById('person').href")
    assert await phone.offers() == {"call"}
    await phone.clicks("call", "talking")
    assert await phone.offers() == {"hang-up", "end", "record", "pause", "transfer", "dispose"}
    await phone.clicks("record", "recording: in-progress")
    await phone.clicks("pause", "recording: paused")
    await phone.page("document.getElementById('end').click()")
    played = await phone.calls[0]
    assert (played.errors, played.legs[0].status) == ([], "completed")
    await phone.types(outcome="Interested", note="Send the offer.")
    await phone.clicks("dispose", "noted")
    record = await finished(phone.house.twenty, played.sid)
    assert (record["status"], record["personId"]) == ("COMPLETED", jane)

    async def noted() -> None:
        notes = nodes_of(
            await ask(phone.house.twenty, "{ notes { edges { node { bodyV2 { markdown } } } } }")
        )
        assert any("Send the offer." in note["bodyV2"]["markdown"] for note in notes)

    await until(noted, AssertionError)


async def test_being_called_and_sending_on(phone: Phone) -> None:
    phone.house.twilio.parties["client:alice"] = HOLDS
    phone.house.twilio.parties["client:bob"] = Party.answers(after=2, talks=30)
    call = asyncio.create_task(phone.house.twilio.call_from_phone(JANE))
    leg = await phone.until_talking("client:alice")
    told = f"{{CallSid: '{leg.sid}', From: '{JANE}'}}, {{name: 'Jane Doe', url: 'https://crm.example.com/1'}}"
    await phone.page(f"Twilio.devices[0].emit('incoming', new Twilio.Call({told}))")
    await phone.says("Jane Doe calls")
    assert await phone.offers() == {"answer", "decline"}
    assert await phone.page("document.getElementById('person').href") == "https://crm.example.com/1"
    await phone.clicks("answer", "talking")
    await phone.types(number="client:bob")
    await phone.clicks("transfer", "sent on")
    played = await call
    assert [one.status for one in played.legs if one.to == "client:bob"][-1] == "completed"


async def test_a_token_is_fetched_before_half_of_its_life_is_over(phone: Phone) -> None:
    """The timer is the page's own: here it comes at once, as it does in a browser that slept."""
    await phone.page("Date.now = () => performance.timeOrigin + performance.now() + 3_600_000")
    await phone.page("dispatchEvent(new Event('online'))")
    await phone.page.until("Twilio.devices[0].updates === 1 && Twilio.devices[0].token.startsWith('eyJ')")


def test_the_timer_is_the_phone_pages() -> None:
    page = Path(bridge.__file__).parent / "web" / "phone" / "static" / "state" / "renewal.js"
    assert (EXAMPLES / "renewal.js").read_bytes() == page.read_bytes()


async def test_a_user_of_twenty_needs_no_key(phone: Phone) -> None:
    pair = {"accessOrWorkspaceAgnosticToken": {"token": phone.house.twenty.user_token}}
    await phone.page(f"localStorage.setItem('tokenPairState', {json.dumps(json.dumps(pair))})")
    await phone.types(key="", identity="twenty-user-1763800000000")
    await phone.page("document.getElementById('online').click()")
    await phone.page.until(
        "/^online as wm_[0-9a-f]{32}$/.test(document.getElementById('status').textContent)"
    )


async def test_what_the_bridge_refuses_is_said(phone: Phone) -> None:
    await phone.types(key="nobodys", number=JANE)
    await phone.clicks("look-up", "This is neither a key of ours nor an access token of Twenty\\'s.")
