"""An agent's day at the desk: what is noted, missed, handed on and said of oneself, and what stays of it."""

import asyncio
import json
import re

import pytest

from bridge.sandbox.twenty import TwentySandbox
from bridge.sandbox.twilio import Party, TwilioSandbox
from tests.browser import needs_chromium
from tests.phones.conftest import Sections
from tests.phones.office import Office, Phone
from tests.phones.test_recovery import HOLDS, JANE
from tests.support import ask, create_person, eventually
from tests.web.phone.test_callers import CREATE_COMPANY, UPDATE_PERSON

pytestmark = needs_chromium

AVAILABILITY = "document.querySelector('.availability select')"
SAVED = "!document.querySelector('.availability[aria-busy=true]')"
FOR_HOW_LONG = "document.querySelectorAll('.availability select')[1]"
CHOOSE = """(() => {{
    const field = {field};
    field.value = '{value}';
    field.dispatchEvent(new Event('change'));
}})()"""
JOHN = "+33698765432"
HOSTILE = "<img src=x onerror=alert(1)>Jane"


@pytest.fixture
def sections() -> Sections:
    return {
        "phone": {
            "search": "keys",
            "colleagues": "calls",
            "outcomes": ("Interested", "Call back"),
            "after_call_seconds": 600,
            "supervisors": ("carol",),
        },
        "agents": {"names": ("alice", "bob", "carol")},
        "lines": {
            "default": {"ring": [{"agents": ["alice", "bob"], "seconds": 20}], "owner": {"seconds": 0}}
        },
    }


async def note_is(phone: Phone, state: str) -> None:
    await phone.sees(f".saved[data-state={state}]")


async def type_note(phone: Phone, text: str, *, outcome: str = "") -> None:
    """Into the only note that is open."""
    for field, typed in (("textarea[id^=note-]", text), ("input[id^=outcome-]", outcome)):
        await phone.sees(field)
        await phone.page(
            f"""(() => {{
                const field = document.querySelector({json.dumps(field)});
                field.value = {json.dumps(typed)};
                field.dispatchEvent(new Event('input', {{ bubbles: true }}));
            }})()"""
        )


async def note_of(phone: Phone) -> str:
    return str(await phone.page.until("document.querySelector('textarea[id^=note-]')?.value"))


async def test_what_is_noted_is_kept_shown_elsewhere_and_never_lost(
    phones: Office, twilio: TwilioSandbox, twenty: TwentySandbox
) -> None:
    await create_person(twenty, HOSTILE, primaryPhoneNumber=JANE)
    twilio.parties[JANE] = HOLDS
    alice = await phones.online()
    await alice.call(JANE)
    await alice.in_stage("talking")
    await type_note(alice, "Wants <b>two</b>", outcome="Interested")
    await note_is(alice, "kept")
    await alice.photograph("in-call-note")
    await alice.click("Hang up")
    await alice.ended("hung_up")
    assert await note_of(alice) == "Wants <b>two</b>"
    home = await phones.online(apart=True)
    await home.click("Note and recordings: " + HOSTILE)
    assert await note_of(home) == "Wants <b>two</b>"
    # Typed, and the tab is closed in the same moment.
    await type_note(alice, "Wants three", outcome="Interested")
    await phones.close(alice)
    await home.reload()
    await home.shows("ready")
    await home.says("Interested: Wants three")
    # Two devices type at once.
    desk = await phones.online()
    await desk.click("Note and recordings: " + HOSTILE)
    await home.click("Note and recordings: " + HOSTILE)
    assert await note_of(desk) == "Wants three"
    await home.page("globalThis.fetch = () => Promise.reject(new TypeError('away')), true")
    await type_note(home, "Wants four")
    await note_is(home, "failed")
    await type_note(desk, "Wants five")
    await note_is(desk, "kept")
    await home.reload()
    await home.shows("ready")
    await home.click("Note and recordings: " + HOSTILE)
    await home.says("Another device saved something else meanwhile:")
    await home.says("Wants five")
    assert await note_of(home) == "Wants four"
    await home.click("Keep mine")
    await note_is(home, "kept")
    await desk.reload()
    await desk.shows("ready")
    await desk.says("Wants four")
    await desk.call(JANE)
    await desk.in_stage("talking")
    await desk.says("1 earlier call")
    assert not await desk.page("!!document.querySelector('main b, main img')")


async def test_a_missed_call_is_counted_seen_and_called_back(
    phones: Office, twilio: TwilioSandbox, twenty: TwentySandbox
) -> None:
    await create_person(twenty, HOSTILE, primaryPhoneNumber=JANE)
    alice, bob = await phones.online("alice"), await phones.online("bob")
    calling = asyncio.create_task(twilio.call_from_phone(JANE, caller_hangs_up_after=10))
    await alice.rings()
    await bob.rings()
    twilio.skip(15)
    await calling
    await alice.ended("gave_up")
    await alice.click("Missed 1")
    await alice.sees("[data-state=missed]")
    # A tab that is behind another one shows it to no one.
    await alice.sees(".count")
    await alice.page.to_front()
    await alice.page.until("!document.querySelector('.count')")
    twilio.parties[JANE] = HOLDS
    # While the bridge is asked about the number, no second press calls it; then one is led to the call.
    await alice.page(SLOW)
    await alice.page(f"document.querySelector('{CALL_BACK}').focus()")
    await alice.click("Call back: " + HOSTILE)
    await alice.sees(f"{CALL_BACK}:disabled")
    await alice.page("go()")
    await alice.in_stage("talking")
    await alice.page.until("document.activeElement.className.includes('current')")
    # A screen reader says what becomes of a text that is there, rather than one that comes.
    for what in ("spoken", "banner"):
        await alice.page.until(
            f"(globalThis.{what} = document.querySelector('.current .{what}'))?.innerText === ''"
        )
    await alice.click("Record")
    await alice.says("This call is being recorded.")
    await alice.click("Pause recording")
    await alice.says("The recording is paused.")
    assert await alice.page("[spoken.isConnected, spoken.textContent, banner.isConnected]") == [
        True,
        "The recording is paused.",
        True,
    ]
    home = await phones.online(apart=True)
    await home.click("Resume recording", within=".entry")
    await home.says("This call is being recorded.")
    await alice.says("This call is being recorded.")
    await alice.click("Hang up")
    await alice.ended("hung_up")
    await alice.says("Called back")


CALL_BACK = ".entry [aria-label^=Call]"
SLOW = """(() => {
    const ask = globalThis.fetch;
    globalThis.fetch = async (...request) => {
        if (!String(request[0]).includes('/api/numbers/')) return ask(...request);
        globalThis.fetch = ask;
        await new Promise((done) => (globalThis.go = done));
        return ask(...request);
    };
})()"""
"""The next question about a number waits."""

STORE_NOTE = """(() => {
    const { dataset } = document.documentElement;
    const draft = { state: 'failed', text: { outcome: '', note: 'Call them' }, version: 0 };
    const { sid } = document.querySelector('.entry').dataset;
    localStorage.setItem(`twenty-bridge.notes ${dataset.root ?? ''} alice`, JSON.stringify({ [sid]: draft }));
})()"""


async def test_a_call_that_rang_no_agent_is_not_noted(phones: Office, twilio: TwilioSandbox) -> None:
    alice, bob = await phones.online("alice"), await phones.online("bob")
    for agent in (alice, bob):
        await agent.page(CHOOSE.format(field=AVAILABILITY, value="away"))
        await agent.page.until(f"{FOR_HOW_LONG} && {SAVED}")
    calling = asyncio.create_task(twilio.call_from_phone(JANE, caller_hangs_up_after=10))
    twilio.skip(60)
    await calling
    await alice.click("Missed 1")
    await alice.sees(".entry[data-state=waiting]")
    assert not await alice.page("!!document.querySelector('.entry [aria-expanded]')")
    # An earlier page let the agent type.
    await alice.page(STORE_NOTE)
    await alice.reload()
    await alice.shows("ready")
    await alice.click("Missed 1")
    await alice.says("Call them")
    await alice.says("Not saved: This is another agent's call.")


async def test_a_caller_is_handed_on_to_a_colleague(phones: Office, twilio: TwilioSandbox) -> None:
    alice, bob = await phones.online("alice"), await phones.online("bob")
    calling = asyncio.create_task(twilio.call_from_phone(JANE))
    await alice.rings()
    await alice.click("Answer")
    await alice.in_stage("talking")
    await alice.click("Transfer")
    await alice.photograph("transfer")
    await alice.click("Transfer to bob")
    await bob.rings()
    await alice.ended("transferred")
    await bob.click("Answer")
    await bob.in_stage("talking")
    await bob.click("Hold")
    await bob.sees(".conference[data-held=true]")
    await bob.click("Hang up")
    await bob.ended("hung_up")
    await calling
    await after_a_talk_agents_are_not_rung_until_they_are_ready(alice, bob, twilio)


async def test_a_caller_is_handed_on_to_a_number(phones: Office, twilio: TwilioSandbox) -> None:
    twilio.parties[JOHN] = Party.answers(after=1, talks=5)
    alice, _ = await phones.online("alice"), await phones.online("bob")
    calling = asyncio.create_task(twilio.call_from_phone(JANE))
    await alice.rings()
    await alice.click("Answer")
    await alice.in_stage("talking")
    await alice.click("Transfer")
    await alice.fill("transfer-to", "not a number")
    await alice.click("Transfer now")
    await alice.sees(".transfer [role=alert]")
    await alice.in_stage("talking")
    await alice.fill("transfer-to", "06 98 76 54 32")
    await alice.click("Transfer now")
    await alice.ended("transferred")
    played = await calling
    assert any(f">{JOHN}<" in document for document in played.twiml if "step=transfer" in document)


TIME = "document.querySelector('.availability input[type=time]')"


async def test_one_is_away_until_a_time_of_day(phones: Office) -> None:
    alice, bob = await phones.online("alice"), await phones.online("bob")
    await alice.page(CHOOSE.format(field=AVAILABILITY, value="away"))
    await alice.page.until(f"!!{TIME}")
    await alice.page(CHOOSE.format(field=TIME, value="17:30"))
    await alice.page.until(f"{FOR_HOW_LONG}.value === 'set'")
    until = await alice.page(f"{FOR_HOW_LONG}.selectedOptions[0].textContent")
    assert re.fullmatch(r"Away until .*0?5:30\sPM", until)
    await bob.click("Colleagues")
    await bob.page.until(f"document.querySelector('[data-identity=alice]')?.innerText.includes('{until}')")
    # A time that is over today is tomorrow's.
    assert await alice.page("""import('/phone/views/desk/availability.js').then(({ nextAt }) =>
        [['17:30', '2026-11-22T17:29'], ['17:30', '2026-11-22T17:30'], ['00:00', '2026-12-31T09:00']]
            .map(([time, now]) => nextAt(time, new Date(now)).toLocaleString('sv')))""") == [
        "2026-11-22 17:30:00",
        "2026-11-23 17:30:00",
        "2027-01-01 00:00:00",
    ]


AWAY = """(() => {
    const before = globalThis.fetch;
    const away = () => Promise.reject(new TypeError('away'));
    globalThis.fetch = (path, how) => (/note$/.test(path) ? away() : before(path, how));
    globalThis.back = () => { globalThis.fetch = before; };
})()"""


async def test_who_signs_out_loses_no_note(phones: Office, twilio: TwilioSandbox) -> None:
    twilio.parties[JANE] = HOLDS
    alice = await phones.online()
    await alice.call(JANE)
    await alice.in_stage("talking")
    await alice.click("Hang up")
    await alice.ended("hung_up")
    # Typed, and signed out in the same moment.
    await type_note(alice, "Wants two")
    await alice.click("Sign out")
    await alice.shows("signed-out")
    again = await sign_in(alice, phones)
    await again.says("Wants two")
    # The bridge takes no note: the agent decides.
    await again.page(AWAY)
    await again.click(f"Note and recordings: {await again.page(PARTY)}")
    await type_note(again, "Wants three")
    await again.click("Sign out")
    await again.says("1 note is not saved yet.")
    await again.click("Stay signed in")
    await again.page.until("!document.querySelector('.unsaved')")
    await again.shows("ready")
    await again.click("Sign out")
    await again.click("Sign out all the same")
    await again.shows("signed-out")
    await again.page("back()")
    await (await sign_in(again, phones)).says("Wants three")
    await again.page.until(
        "!localStorage.length || !Object.keys(localStorage).some((one) => /notes/.test(one))"
    )


PARTY = "document.querySelector('.entry .name').innerText"


async def sign_in(phone: Phone, phones: Office) -> Phone:
    await phone.fill("key", phones.key)
    await phone.fill("identity", "alice")
    await phone.click("Sign in")
    await phone.shows("ready")
    return phone


async def test_supervisors_see_the_calls_of_others_where_they_may(
    phones: Office, twilio: TwilioSandbox
) -> None:
    twilio.parties[JANE] = HOLDS
    alice = await phones.online("alice")
    await alice.call(JANE)
    await alice.in_stage("talking")
    await type_note(alice, "Wants <b>two</b>")
    await note_is(alice, "kept")
    await alice.click("Hang up")
    await alice.ended("hung_up")
    carol = await phones.online("carol")
    await carol.click("Colleagues")
    await carol.click("Calls of alice")
    await carol.page.until("document.querySelector('.calls-of')?.innerText.includes('Wants <b>two</b>')")
    await alice.click("Colleagues")
    await alice.sees("[data-identity=bob]")
    assert not await alice.page("!!document.querySelector('.overseen')")


async def after_a_talk_agents_are_not_rung_until_they_are_ready(
    alice: Phone, bob: Phone, twilio: TwilioSandbox
) -> None:
    for agent in (alice, bob):
        await agent.page.until(f"{AVAILABILITY}?.value === 'after_call'")
    await alice.click("Colleagues")
    await alice.page.until(
        "/After-call work until/.test(document.querySelector('[data-identity=bob]')?.innerText)"
    )
    await alice.click("Available again")
    await alice.page.until(f"{AVAILABILITY}.value === 'available' && {SAVED}")
    calling = asyncio.create_task(twilio.call_from_phone(JANE))
    await alice.rings()
    assert not await bob.page("!!document.querySelector('.incoming')")
    await alice.click("Decline")
    twilio.skip(60)
    await calling


async def test_who_is_away_is_not_rung_and_colleagues_see_it(phones: Office, twilio: TwilioSandbox) -> None:
    alice, bob = await phones.online("alice"), await phones.online("bob")
    await alice.page(CHOOSE.format(field=AVAILABILITY, value="away"))
    await alice.page.until(f"{FOR_HOW_LONG} && {SAVED}")
    await alice.page(CHOOSE.format(field=FOR_HOW_LONG, value="30"))
    await alice.page.until(f"{FOR_HOW_LONG}.value === 'set'")
    until = await alice.page(f"{FOR_HOW_LONG}.selectedOptions[0].textContent")
    assert re.fullmatch(r"Away until .*\d{1,2}:\d\d\s[AP]M", until)
    await bob.click("Colleagues")
    await bob.page.until(f"document.querySelector('[data-identity=alice]')?.innerText.includes('{until}')")
    calling = asyncio.create_task(twilio.call_from_phone(JANE))
    await bob.rings()
    assert not await alice.page("!!document.querySelector('.incoming')")
    await bob.click("Decline")
    twilio.skip(60)
    await calling
    await alice.reload()
    await alice.page.until(f"{AVAILABILITY}?.value === 'away'")
    await alice.says(until)
    await eventually(lambda: bool(twilio.account.devices.get("client:alice")))


async def test_a_person_is_found_and_called(
    phones: Office, twilio: TwilioSandbox, twenty: TwentySandbox
) -> None:
    person = await create_person(twenty, HOSTILE, primaryPhoneNumber=JANE)
    company = (await ask(twenty, CREATE_COMPANY, data={"name": "Acme"}))["createCompany"]["id"]
    await ask(twenty, UPDATE_PERSON, id=person, data={"companyId": company})
    twilio.parties[JANE] = HOLDS
    alice = await phones.online()
    await alice.fill("number", "Acm")
    await alice.page.until(f"document.querySelector('[data-company]')?.dataset.company === '{company}'")
    await alice.page("document.querySelector('[data-company]').click()")
    await alice.page.until(f"document.querySelector('[data-person]')?.dataset.person === '{person}'")
    await alice.fill("number", "Jane")
    await alice.page.until("!document.querySelector('[data-company]')")
    await alice.sees(".found [data-person]")
    await alice.fill("number", "No person is called so")
    await alice.says("Nothing was found.")
    await alice.fill("number", "Jane")
    await alice.sees(".found [data-person]")
    await alice.photograph("found")
    await alice.page("document.querySelector('[data-person]').click()")
    await alice.click("Call +33 6 12 34 56 78")
    await alice.in_stage("talking")
    await alice.click("Hang up")
    await alice.ended("hung_up")
    again = await phones.online("bob", query=f"?person={person}")
    await again.click("Call +33 6 12 34 56 78")
    await again.in_stage("talking")
    assert not await again.page("!!document.querySelector('main img')")
