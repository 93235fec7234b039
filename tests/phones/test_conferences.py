"""Hold, a colleague who is asked first, and a third party, on the phone page."""

import pytest

from bridge.sandbox.twilio import TwilioSandbox
from tests.browser import needs_chromium
from tests.phones.conftest import Sections
from tests.phones.office import Office, Phone
from tests.phones.test_recovery import HOLDS, JANE

pytestmark = needs_chromium

JOHN = "+33698765432"


@pytest.fixture
def sections() -> Sections:
    return {"agents": {"names": ("alice", "bob")}}


async def other_is(phone: Phone, state: str) -> None:
    await phone.sees(f".conference .person[data-state={state}]")


async def talking(phones: Office, twilio: TwilioSandbox) -> Phone:
    twilio.parties |= {JANE: HOLDS, JOHN: HOLDS, "client:bob": HOLDS}
    alice = await phones.online()
    await alice.call(JANE)
    await alice.in_stage("talking")
    return alice


async def test_a_customer_is_held_and_taken_off_hold(phones: Office, twilio: TwilioSandbox) -> None:
    alice = await talking(phones, twilio)
    await alice.click("Hold")
    await alice.sees(".conference[data-held=true]")
    await alice.says("The other party is on hold.")
    await alice.click("Take off hold")
    await alice.sees(".conference[data-held=false]")
    await alice.in_stage("talking")
    await alice.click("Hang up")
    await alice.ended("hung_up")


async def test_a_number_is_asked_first_and_the_call_passed_on(phones: Office, twilio: TwilioSandbox) -> None:
    alice = await talking(phones, twilio)
    await alice.click("Ask or add")
    await alice.fill("invite-to", JOHN)
    await alice.click("Ask first", within=".conference .row")
    await other_is(alice, "talking")
    await alice.sees(".conference[data-held=true]")
    await alice.click("Swap between +33 6 98 76 54 32 and the other party")
    await other_is(alice, "on_hold")
    await alice.sees(".conference[data-held=false]")
    await alice.click("Pass the call on to +33 6 98 76 54 32")
    await alice.sees(".over")


async def test_a_third_is_added_and_removed(phones: Office, twilio: TwilioSandbox) -> None:
    alice = await talking(phones, twilio)
    await alice.click("Ask or add")
    await alice.fill("invite-to", JOHN)
    await alice.click("Add", within=".conference .row")
    await other_is(alice, "talking")
    await alice.click("Remove +33 6 98 76 54 32 from the call")
    await alice.page.until("!document.querySelector('.conference .person')")
    await alice.in_stage("talking")
    await alice.click("Hang up")
    await alice.ended("hung_up")
