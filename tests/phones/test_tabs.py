"""Two tabs of one agent: one has the line, the other shows it, hands it numbers, and takes it over."""

import asyncio

import pytest

from bridge.sandbox.twenty import TwentySandbox
from bridge.sandbox.twilio import Party, TwilioSandbox
from tests.phones.office import Office, Phone
from tests.phones.test_recovery import network
from tests.support import create_person, create_record, eventually

JANE = "+33612345678"
HOLDS = Party.answers(after=1, talks=None)


def rings_at(twilio: TwilioSandbox) -> int:
    """How many of Alice's devices ring."""
    return len(twilio.account.devices.get("client:alice", []))


async def test_one_tab_has_the_line_and_the_other_shows_it_and_hands_it_a_number(
    phones: Office, twilio: TwilioSandbox
) -> None:
    twilio.parties[JANE] = HOLDS
    first = await phones.online()
    second = await phones.signed_in()
    await second.shows("elsewhere")
    await second.sees(".elsewhere[data-stage=ready]")
    await second.photograph("elsewhere")
    assert rings_at(twilio) == 1
    await second.fill("number", "0899 12 34 56")
    await second.click("Call in the other tab")
    await second.says("Calls to premium-rate and other special numbers are not allowed.")
    await second.fill("number", "06 12 34 56 78")
    await second.click("Call in the other tab")
    await first.in_stage("talking")
    await second.sees("[data-call-stage=talking]")
    await second.photograph("elsewhere-in-call")
    await first.click("Hang up")
    await first.ended("hung_up")
    await second.page.until("!document.querySelector('[data-call-stage]')")


async def test_when_the_tab_with_the_line_closes_the_other_takes_it(
    phones: Office, twilio: TwilioSandbox
) -> None:
    first = await phones.online()
    second = await phones.signed_in()
    await second.shows("elsewhere")
    await phones.close(first)
    await second.shows("ready")
    calling = asyncio.create_task(twilio.call_from_phone(JANE))
    await second.rings()
    await second.click("Answer")
    await second.in_stage("talking")
    await second.click("Hang up")
    await calling


SIGN_OUT = "[...document.querySelectorAll('.footer button')].find((one) => one.innerText === 'Sign out')"


async def test_the_line_is_taken_by_hand_unless_there_is_a_call(
    phones: Office, twilio: TwilioSandbox
) -> None:
    twilio.parties[JANE] = HOLDS
    first = await phones.online()
    second = await phones.signed_in()
    await second.click("Use this tab instead")
    await second.shows("ready")
    await first.shows("elsewhere")
    await eventually(lambda: rings_at(twilio) == 1)
    await second.call(JANE)
    await second.in_stage("talking")
    await first.sees("[data-call-stage=talking]")
    await first.page("import('/phone/agent.js').then(({ tabs }) => tabs.take())")
    await first.page.until("fetch('/health').then(() => true)")
    await second.in_stage("talking")
    # Signing out would hang up.
    assert await second.page(f"{SIGN_OUT}.disabled")
    await second.click("Hang up")
    await second.ended("hung_up")
    await second.page.until(f"!{SIGN_OUT}.disabled")


async def test_agents_of_one_browser_have_a_line_each(phones: Office) -> None:
    alice, bob = await phones.online("alice"), await phones.online("bob")
    await alice.shows("ready")
    await bob.shows("ready")


SEARCHES = [{"phone": {"search": "keys"}}]
MORE = "+33639980002"


async def shows_whom_to_call(phone: Phone, name: str) -> None:
    await phone.page.until(f"document.querySelector('.chosen .name')?.textContent === {name!r}")


@pytest.mark.parametrize("sections", SEARCHES)
async def test_what_follows_the_hash_reaches_a_phone_that_goes_on(
    phones: Office, twilio: TwilioSandbox, twenty: TwentySandbox
) -> None:
    twilio.parties[JANE] = HOLDS
    jane = await create_person(twenty, "Jane Doe", primaryPhoneNumber=JANE)
    john = await create_person(twenty, "John Roe", primaryPhoneNumber=MORE)
    phone = await phones.online(query=f"#person={jane}&at=1")
    await shows_whom_to_call(phone, "Jane Doe")
    await phone.call(JANE)
    await phone.in_stage("talking")
    await phone.page(f"location.hash = 'person={john}&at=2'")
    await phone.in_stage("talking")
    await phone.click("Hang up")
    await shows_whom_to_call(phone, "John Roe")
    assert "talking" in await phone.page("stages")
    await phone.page(f"location.hash = 'to={MORE}'")
    await phone.page.until(f"document.querySelector('#number').value === '{MORE}'")


@pytest.mark.parametrize("sections", SEARCHES)
async def test_another_tab_hands_on_what_its_address_asks_for(phones: Office, twenty: TwentySandbox) -> None:
    jane = await create_person(twenty, "Jane Doe", primaryPhoneNumber=JANE)
    call = await create_record(
        twenty, "PhoneCall", direction="OUTBOUND", toPhoneNumber={"primaryPhoneNumber": MORE}
    )
    first = await phones.online()
    stays = "globalThis.close = () => {}"
    second = await phones.signed_in(query=f"?person={jane}", script=stays)
    await second.says("Your phone in the other tab shows it.")
    await shows_whom_to_call(first, "Jane Doe")
    await second.page(f"location.hash = 'call={call}'")
    await first.page.until(f"document.querySelector('#number').value === '{MORE}'")


@pytest.mark.parametrize("sections", SEARCHES)
async def test_a_company_shows_its_people(phones: Office, twenty: TwentySandbox) -> None:
    company = await create_record(twenty, "Company", name="Acme")
    name = {"firstName": "Jane", "lastName": "Doe"}
    jane = await create_record(twenty, "Person", name=name, companyId=company)
    phone = await phones.online(query=f"?company={company}")
    await phone.sees(f"[data-person='{jane}']")


async def test_signing_out_in_the_other_tab_asks_about_notes_that_are_not_saved(
    phones: Office, twilio: TwilioSandbox
) -> None:
    twilio.parties[JANE] = HOLDS
    first = await phones.online()
    await first.call(JANE)
    await first.in_stage("talking")
    second = await phones.signed_in()
    await second.sees("[data-call-stage=talking]")
    await network(first, offline=True)
    await first.page("document.querySelector('.note textarea').focus()")
    await first.page.ask("Input.insertText", text="Wants two")
    # A browser tells the other tab a moment later.
    for tab in (first, second):
        await tab.page.until("Object.keys(localStorage).some((one) => /notes/.test(one))")
    await second.click("Sign out")
    await second.says("1 note is not saved yet.")
    await second.click("Stay signed in")
    await network(first, offline=False)
    await first.sees(".saved[data-state=kept]")
    await second.click("Sign out")
    await second.shows("signed-out")
    await first.click("Hang up")
    await first.ended("hung_up")
