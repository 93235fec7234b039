"""Numbers by link and paste, signing in by a link, microphones that are missing, and the size of the page."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from bridge.inbox.sign_ins import add_link
from bridge.inbox.store import open_inbox
from bridge.sandbox.twenty import TwentySandbox
from bridge.sandbox.twilio import TwilioSandbox
from bridge.web.authentication.devices import new_link
from bridge.web.authentication.keys import digest_of
from tests.phones.office import Bridge, Office
from tests.web.authentication.test_caller import BELA, signed_in

LINKS = {
    "+33 6 39 98 00 01": "+33 6 39 98 00 01",
    "tel:+33639980001": "+33639980001",
    "TEL:+33-6-39-98-00-01": "+33-6-39-98-00-01",
    "tel:%2B33639980001": "+33639980001",
    "callto://+33639980001": "+33639980001",
    "web+tel:+33639980001": "+33639980001",
    "tel:+33159130001;ext=12": "+33159130001 x12",
    "tel:0639980001;phone-context=+33": "0639980001",
    "tel:%": "%",
    "": "",
}


async def test_a_number_comes_by_link_by_address_and_by_paste(phones: Office) -> None:
    alice = await phones.phone("?to=tel%3A%2B33639980001")
    read = f"import('/phone/address.js').then(({{ numberOf }}) => {json.dumps(list(LINKS))}.map(numberOf))"
    assert await alice.page(read) == list(LINKS.values())
    await alice.fill("key", phones.key)
    await alice.fill("identity", "alice")
    await alice.click("Sign in")
    await alice.shows("ready")
    typed = "document.querySelector('#number').value"
    assert await alice.page(typed) == "+33639980001"
    await alice.page(
        """{
            const clipboardData = new DataTransfer();
            clipboardData.setData('text', 'tel:+33639980002');
            document.dispatchEvent(new ClipboardEvent('paste', { clipboardData }));
        }"""
    )
    await alice.page.until(f"{typed} === '+33639980002'")
    # A text that is pasted into a note is no number.
    await alice.page(
        """{
            const note = document.body.appendChild(document.createElement('textarea'));
            const clipboardData = new DataTransfer();
            clipboardData.setData('text', 'Wants two');
            note.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true }));
            note.remove();
        }"""
    )
    assert await alice.page(typed) == "+33639980002"
    # With the first press the banner above goes that asks for it.
    await alice.sees("#silent")
    await alice.press(".keypad button:nth-child(5)")
    await alice.page.until("!document.querySelector('#silent')")
    assert await alice.page(typed) == "+336399800025"


async def test_a_link_signs_a_browser_in_once(phones: Office) -> None:
    secret, ends = new_link(), datetime.now(UTC) + timedelta(hours=1)
    assert isinstance(phones.bridge, Bridge)
    database = phones.bridge.settings.inbox.database_url.get_secret_value()
    async with open_inbox(database) as inbox:
        await add_link(inbox, digest=digest_of(secret), identity="alice", expires_at=ends)
    alice = await phones.phone(f"#sign-in={secret}")
    await alice.says("Your link works once.")
    await alice.photograph("sign-in-by-link")
    assert secret not in await alice.page("location.href")
    await alice.click("Sign in")
    await alice.shows("ready")
    await alice.reload()
    await alice.shows("ready")
    await alice.click("Sign out")
    await alice.shows("signed-out")
    await alice.photograph("sign-in")
    again = await phones.phone(f"#sign-in={secret}", apart=True)
    await again.click("Sign in")
    await again.says("This link was used already")
    # While the bridge has not answered, nothing is sent a second time.
    await again.page("globalThis.fetch = () => new Promise(() => {}), true")
    await again.click("Sign in")
    await again.sees("form button:disabled")
    await again.says("Checking…")


async def test_no_microphone_is_seen_at_once(phones: Office) -> None:
    alice = await phones.online()
    devices = "navigator.mediaDevices.enumerateDevices = async () => {}"
    await alice.page(devices.format("[]") + ", true")
    await alice.page("navigator.mediaDevices.dispatchEvent(new Event('devicechange'))")
    await alice.says("There is no microphone. Connect one: callers cannot hear you.")
    await alice.photograph("no-microphone")
    await alice.page(devices.format("[{ kind: 'audioinput' }]") + ", true")
    await alice.page("navigator.mediaDevices.dispatchEvent(new Event('devicechange'))")
    await alice.page.until("!document.querySelector('#microphone')")


@pytest.mark.parametrize("name", ["NotAllowedError", "NotFoundError"])
async def test_a_call_without_a_microphone_says_so(phones: Office, twilio: TwilioSandbox, name: str) -> None:
    alice = await phones.online()
    refuses = f"async () => {{ throw new DOMException('no', '{name}') }}"
    await alice.page(f"navigator.mediaDevices.getUserMedia = {refuses}, true")
    await alice.call("+33612345678")
    await alice.ended("microphone")
    await alice.says("Outgoing: No microphone")
    await alice.says("Allow it next to the address, or close the program that uses it, then call again.")
    assert "talking" not in await alice.page("stages")


@pytest.mark.parametrize("sections", [{"phone": {"contact": "Ines, room 12"}}])
async def test_a_user_of_twenty_who_is_no_agent_reads_why_and_whom_to_ask(
    phones: Office, twenty: TwentySandbox
) -> None:
    pair = json.dumps({"accessOrWorkspaceAgnosticToken": {"token": await signed_in(twenty, BELA)}})
    bela = await phones.phone(script=f"localStorage.setItem('tokenPairState', {json.dumps(pair)});")
    await bela.says("You are not set up as an agent")
    await bela.says(f"Ask Ines, room 12. They need your name: {BELA}.")
    await bela.photograph("no-agent")


async def test_phone_links_are_opened_with_the_page(phones: Office) -> None:
    asks = """{
        const ask = navigator.registerProtocolHandler.bind(navigator);
        navigator.registerProtocolHandler = (scheme, url) => {
            ask(scheme, url);
            globalThis.taken = [scheme, url];
        };
    }"""
    alice = await phones.online(script=asks)
    await alice.click("Open phone links with this phone")
    scheme, url = await alice.page.until("taken")
    assert (scheme, url) == ("tel", f"{phones.bridge.url}/phone?to=%s")
    await alice.page("location = " + json.dumps(url.replace("%s", "tel%3A%2B33639980001")))
    await alice.page.until("document.querySelector('#number')?.value === '+33639980001'")
    await alice.shows("ready")
