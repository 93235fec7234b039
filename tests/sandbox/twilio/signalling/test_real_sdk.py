"""The unmodified Voice SDK in Chromium, on this signalling server."""

import asyncio
import io
import json
import time
import wave
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

import bridge
from bridge.sandbox.twilio import Party, TwilioSandbox
from bridge.sandbox.twilio.twiml import parse_document
from tests.browser import CALLS, Page, another, browsing, needs_chromium
from tests.sandbox.twilio.signalling.support import MOBILE, OWN, eventually, in_time, token
from tests.sandbox.twilio.support import App, events

PAGE = Path(__file__).with_name("page")
VENDOR = Path(bridge.__file__).parent / "web" / "phone" / "static" / "vendor"
HOLDS = Party.answers(after=1, talks=None)

pytestmark = needs_chromium


@dataclass
class Sdk:
    """A page with the SDK, online as an agent."""

    page: Page

    async def said(self, *names: str) -> None:
        """Waits until the SDK has said these, in this order."""
        listed = json.dumps(names)
        await self.page.until(
            f"{listed}.reduce((at, name) => at < 0 ? at : said.indexOf(name, at) + 1 || -1, 0) > 0"
        )

    async def errors(self) -> list[int]:
        codes: list[int] = await self.page("errors")
        return codes

    async def forget(self) -> None:
        await self.page("said.length = errors.length = 0")


def beep() -> bytes:
    """A tenth of a second of silence."""
    written = io.BytesIO()
    with wave.open(written, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(1600))
    return written.getvalue()


@pytest.fixture
async def site() -> AsyncIterator[str]:
    """The page with the SDK."""

    async def sound(_: web.Request) -> web.Response:
        return web.Response(body=beep(), content_type="audio/wav")

    app = web.Application()
    app.add_routes([web.get("/beep.wav", sound), web.static("/vendor", VENDOR), web.static("/", PAGE)])
    async with TestServer(app) as server:
        yield str(server.make_url("/index.html"))


@dataclass
class Browser:
    """One Chromium for all pages of a test."""

    site: str
    sandbox: TwilioSandbox
    profile: Path
    stack: AsyncExitStack
    pages: list[Page] = field(default_factory=list)

    async def open(self, url: str) -> Page:
        opening = another(url, self.profile) if self.pages else browsing(url, self.profile, *CALLS)
        self.pages.append(await self.stack.enter_async_context(opening))
        return self.pages[-1]

    async def online(self, identity: str = "alice", *, ttl: float = 600, **options: Any) -> Sdk:
        """A page with the SDK that is registered."""
        sdk = Sdk(await self.open(self.site))
        access = token(self.sandbox, identity, exp=time.time() + ttl)
        await sdk.page(f"start('{self.sandbox.signalling_host}', '{access}', {json.dumps(options)})")
        await sdk.said("registered")
        return sdk

    async def telephone(self, number: str, **query: str) -> Page:
        """The customer's telephone, ready."""
        page = await self.open(f"{self.sandbox.telephone_url(number)}&{urlencode(query)}")
        await shows(page, "ready")
        return page


async def shows(telephone: Page, status: str) -> None:
    """Waits until a telephone shows a status."""
    await telephone.until(f"document.getElementById('status').textContent === '{status}'")


async def click(telephone: Page, button: str) -> None:
    await telephone(f"document.getElementById('{button}').click()")


@pytest.fixture
async def browser(site: str, sandbox: TwilioSandbox, tmp_path: Path) -> AsyncIterator[Browser]:
    async with AsyncExitStack() as stack:
        browser = Browser(site, sandbox, tmp_path / "chromium", stack)
        yield browser
        assert [said for page in browser.pages for said in page.said] == []


@pytest.fixture
def calling(app: App, sandbox: TwilioSandbox) -> None:
    """Who is called answers after a second, and holds the line."""
    app.dial(f"<Number {events()}>{MOBILE}</Number>", callerId=OWN, answerOnBridge="true")
    sandbox.parties[MOBILE] = HOLDS


HEARD = """new Promise(async (done) => {
    const context = new AudioContext();
    await context.resume();
    const analyser = new AnalyserNode(context, {fftSize: 8192});
    context.createMediaStreamSource(call.getRemoteStream()).connect(analyser);
    const levels = new Float32Array(analyser.frequencyBinCount);
    const look = () => {
        analyser.getFloatFrequencyData(levels);
        const loudest = levels.indexOf(Math.max(...levels));
        const heard = levels[loudest] > -60;
        if (heard && Math.abs(loudest - before) < 2) done(loudest * context.sampleRate / analyser.fftSize);
        before = heard ? loudest : -2;
        setTimeout(look, 100);
    };
    let before = -2;
    setTimeout(look, 300);
})"""
"""The loudest frequency that a page with the SDK hears, in Hz, once it hears the same twice.

The beginning of a sound has others, and one that a busy machine delays.
"""


def call_out(to: str = MOBILE) -> str:
    return f"dial({{To: '{to}', note: 'é &='}})"


@pytest.mark.usefixtures("calling")
async def test_calling(app: App, sandbox: TwilioSandbox, browser: Browser) -> None:
    alice = await browser.online()
    await alice.page(call_out())
    await alice.said("ringing", "accept")
    assert await alice.page("call.status()") == "open"
    sid = await alice.page("sid()")
    assert app.got("/voice")[0]["note"] == "é &="
    await alice.page("call.sendDigits('1w2#')")
    leg = sandbox.account.calls[sid]
    await eventually(lambda: leg.digits)
    await alice.page("void call.sendMessage({content: {a: 1}, messageType: 'user-defined-message'})")
    await alice.said("messageSent")
    assert json.loads(leg.messages[0]["content"]) == {"a": 1}
    await sandbox.signalling.send(leg, {"content": "hello", "messagetype": "user-defined-message"})
    await alice.said("messageReceived", "hello")
    await alice.page("call.disconnect()")
    await alice.said("disconnect")
    assert (await in_time(sandbox.finished(sid))).status == "completed"
    assert await alice.errors() == []


@pytest.mark.usefixtures("calling")
async def test_busy_and_given_up_never_look_answered(sandbox: TwilioSandbox, browser: Browser) -> None:
    alice = await browser.online()
    sandbox.parties[MOBILE] = Party.busy(after=0)
    await alice.page(call_out())
    await alice.said("ringing", "disconnect")
    sandbox.parties[MOBILE] = Party.no_answer()
    await alice.forget()
    await alice.page(call_out())
    await alice.said("ringing")
    await alice.page("call.disconnect()")
    await alice.said("disconnect")
    sandbox.signalling.switches.refuse_calls = (31603, "declined")
    await alice.forget()
    await alice.page(call_out())
    await alice.said("error", "disconnect")
    assert "accept" not in await alice.page("said")
    assert await alice.errors() == [31005]
    assert await alice.page("device.isBusy") is False


@pytest.mark.usefixtures("calling")
async def test_early_media(sandbox: TwilioSandbox, browser: Browser) -> None:
    sandbox.parties[MOBILE] = Party.answers(after=20, talks=None, early_media=True)
    alice = await browser.online()
    await alice.page(call_out())
    await alice.said("ringing")
    assert await alice.page("call.status()") == "ringing"
    sandbox.skip(21)
    await alice.said("accept")
    assert await alice.page("call.status()") == "open"


async def test_being_called(app: App, sandbox: TwilioSandbox, browser: Browser) -> None:
    parameter = '<Parameter name="person" value="J &amp; = 100 %"/>'
    app.dial(f"<Client><Identity>alice</Identity>{parameter}</Client>")
    alice = await browser.online()
    call = asyncio.create_task(sandbox.call_from_phone(MOBILE))
    await alice.said("incoming")
    assert await alice.page("call.customParameters.get('person')") == "J & = 100 %"
    assert await alice.page("call.parameters.From") == MOBILE
    await alice.page("call.accept()")
    await alice.said("accept")
    await alice.page("call.disconnect()")
    await alice.said("disconnect")
    assert [leg.status for leg in (await in_time(call)).legs] == ["completed"]
    await alice.forget()
    call = asyncio.create_task(sandbox.call_from_phone(MOBILE))
    await alice.said("incoming")
    await alice.page("call.reject()")
    assert [leg.status for leg in (await in_time(call)).legs] == ["busy"]
    await alice.forget()
    call = asyncio.create_task(sandbox.call_from_phone(MOBILE, caller_hangs_up_after=3))
    await alice.said("incoming")
    sandbox.skip(3)
    await alice.said("cancel")
    assert [leg.status for leg in (await in_time(call)).legs] == ["canceled"]
    assert await alice.errors() == []


async def test_two_devices_of_one_agent(app: App, sandbox: TwilioSandbox, browser: Browser) -> None:
    app.dial("<Client>alice</Client>")
    first, second = await browser.online(), await browser.online()
    call = asyncio.create_task(sandbox.call_from_phone(MOBILE))
    await first.said("incoming")
    await second.said("incoming")
    await second.page("call.accept()")
    await second.said("accept")
    await first.said("cancel")
    await second.page("call.disconnect()")
    assert [leg.status for leg in (await in_time(call)).legs] == ["canceled", "completed"]


@pytest.mark.usefixtures("calling")
async def test_a_lost_socket_in_a_call(sandbox: TwilioSandbox, browser: Browser) -> None:
    alice = await browser.online(maxCallSignalingTimeoutMs=30_000)
    await alice.page(call_out())
    await alice.said("accept")
    await alice.forget()
    await sandbox.signalling.drop()
    await alice.said("unregistered", "registered")
    await alice.said("transportClose", "reconnecting", "reconnected")
    assert await alice.page("call.status()") == "open"
    await alice.page("call.disconnect()")
    await alice.said("disconnect")
    assert set(await alice.errors()) <= {31005, 53001}


async def test_traps_of_a_lost_socket(app: App, sandbox: TwilioSandbox, browser: Browser) -> None:
    """What a page has to live with: a call that rings is lost without `cancel`, and without `disconnect`."""
    app.dial("<Client>alice</Client>")
    alice = await browser.online()
    call = asyncio.create_task(sandbox.call_from_phone(MOBILE))
    await alice.said("incoming")
    await sandbox.signalling.drop()
    await alice.said("transportClose", "registered")
    assert "cancel" not in await alice.page("said")
    sandbox.skip(30)
    assert [leg.status for leg in (await in_time(call)).legs] == ["no-answer"]
    app.dial(f"<Number>{MOBILE}</Number>", callerId=OWN, answerOnBridge="true")
    await alice.forget()
    await alice.page(call_out())
    await alice.said("ringing")
    await sandbox.signalling.drop()
    await alice.said("transportClose", "registered")
    assert "disconnect" not in await alice.page("said")
    await alice.page.until("call.status() === 'closed' && device.isBusy")
    await eventually(lambda: all(leg.is_over for leg in sandbox.account.calls.values()))


@pytest.mark.usefixtures("calling")
async def test_a_restarted_server_ends_no_call(sandbox: TwilioSandbox, browser: Browser) -> None:
    alice = await browser.online(maxCallSignalingTimeoutMs=30_000)
    await alice.page(call_out())
    await alice.said("accept")
    await alice.forget()
    sandbox.signalling.switches.available = False
    [device] = sandbox.signalling.devices.values()
    await device.leave()
    await alice.said("unregistered")
    sandbox.signalling.switches.available = True
    await alice.said("reconnecting", "reconnected")
    assert await alice.page("call.status()") == "open"


@pytest.mark.usefixtures("calling")
async def test_a_token_is_renewed_in_a_call(sandbox: TwilioSandbox, browser: Browser) -> None:
    alice = await browser.online(ttl=12, tokenRefreshMs=10_000)
    await alice.page(call_out())
    await alice.said("accept")
    await alice.said("tokenWillExpire")
    await alice.page(f"device.updateToken('{token(sandbox)}')")
    [leg] = [leg for leg in sandbox.account.calls.values() if leg.device]
    await alice.page("call.sendDigits('7')")
    await eventually(lambda: leg.digits == "7")
    assert await alice.page("call.status()") == "open"
    await alice.page("call.disconnect()")
    await alice.said("disconnect")
    assert await alice.errors() == []


async def test_a_token_that_is_refused(sandbox: TwilioSandbox, browser: Browser) -> None:
    alice = await browser.online()
    for code, bad in ((20104, {"exp": 1}), (53000, {"sub": "AC" + "0" * 32})):
        await alice.forget()
        await alice.page(f"device.updateToken('{token(sandbox, **bad)}')")
        await alice.said("device error")
        assert await alice.errors() == [code]


@pytest.mark.usefixtures("calling")
async def test_a_closed_page_has_hung_up(sandbox: TwilioSandbox, browser: Browser) -> None:
    alice = await browser.online()
    await alice.page(call_out())
    await alice.said("accept")
    sid = await alice.page("sid()")
    await alice.page.ask("Page.navigate", url="about:blank")
    assert (await in_time(sandbox.finished(sid))).status == "completed"
    await eventually(lambda: not sandbox.signalling.devices)


async def test_two_browsers_hear_each_other(app: App, sandbox: TwilioSandbox, browser: Browser) -> None:
    app.dial("<Client>bob</Client>", answerOnBridge="true")
    alice, bob = await browser.online(), await browser.online("bob")
    await alice.page(call_out("client:bob"))
    await bob.said("incoming")
    await bob.page("call.accept()")
    await alice.said("accept")
    for sdk in (alice, bob):
        await sdk.page("call.on('sample', ({totals}) => { globalThis.packets = totals.packetsReceived; })")
        await sdk.page.until("globalThis.packets > 50")
    await alice.page("call.sendDigits('5')")
    await eventually(
        lambda: sandbox.account.calls and any(leg.digits == "5" for leg in sandbox.account.calls.values())
    )
    sandbox.signalling.weather.drop = 0.5
    await alice.said("warning high-packets-lost-fraction")
    sandbox.signalling.weather.drop = 0.0
    await bob.page("call.disconnect()")
    await alice.said("disconnect")


async def test_the_customers_telephone_calls(app: App, sandbox: TwilioSandbox, browser: Browser) -> None:
    """After a greeting, that has answered it already, it is connected with sound."""
    alice, telephone = await browser.online(), await browser.telephone(MOBILE, tone="800")
    app.on("/voice", "<Response><Say>Hello</Say><Dial><Client>alice</Client></Dial></Response>")
    await click(telephone, "call")
    await shows(telephone, "talking")
    sandbox.skip(2)
    await alice.said("incoming")
    assert await alice.page("call.parameters.From") == MOBILE
    await alice.page("call.accept()")
    await alice.said("accept")
    await telephone.until("measure().then(({packets}) => packets > 50)")
    assert await alice.page(HEARD) == pytest.approx(800, abs=15)
    await click(telephone, "hangup")
    await alice.said("disconnect")
    await shows(telephone, "the call is over")


async def test_the_customers_telephone_is_called_and_sent_on(
    app: App, sandbox: TwilioSandbox, browser: Browser
) -> None:
    """Its sound goes along to the one who gets the call."""
    alice, telephone = await browser.online(), await browser.telephone(MOBILE, tone="800")
    app.dial(f"<Number>{MOBILE}</Number>", callerId=OWN, answerOnBridge="true")
    await alice.page(call_out())
    await alice.said("ringing")
    await shows(telephone, f"{OWN} calls")
    await click(telephone, "answer")
    await alice.said("accept")
    assert await alice.page(HEARD) == pytest.approx(800, abs=15)
    await alice.page("call.sendDigits('42')")
    await telephone.until("document.getElementById('heard').textContent === 'keys 42'")
    [child] = [leg for leg in sandbox.account.calls.values() if leg.to == MOBILE and leg.parent_sid]
    bob = await browser.online("bob")
    sandbox.command(child, parse_document("<Response><Dial><Client>bob</Client></Dial></Response>"))
    await alice.said("disconnect")
    await bob.said("incoming")
    await bob.page("call.accept()")
    await bob.said("accept")
    assert await bob.page(HEARD) == pytest.approx(800, abs=15)
    await bob.page("call.disconnect()")
    await shows(telephone, "the call is over")
    await alice.forget()
    await alice.page(call_out())
    await shows(telephone, f"{OWN} calls")
    await click(telephone, "decline")
    await alice.said("disconnect")
    assert sandbox.account.calls[(await alice.page("sid()"))].status == "busy"
