"""An agent's phone, from the page that the bridge serves to what Twenty shows."""

import asyncio
from typing import Any

import pytest

from bridge.sandbox.twenty import TwentySandbox
from bridge.sandbox.twilio import Party, TwilioSandbox
from tests.browser import needs_chromium
from tests.phones.office import SIZE, Office, played_out
from tests.support import create_person, eventually, phone_calls, until

pytestmark = needs_chromium

JANE, JOHN = "+33612345678", "+33698765432"
SECOND = "+33159130002"
WIDE = {"width": 1000, "height": 620, "deviceScaleFactor": 1, "mobile": False}
HOLDS = Party.answers(after=1, talks=None)
NOTICES = """
globalThis.notices = [];
globalThis.Notification = class extends EventTarget {
    static permission = 'granted';
    constructor(title) { super(); notices.push(title); }
    close() { notices.push('closed'); }
};
document.hasFocus = () => false;
"""
"""The system's notifications, which the agent has allowed before they turned to another window."""


async def recorded(twenty: TwentySandbox, **wanted: Any) -> dict[str, Any]:
    """The only call, once Twenty shows it like that."""

    async def is_there() -> dict[str, Any]:
        found = list((await phone_calls(twenty)).values())
        assert len(found) == 1
        assert wanted.items() <= found[0].items()
        return found[0]

    return await until(is_there, AssertionError)


async def test_a_customer_is_called(phones: Office, twilio: TwilioSandbox, twenty: TwentySandbox) -> None:
    jane = await create_person(twenty, "Jane Doe", primaryPhoneNumber=JANE)
    twilio.parties[JANE] = HOLDS
    alice = await phones.online()
    await alice.gesture()
    await alice.call("06 12 34 56 78")
    await alice.in_stage("talking")
    await alice.says("Jane Doe")
    await alice.sees("[aria-keyshortcuts$='8']")
    await alice.sees(".conference")
    # What came before the page's stream began was not heard: it is asked for then.
    await alice.page(
        "import('/phone/desk/calls.js').then(({ hear, known }) => {"
        " const [call] = Object.values(known.value); hear({ ...call, can: { ...call.can, hold: false } }); })"
    )
    await alice.page.until("!document.querySelector('.conference')")
    await alice.page("import('/phone/desk/calls.js').then(({ reload }) => reload())")
    await alice.sees(".conference")
    await alice.photograph("in-call")
    await alice.photograph("desk", size=WIDE)
    await alice.click("Mute")
    await alice.says("Unmute")
    await alice.click("Keys")
    await alice.click("5")
    await alice.click("Hang up")
    await alice.ended("hung_up")
    await alice.photograph("ended")
    await recorded(twenty, status="COMPLETED", direction="OUTBOUND", personId=jane)


@pytest.mark.parametrize("sections", [{"dialling": {"caller_ids": (SECOND,)}}])
async def test_a_customer_sees_the_caller_id_that_the_agent_chose(
    phones: Office, twilio: TwilioSandbox
) -> None:
    twilio.account.verified.add(SECOND)
    twilio.parties[JANE] = Party.busy(after=0)
    alice = await phones.online()
    await alice.sees("#caller-id option + option")
    shown = await alice.page("[...document.querySelectorAll('#caller-id option')].map((one) => one.text)")
    assert shown == ["+33 1 59 13 00 01", "+33 1 59 13 00 02"]
    await alice.choose("caller-id", SECOND)
    await alice.call(JANE)
    await alice.ended("busy")
    await alice.choose("caller-id", "")
    await alice.call(JANE)
    await alice.page.until("document.querySelectorAll('.over[data-reason=busy]').length === 2")
    legs = [leg for leg in twilio.account.calls.values() if leg.parent_sid]
    assert [(leg.to, leg.from_) for leg in legs] == [(JANE, SECOND), (JANE, "+33159130001")]


async def test_a_customer_calls(phones: Office, twilio: TwilioSandbox, twenty: TwentySandbox) -> None:
    jane = await create_person(twenty, "Jane Doe", primaryPhoneNumber=JANE)
    alice = await phones.online(script=NOTICES)
    await alice.gesture()
    # It is seen also by an agent who reads what stands below the telephone.
    await alice.page.ask("Emulation.setDeviceMetricsOverride", **{**SIZE, "height": 500})
    await alice.page("scrollTo(0, document.body.scrollHeight)")
    calling = asyncio.create_task(twilio.call_from_phone(JANE))
    await alice.rings()
    assert await alice.page(
        "scrollY > 100 && document.querySelector('.incoming').getBoundingClientRect().y >= 0"
    )
    await alice.page.until("notices.length === 1 && notices[0] !== 'closed'")
    await alice.says("Jane Doe")
    # As people write it, also as long as the bridge has heard of no callback of the call.
    await alice.page("import('/phone/desk/calls.js').then(({ known }) => { known.value = {}; })")
    await alice.says("+33 6 12 34 56 78")
    await alice.page("scrollTo(0, 0)")
    await alice.photograph("rings")
    await alice.click("Answer")
    await alice.in_stage("talking")
    await alice.page.until("notices.slice(1).join() === 'closed'")
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
    await eventually(
        lambda: "busy" in [leg.status for leg in twilio.account.calls.values() if leg.to == "client:alice"]
    )
    await played_out(twilio, calling)
    # One that does not come to be answered can be left: the browser still asks for the microphone.
    await alice.page("navigator.mediaDevices.getUserMedia = () => new Promise(() => {}), true")
    calling = asyncio.create_task(twilio.call_from_phone(JOHN))
    await alice.rings()
    await alice.click("Answer")
    await alice.click("Hang up", within=".incoming ")
    await alice.page.until("document.querySelectorAll('.over[data-reason=declined]').length === 2")
    await played_out(twilio, calling)


async def test_a_refused_number_is_refused_in_words_and_never_dialled(
    phones: Office, twilio: TwilioSandbox
) -> None:
    alice = await phones.online()
    await alice.call("0899 12 34 56")
    await alice.says("Calls to premium-rate and other special numbers are not allowed.")
    await alice.photograph("refused")
    await alice.page("fetch = () => { throw new Error('an emergency number was asked about') }")
    await alice.call("112")
    await alice.says("Emergency numbers cannot be called from here. Please use another phone.")
    await alice.photograph("emergency")
    assert not twilio.account.calls


NOT_TAKEN = {
    "busy": Party.busy(after=0),
    "failed": Party.failed(),
    "not_answered": Party.no_answer(),
}
WORDS = {
    "busy": "Outgoing: Busy",
    "failed": "Outgoing: Could not be connected: check the number",
    "not_answered": "Outgoing: Not answered",
}


async def test_a_call_that_is_not_taken_says_why_and_never_looks_answered(
    phones: Office, twilio: TwilioSandbox
) -> None:
    alice = await phones.online()
    for reason, party in NOT_TAKEN.items():
        twilio.parties[JANE] = party
        await alice.call(JANE)
        if reason == "not_answered":
            await alice.in_stage("alerting")
            twilio.skip(60)
        await alice.ended(reason)
        await alice.says(WORDS[reason])
        await alice.photograph(reason)
    twilio.account.numbers.clear()
    await alice.call(JANE)
    await alice.ended("refused")
    await alice.says("Twilio refused this call. Mostly the number that it shows is not verified there")
    assert "talking" not in await alice.page("stages")


@pytest.mark.parametrize("sections", [{"dialling": {"agent_calls_a_minute": 1}}])
async def test_a_call_that_the_bridge_refuses_says_why_and_never_looks_answered(
    phones: Office, twilio: TwilioSandbox
) -> None:
    """The check of the number allows it; what is counted is counted when the call is placed."""
    alice = await phones.online()
    twilio.parties[JANE] = Party.busy(after=0)
    await alice.call(JANE)
    await alice.ended("busy")
    await alice.call(JANE)
    await alice.ended("refused")
    await alice.says("too many calls")
    await alice.photograph("refused-call")
    assert "talking" not in await alice.page("stages")
    assert [call.status for call in twilio.account.calls.values() if call.parent_sid is None] == ["busy"] * 2


async def test_answered_elsewhere_is_told_from_given_up(phones: Office, twilio: TwilioSandbox) -> None:
    alice, bob, calling = await phones.both_rung(JANE)
    await bob.click("Answer")
    await bob.in_stage("talking")
    await alice.ended("answered_elsewhere")
    await alice.says("Incoming: Answered elsewhere")
    await bob.click("Hang up")
    await calling
    calling = asyncio.create_task(twilio.call_from_phone(JANE, caller_hangs_up_after=20))
    await alice.rings()
    await bob.rings()
    twilio.skip(30)
    await alice.ended("gave_up")
    await bob.ended("gave_up")
    await alice.says("Incoming: Missed")
    await calling


TWICE = {"owner": {"seconds": 0}, "ring": [{"agents": ["alice", "bob"], "seconds": 300}] * 2}


@pytest.mark.parametrize("sections", [{"lines": {"default": TWICE}}])
async def test_a_decline_is_one_for_all_of_an_agents_phones_and_for_all_steps(
    phones: Office, twilio: TwilioSandbox, twenty: TwentySandbox
) -> None:
    jane = await create_person(twenty, "Jane Doe", primaryPhoneNumber=JANE)
    desk, home = await phones.online("alice"), await phones.online("alice", apart=True)
    bob = await phones.online("bob")
    calling = asyncio.create_task(twilio.call_from_phone(JANE))
    for phone in (desk, home, bob):
        await phone.rings()
    # The bridge does not know of it yet, or cannot be reached: it is told again.
    await desk.page.ask("Network.enable")
    await desk.page.ask("Network.setBlockedURLs", urls=["*/decline"])
    await desk.click("Decline")
    await desk.ended("declined")
    await home.rings()
    await desk.page.ask("Network.setBlockedURLs", urls=[])
    await home.ended("declined")
    twilio.skip(301)
    await bob.ended("gave_up")
    await bob.rings()
    await bob.click("Answer")
    await bob.in_stage("talking")
    await bob.click("Hang up")
    played = await calling
    assert [leg.to for leg in played.legs].count("client:alice") == 2
    await recorded(twenty, status="COMPLETED", direction="INBOUND", personId=jane)


async def test_several_calls_ring_at_once(phones: Office, twilio: TwilioSandbox) -> None:
    alice = await phones.online()
    calling = [asyncio.create_task(twilio.call_from_phone(JANE))]
    await alice.rings()
    calling.append(asyncio.create_task(twilio.call_from_phone(JOHN)))
    await alice.rings(2)
    # The first one stays where it is; its number gets blanks once the bridge knows the call.
    assert JANE in await alice.page(
        "document.querySelector('.incoming .name').textContent.replaceAll(' ', '')"
    )
    await alice.photograph("two-ring")
    await alice.click("Answer", within=".incoming:first-child ")
    await alice.in_stage("talking")
    await alice.rings(1)
    await alice.click("Hang up and answer")
    await alice.ended("hung_up")
    await alice.in_stage("talking")
    await alice.rings(0)
    await alice.click("Hang up")
    await alice.page.until("document.querySelectorAll('.over[data-reason=hung_up]').length === 2")
    await asyncio.gather(*calling)


async def test_a_call_answered_and_hung_up_in_the_same_second_was_a_call(
    phones: Office, twilio: TwilioSandbox, twenty: TwentySandbox
) -> None:
    alice = await phones.online()
    calling = asyncio.create_task(twilio.call_from_phone(JANE))
    await alice.rings()
    await alice.click("Answer")
    await alice.in_stage("talking")
    await alice.click("Hang up")
    await calling
    await recorded(twenty, status="COMPLETED", direction="INBOUND")
