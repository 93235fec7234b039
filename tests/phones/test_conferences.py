"""Hold, a colleague who is asked first, a third party, and a supervisor who listens, on the phone page."""

import pytest

from bridge.sandbox.twilio import TwilioSandbox
from tests.browser import needs_chromium
from tests.phones.conftest import Sections
from tests.phones.keyboard import Keyboard
from tests.phones.office import Office, Phone
from tests.phones.test_recovery import HOLDS, JANE, hangs_up_in_vain
from tests.support import BOUND, eventually

pytestmark = needs_chromium

JOHN = "+33698765432"


@pytest.fixture
def sections() -> Sections:
    return {"agents": {"names": ("alice", "bob", "carl")}, "phone": {"supervisors": ("carl",)}}


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
    twilio.signalling.switches.grace = 10 * BOUND
    await hangs_up_in_vain(alice)
    await twilio.signalling.drop()
    await eventually(lambda: {leg.status for leg in twilio.account.calls.values()} == {"completed"})


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
    await alice.click("Complete transfer to +33 6 98 76 54 32")
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


async def test_a_supervisor_listens_whispers_and_joins(phones: Office, twilio: TwilioSandbox) -> None:
    alice, carl = await talking(phones, twilio), await phones.online("carl")
    await carl.click("Colleagues")
    await carl.click("Listen to the call of alice")
    await carl.rings()
    await carl.click("Answer")
    await carl.in_stage("talking")
    await other_is(alice, "listening")
    await alice.says("Listening to this call")
    await carl.click("Whisper to alice")
    await eventually(lambda: coached(twilio))
    await carl.click("Listen to the call of alice")
    await eventually(lambda: not coached(twilio))
    await other_is(alice, "listening")
    await carl.click("Join the call of alice")
    await other_is(alice, "talking")
    await carl.click("Hang up")
    await alice.page.until("!document.querySelector('.conference .person')")
    await alice.in_stage("talking")
    await alice.click("Hang up")
    await alice.ended("hung_up")
    await carl.page.until("!document.querySelector('.overseen .row')")


def coached(twilio: TwilioSandbox) -> bool:
    """Whether a participant is heard by one other alone."""
    return any(one.coached for room in twilio.account.conferences.all() for one in room.participants.values())


async def in_french(phone: Phone) -> Keyboard:
    await phone.page("import('/phone/words/language.js').then(({ choose }) => choose('fr'))")
    await phone.page.until("document.documentElement.lang === 'fr'")
    await phone.page.to_front()
    return Keyboard(phone.page)


async def test_all_of_it_by_keyboard_in_french(phones: Office, twilio: TwilioSandbox) -> None:
    alice, carl = await talking(phones, twilio), await phones.online("carl")
    keys = await in_french(alice)
    await keys.shortcut(9, key="ç")
    await alice.says("Votre correspondant est en attente.")
    # It was disabled until the bridge had answered, and has the focus again.
    await alice.page.until("document.activeElement.textContent.trim() === 'Reprendre'")
    await keys.shortcut(9, key="ç")
    await alice.sees(".conference[data-held=false]")
    await asks(keys, "Ajouter")
    await other_is(alice, "talking")
    await press(keys, "Retirer +33 6 98 76 54 32 de l'appel")
    await alice.page.until("!document.querySelector('.conference .person')")
    await asks(keys, "Consulter d'abord")
    await other_is(alice, "talking")
    await press(keys, "Basculer entre +33 6 98 76 54 32 et votre correspondant")
    await other_is(alice, "on_hold")
    await press(keys, "Annuler la consultation de +33 6 98 76 54 32")
    await alice.page.until("!document.querySelector('.conference .person')")
    keys = await in_french(carl)
    await keys.focus("tab-recent")
    while await carl.page("document.activeElement.id") != "tab-colleagues":
        await keys.press("ArrowRight")
    await carl.sees("[data-identity=alice] .row")
    await press(keys, "Écouter l'appel de alice")
    await carl.rings()
    await keys.shortcut(1, key="&")
    await carl.in_stage("talking")
    await alice.says("Écoute cet appel")
    await press(keys, "Chuchoter à alice")
    await eventually(lambda: coached(twilio))
    keys = await in_french(alice)
    await asks(keys, "Consulter d'abord")
    await alice.page.until("document.querySelectorAll('.conference .person').length === 2")
    await press(keys, "Transférer l'appel à +33 6 98 76 54 32")
    await alice.sees(".over")


async def press(keys: Keyboard, name: str) -> None:
    """A button, as soon as it can be pressed."""
    await keys.page.until("!document.querySelector('.conference button:disabled, .overseen button:disabled')")
    await keys.focus(name)
    await keys.press("Enter")


async def asks(keys: Keyboard, how: str) -> None:
    await press(keys, "Consulter ou ajouter")
    await keys.focus("invite-to")
    await keys.type(JOHN)
    await keys.focus(how)
    await keys.press("Enter")
    await keys.page.until("!document.getElementById('invite-to')")


DROPPED = """
globalThis.sent = [];
const ask = globalThis.fetch;
globalThis.fetch = async (url, how) => {
    const answer = await ask(url, how);
    if (!String(url).includes('/hold')) return answer;
    sent.push([how.headers['Idempotency-Key'], answer.status]);
    if (sent.length % 2) throw new TypeError('the connection was lost');
    return answer;
};
"""
"""The first answer to each hold is lost."""


async def test_an_act_whose_answer_is_lost_is_sent_again_with_its_key(
    phones: Office, twilio: TwilioSandbox
) -> None:
    twilio.parties[JANE] = HOLDS
    alice = await phones.online(script=DROPPED)
    await alice.call(JANE)
    await alice.in_stage("talking")
    for _ in range(2):
        await alice.click("Hold")
        await alice.sees(".conference[data-held=true]")
        await alice.click("Take off hold")
        await alice.sees(".conference[data-held=false]")
    sent = await alice.page("sent")
    assert [status for _, status in sent] == [204] * 4
    keys = [key for key, _ in sent]
    assert keys[0::2] == keys[1::2]
    assert len(set(keys)) == 2
    await alice.click("Hang up")
    await alice.ended("hung_up")
