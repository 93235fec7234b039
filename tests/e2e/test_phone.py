"""An agent's phone, from the page that the bridge serves to what Twenty shows."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bridge.demo.bridge import CONFIG, WIDGET_KEY, environment, known_to
from bridge.demo.process import BridgeProcess, running
from bridge.sandbox.twenty import TwentySandbox
from bridge.sandbox.twilio import Party, TwilioSandbox
from tests.browser import needs_chromium
from tests.e2e.phone import Office, office
from tests.support import create_person, phone_calls

pytestmark = needs_chromium

JANE = "+33612345678"
HOLDS = Party.answers(after=1, talks=None)


@pytest.fixture
def tokens() -> str:
    """The section of the settings."""
    return ""


@pytest.fixture
async def bridge(
    twilio: TwilioSandbox, twenty: TwentySandbox, tmp_path: Path, tokens: str
) -> AsyncIterator[BridgeProcess]:
    """The bridge, whose page finds the sandbox."""
    folder = tmp_path / "bridge"
    folder.mkdir()
    phone = f"phone: {{signalling: 'ws://{twilio.signalling_host}'}}\n"
    folder.joinpath("config.yaml").write_text(CONFIG + phone + tokens)
    async with running(environment(twilio, twenty, folder), folder) as process:
        known_to(twilio, listens_on=process.url)
        yield process


@pytest.fixture
async def phones(bridge: BridgeProcess, twilio: TwilioSandbox, tmp_path: Path) -> AsyncIterator[Office]:
    async with office(bridge, twilio, tmp_path, WIDGET_KEY) as opened:
        yield opened


async def recorded(twenty: TwentySandbox, **wanted: Any) -> dict[str, Any]:
    """The only call, once Twenty shows it like that."""
    found: list[dict[str, Any]] = []
    try:
        async with asyncio.timeout(20):
            while True:
                found = list((await phone_calls(twenty)).values())
                if len(found) == 1 and all(found[0][name] == value for name, value in wanted.items()):
                    return found[0]
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise AssertionError(found) from None


async def test_a_customer_is_called(phones: Office, twilio: TwilioSandbox, twenty: TwentySandbox) -> None:
    jane = await create_person(twenty, "Jane Doe", primaryPhoneNumber=JANE)
    twilio.parties[JANE] = HOLDS
    alice = await phones.online()
    await alice.call("06 12 34 56 78")
    await alice.in_stage("talking")
    await alice.says("Jane Doe")
    await alice.photograph("in-call")
    await alice.click("Mute")
    await alice.says("Unmute")
    await alice.click("Keys")
    await alice.click("5")
    await alice.click("Hang up")
    await alice.ended("hung_up")
    await alice.photograph("ended")
    await recorded(twenty, status="COMPLETED", direction="OUTBOUND", personId=jane)


async def test_a_customer_calls(phones: Office, twilio: TwilioSandbox, twenty: TwentySandbox) -> None:
    jane = await create_person(twenty, "Jane Doe", primaryPhoneNumber=JANE)
    alice = await phones.online()
    calling = asyncio.create_task(twilio.call_from_phone(JANE))
    await alice.rings()
    await alice.says("Jane Doe")
    await alice.photograph("rings")
    await alice.click("Answer")
    await alice.in_stage("talking")
    twilio.skip(5)
    await alice.click("Hang up")
    await alice.ended("hung_up")
    await calling
    await recorded(twenty, status="COMPLETED", direction="INBOUND", personId=jane)


async def test_a_call_is_declined(phones: Office, twilio: TwilioSandbox) -> None:
    alice = await phones.online()
    calling = asyncio.create_task(twilio.call_from_phone(JANE))
    await alice.rings()
    await alice.click("Decline")
    await alice.ended("declined")
    played = await calling
    assert "busy" in [leg.status for leg in played.legs if leg.to == "client:alice"]


async def test_a_refused_number_is_refused_in_words_and_never_dialled(
    phones: Office, twilio: TwilioSandbox
) -> None:
    alice = await phones.online()
    await alice.call("0899123456")
    await alice.says("Calls to premium-rate and other special numbers are not allowed.")
    await alice.photograph("refused")
    await alice.page("fetch = () => { throw new Error('an emergency number was asked about') }")
    await alice.call("112")
    await alice.says("Emergency numbers cannot be called from here. Please use another phone.")
    await alice.photograph("emergency")
    assert not twilio.account.calls


async def test_a_call_that_is_not_answered_never_looks_answered(
    phones: Office, twilio: TwilioSandbox
) -> None:
    alice = await phones.online()
    twilio.parties[JANE] = Party.busy(after=0)
    await alice.call(JANE)
    await alice.ended("not_answered")


async def test_a_lost_socket_comes_back_and_a_call_that_rang_out_ends(
    phones: Office, twilio: TwilioSandbox
) -> None:
    """The SDK would leave that call without an end, and its device busy for ever."""
    alice = await phones.online()
    twilio.parties[JANE] = Party.answers(after=60, talks=None)
    await alice.call(JANE)
    await alice.in_stage("alerting")
    await twilio.signalling.drop()
    await alice.ended("connection_lost")
    await alice.shows("ready")
    twilio.parties[JANE] = HOLDS
    await alice.call(JANE)
    await alice.in_stage("talking")
    await twilio.signalling.drop()
    await alice.in_stage("talking")
    await alice.shows("ready")


@pytest.mark.parametrize("tokens", ["tokens: {ttl_seconds: 60}\n"])
async def test_a_token_of_a_minute_is_renewed_in_time(phones: Office, twilio: TwilioSandbox) -> None:
    alice = await phones.online()
    asked = "performance.getEntriesByType('resource').filter(({name}) => name.endsWith('/token')).length"
    assert await alice.page(asked) == 1
    # As after sleep: time has passed, and no timer fired.
    await alice.page("{ const now = Date.now; Date.now = () => now() + 31_000; }")
    await alice.page("dispatchEvent(new Event('pageshow')), true")
    await alice.page.until(f"{asked} >= 2")
    assert await alice.page(asked) == 2
    await alice.shows("ready")
