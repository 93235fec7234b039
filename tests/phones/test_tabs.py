"""Two tabs of one agent: one has the line, the other shows it, hands it numbers, and takes it over."""

import asyncio

from bridge.sandbox.twilio import Party, TwilioSandbox
from tests.phones.office import Office

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


async def test_the_line_is_taken_by_hand_unless_there_is_a_call(
    phones: Office, twilio: TwilioSandbox
) -> None:
    twilio.parties[JANE] = HOLDS
    first = await phones.online()
    second = await phones.signed_in()
    await second.click("Use this tab instead")
    await second.shows("ready")
    await first.shows("elsewhere")
    assert rings_at(twilio) == 1
    await second.call(JANE)
    await second.in_stage("talking")
    await first.sees("[data-call-stage=talking]")
    await first.page("import('/phone/agent.js').then(({ tabs }) => tabs.take())")
    await first.page.until("fetch('/health').then(() => true)")
    await second.in_stage("talking")
    await second.click("Hang up")
    await second.ended("hung_up")


async def test_agents_of_one_browser_have_a_line_each(phones: Office) -> None:
    alice, bob = await phones.online("alice"), await phones.online("bob")
    await alice.shows("ready")
    await bob.shows("ready")
