"""The page for everyone: by keyboard alone, in both languages, light and dark, as a screen reader reads it.

One phone walks through the states, so that one browser starts for all of them. It plays no sound before a
gesture, as browsers of users do.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bridge.sandbox.twenty import TwentySandbox
from bridge.sandbox.twilio import Party, TwilioSandbox
from tests.browser import CALLS, needs_chromium, not_private
from tests.phones.conftest import Sections
from tests.phones.keyboard import Keyboard
from tests.phones.office import Bridge, Office, Phone, office, played_out
from tests.phones.test_recovery import network
from tests.support import BOUND, create_person
from tests.web.conftest import KEY

pytestmark = needs_chromium

AXE = (Path(__file__).parent / "axe" / "axe.min.js").read_text()
JANE, JOHN, THIRD = "+33612345678", "+33698765432", "+33755501234"
LANGUAGES, THEMES = ("en", "fr"), ("light", "dark")
WIDTHS = {"narrow": 360, "wide": 1100}

FINDINGS = """axe.run(document, { resultTypes: ['violations'], preload: false }).then(({ violations }) =>
    violations.flatMap(({ id, nodes }) => nodes.map((one) => `${id}: ${one.html}: ${one.failureSummary}`)))"""
COLORS = FINDINGS.replace("preload:", "runOnly: ['color-contrast', 'link-in-text-block'], preload:")
"""What axe finds by its rules of colours, which are all that a theme can break."""

CHECKS = {("en", "light"): FINDINGS, ("fr", "light"): FINDINGS, ("en", "dark"): COLORS}
"""A whole one takes 0.2 s of CPU time, of which there are forty states: colours have no language."""

OVERFLOWS = """[...document.querySelectorAll('body *')]
    .filter((one) => !one.closest('.unseen') && one.checkVisibility())
    .filter((one) => one.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
    .map((one) => one.outerHTML)"""

UNTRANSLATED = """import('/phone/words/table.js').then(({ TABLE }) => {
    const [mine, other] = LANGUAGES;
    const ours = new Set(Object.values(TABLE).map((row) => row[mine]));
    const foreign = Object.values(TABLE).map((row) => row[other]).filter((text) => !ours.has(text));
    const shown = [...document.querySelectorAll('body *')].filter((one) => one.checkVisibility())
        .flatMap((one) => [one.ariaLabel, one.title, ...[...one.childNodes]
            .filter(({ nodeType }) => nodeType === Node.TEXT_NODE).map(({ data }) => data.trim())]);
    return foreign.filter((text) => shown.includes(text));
})"""


@pytest.fixture
async def strict(bridge: Bridge, twilio: TwilioSandbox, tmp_path: Path) -> AsyncIterator[Office]:
    """Phones in a browser that plays nothing before a gesture."""
    options = [option for option in CALLS if not option.startswith("--autoplay-policy")]
    async with office(bridge, twilio, tmp_path, KEY, options=options) as opened:
        yield opened


@dataclass
class Inspection:
    """What is wrong with the states of a phone; all of it is found before the test fails."""

    findings: list[tuple[str, ...]] = field(default_factory=list)

    async def inspect(self, phone: Phone, state: str) -> None:
        """No finding of axe, nothing cut off, nothing in the other language, nothing that no key reaches."""
        if not await phone.page("'axe' in globalThis"):
            await phone.page(AXE + "; true")
        for language in LANGUAGES:
            await self._in_language(phone, state, language)
        await Keyboard(phone.page).reaches_all()
        await phone.page("import('/phone/words/language.js').then(({ choose }) => choose('en'))")

    async def _in_language(self, phone: Phone, state: str, language: str) -> None:
        await phone.page(f"import('/phone/words/language.js').then(({{ choose }}) => choose('{language}'))")
        await phone.page.until(f"document.documentElement.lang === '{language}'")
        both = json.dumps([language, *(one for one in LANGUAGES if one != language)])
        self._note(await phone.page(UNTRANSLATED.replace("LANGUAGES", both)), state, language)
        for width, pixels in WIDTHS.items():
            size = {"width": pixels, "height": 800, "deviceScaleFactor": 1, "mobile": False}
            await phone.page.ask("Emulation.setDeviceMetricsOverride", **size)
            self._note(await phone.page(OVERFLOWS), state, language, width)
            await phone.page("scrollTo(0, 0)")
            await phone.photograph(f"{state}-{language}-{width}", size=size)
        for theme in reversed(THEMES):
            await looks(phone, theme)
            if found_by := CHECKS.get((language, theme)):
                self._note(await phone.page(found_by), state, language, theme)
            await phone.photograph(f"{state}-{language}-{theme}", size=size)

    def _note(self, found: list[str], *where: str) -> None:
        self.findings += [(*where, one) for one in found]


async def looks(phone: Phone, theme: str) -> None:
    """As the system says; without motion, so that no colour is caught half-way."""
    features = {"prefers-color-scheme": theme, "prefers-reduced-motion": "reduce"}
    told = [{"name": name, "value": value} for name, value in features.items()]
    await phone.page.ask("Emulation.setEmulatedMedia", features=told)


TROUBLE = """(async () => {
    const [store, notes] = [await import('/phone/store.js'), await import('/phone/desk/notes.js')];
    const { id, root } = store.current.value;
    store.tell(id, { type: 'warning', warning: 'low-mos' });
    const theirs = { outcome: 'Interested', note: 'Wants <b>four</b>', version: notes.draftOf(root).version };
    notes.tell(root, { type: 'typed', text: { note: 'Wants two' } });
    notes.tell(root, { type: 'conflict', note: theirs });
})()"""
"""The network is poor, and another device saved another note: what the page is told of that."""

REFUSED = """import('/phone/desk/notes.js').then(({ drafts, tell }) =>
    Object.keys(drafts.value).forEach((name) => tell(name, { type: 'refused', why: '…' })))"""
"""Notes that the bridge refuses for good."""

AWAY = """(() => {
    const field = document.querySelector('.availability select');
    field.value = 'away';
    field.dispatchEvent(new Event('change'));
})()"""

SAYS = "Please call me back about the second invoice."


@pytest.fixture
def sections() -> Sections:
    return {
        "phone": {
            "search": "keys",
            "colleagues": "calls",
            "supervisors": ("alice",),
            "outcomes": ("Interested", "Call back"),
        },
        "lines": {
            "default": {
                # A call that rings is inspected for longer than it rings by default.
                "ring": [{"agents": ["alice", "bob"], "seconds": 600}],
                "owner": {"seconds": 0},
                "voicemail": {"transcribe": True},
            }
        },
    }


async def test_every_state_is_for_everyone(
    strict: Office, twilio: TwilioSandbox, twenty: TwentySandbox
) -> None:
    await create_person(twenty, "Jane <b>Doe</b>", primaryPhoneNumber=JANE)
    alice = await strict.phone()
    everyone = Inspection()
    await signs_in(alice, strict.key, everyone)
    await misdials(alice, everyone)
    await leaves_a_message(alice, twilio, everyone)
    await talks(strict, alice, twilio, everyone)
    await confers(alice, twilio, everyone)
    for _ in range(4):
        await looks_around(alice, everyone)

    again = await strict.signed_in()
    await again.shows("elsewhere")
    await everyone.inspect(again, "elsewhere")
    await strict.close(again)

    await network(alice, offline=True)
    await alice.shows("offline")
    await alice.click("Keyboard shortcuts")
    await everyone.inspect(alice, "offline")
    assert not await alice.page("!!document.querySelector('main b')")
    async with not_private(f"{strict.bridge.url}/phone", strict.profile) as page:
        assert await page.ask("Page.getInstallabilityErrors") == {"installabilityErrors": []}
    assert not everyone.findings, "\n".join(map(" ".join, everyone.findings))


async def signs_in(alice: Phone, key: str, everyone: Inspection) -> None:
    keys = Keyboard(alice.page)
    await alice.sees("#key")
    await everyone.inspect(alice, "sign-in")
    await keys.focus("key")
    await keys.type(key)
    await keys.focus("identity")
    await keys.type("alice")
    await keys.press("Enter")
    await alice.shows("ready")
    await alice.click("Keyboard shortcuts")
    await everyone.inspect(alice, "ready")


FOUND = """document.querySelector('.found [data-person]') ? 'found'
    : document.body.innerText.includes('The bridge does not answer.') && 'away'"""


async def finds_jane(alice: Phone, keys: Keyboard) -> None:
    """Types her name again where a busy machine has not answered in time."""
    await keys.type("Jane")
    while await alice.page.until(FOUND) == "away":
        await alice.fill("number", "")
        await keys.type("Jane")


async def misdials(alice: Phone, everyone: Inspection) -> None:
    keys = Keyboard(alice.page)
    await keys.shortcut(6, key="§")
    async with asyncio.timeout(BOUND):
        await finds_jane(alice, keys)
    await everyone.inspect(alice, "found")
    await keys.focus("Jane <b>Doe</b>")
    await keys.press("Enter")
    await alice.sees(".chosen button")
    await everyone.inspect(alice, "chosen")
    await alice.fill("number", "")
    await keys.shortcut(6)
    await keys.type("0899 12 34 56")
    await keys.press("Enter")
    await alice.says("Calls to premium-rate")
    await everyone.inspect(alice, "refused")


async def leaves_a_message(alice: Phone, twilio: TwilioSandbox, everyone: Inspection) -> None:
    """A caller whom Alice declines leaves a message."""
    keys = Keyboard(alice.page)
    calling = asyncio.create_task(twilio.call_from_phone(JANE, says=SAYS))
    await alice.rings()
    await keys.shortcut(2)
    await alice.ended("declined")
    await played_out(twilio, calling)


async def talks(strict: Office, alice: Phone, twilio: TwilioSandbox, everyone: Inspection) -> None:
    keys = Keyboard(alice.page)
    calling = asyncio.create_task(twilio.call_from_phone(JANE))
    await alice.rings()
    await alice.says("Jane <b>Doe</b>")
    await everyone.inspect(alice, "ringing")
    await keys.shortcut(1, key="&")
    await alice.in_stage("talking")
    assert "current" in await alice.page("document.activeElement.className")
    await keys.shortcut(5)
    await keys.focus("5")
    await keys.press("Enter")
    await keys.shortcut(4)
    await alice.says("Unmute")
    await alice.sees("[aria-keyshortcuts$='8']")
    await keys.shortcut(8)
    await keys.shortcut(7)
    await keys.type("Wants two")
    await alice.sees(".saved[data-state=kept]")
    await everyone.inspect(alice, "in-call")
    await alice.page(TROUBLE)
    await alice.says("Another device saved something else meanwhile")
    await everyone.inspect(alice, "in-call-troubled")
    await alice.click("Keep mine")
    await alice.sees(".saved[data-state=kept]")
    again = await strict.signed_in()
    await again.sees(".mirrored")
    await everyone.inspect(again, "elsewhere-in-call")
    await strict.close(again)
    await alice.page.to_front()
    await alice.page("document.querySelector('.note textarea').focus()")
    await alice.click("Hang up")
    await alice.ended("hung_up")
    # The note is typed on where it stands now.
    await alice.page.until("document.activeElement === document.querySelector('.over textarea')")
    await keys.type(", or three")
    await alice.page.until("document.querySelector('.over textarea').value === 'Wants two, or three'")
    await alice.sees(".saved[data-state=kept]")
    await calling
    await everyone.inspect(alice, "ended")
    await alice.page(REFUSED)
    await alice.click("Sign out")
    await alice.sees(".unsaved")
    await everyone.inspect(alice, "unsaved")
    await alice.click("Stay signed in")


STILL_ON_HOLD = "{ const now = Date.now; Date.now = () => now() + 120_000; }"


async def confers(alice: Phone, twilio: TwilioSandbox, everyone: Inspection) -> None:
    """A call with a customer on hold, a colleague who is asked, and a third party."""
    holds = Party.answers(after=1, talks=None)
    twilio.parties |= {JANE: holds, JOHN: holds, THIRD: holds}
    await alice.call(JANE)
    await alice.in_stage("talking")
    await alice.click("Hold")
    await alice.sees(".conference[data-held=true]")
    await alice.click("Ask or add")
    await everyone.inspect(alice, "on-hold")
    # Bob is not signed in: he is shown, and cannot be asked.
    assert await alice.page("!!document.querySelector('.conference .gone:not(:has(button))')")
    await alice.fill("invite-to", THIRD)
    await alice.click("Ask first", within=".conference > .row")
    await alice.sees(".conference .person[data-state=talking]")
    await everyone.inspect(alice, "asking")
    await alice.click("Swap between +33 7 55 50 12 34 and the other party")
    await alice.sees(".conference .person[data-state=on_hold]")
    await alice.click("Ask or add")
    await alice.fill("invite-to", JOHN)
    await alice.click("Add", within=".conference > .row")
    await alice.page.until("document.querySelectorAll('.conference .person[data-state]').length === 2")
    await alice.sees(".conference .person[data-state=talking]")
    await everyone.inspect(alice, "third-party")
    await alice.click("Hold")
    await alice.sees(".conference[data-held=true]")
    await alice.page(STILL_ON_HOLD)
    await alice.sees(".conference .banner[role=alert]")
    await everyone.inspect(alice, "still-on-hold")
    await alice.click("Hang up")
    await alice.ended("hung_up")


GONE = """(() => {
    const audio = document.querySelector('audio');
    const { src } = audio;
    globalThis.comesBack = () => (audio.src = src);
    audio.src = '/recordings/none';
    audio.play().catch(() => {});
})()"""
"""A recording that is not there, for a while."""


async def looks_around(alice: Phone, everyone: Inspection) -> None:
    """The next tab of the desk."""
    keys = Keyboard(alice.page)
    await alice.page("document.querySelector('[role=tab][aria-selected=true]').focus()")
    await keys.press("ArrowRight")
    await alice.page.until("document.activeElement.getAttribute('aria-selected') === 'true'")
    shown = str(await alice.page("document.activeElement.id"))
    if shown == "tab-voicemails":
        await alice.says(SAYS)
        await alice.page("document.querySelector('audio').play()")
        await alice.page.until("document.querySelector('audio').currentTime > 0")
        await alice.page("document.querySelector('audio').pause()")
        await alice.page(GONE)
        await alice.sees(".sound [role=alert]")
    if shown == "tab-colleagues":
        await alice.click("Calls of bob")
        await alice.sees(".calls-of li")
        await alice.page(AWAY)
        await alice.sees(".availability input")
    if shown == "tab-devices":
        await alice.click("Check the connection")
        await alice.says("which Twilio bills")
    await everyone.inspect(alice, shown)
    if shown == "tab-voicemails":
        await alice.page("comesBack(), true")
        await alice.click("Try again")
        await alice.page.until("document.querySelector('audio').currentTime > 0")
        assert not await alice.page("!!document.querySelector('.sound [role=alert]')")
