"""A day at the phone by keyboard alone, as a screen reader has it, in each language."""

import asyncio

import pytest

from bridge.sandbox.twenty import TwentySandbox
from bridge.sandbox.twilio import TwilioSandbox
from tests.browser import needs_chromium
from tests.phones.conftest import Sections
from tests.phones.keyboard import Keyboard
from tests.phones.office import Office, played_out
from tests.phones.reader import Reader
from tests.support import create_person

pytestmark = needs_chromium

JANE = "+33612345678"
SAYS = "Please call me back about the second invoice."
SPEAKS = "Object.defineProperty(navigator, 'languages', {{ value: ['{}'] }});"
SPEED = "document.querySelector('.sound audio')?.playbackRate"


@pytest.fixture
def sections() -> Sections:
    return {
        "phone": {"search": "keys", "colleagues": "calls"},
        "lines": {"default": {"owner": {"seconds": 0}, "voicemail": {"transcribe": True}}},
    }


class Day:
    """An agent with a keyboard and a screen reader."""

    def __init__(self, reader: Reader, twilio: TwilioSandbox, key: str) -> None:
        self.reader = reader
        self.keys = Keyboard(reader.page)
        self.twilio = twilio
        self.key = key

    async def press(self, role: str, key: str, **values: object) -> None:
        """Goes to what the reader names, and presses it."""
        node = await self.reader.has(role, key, **values)
        await self.keys.focus(node.name)
        await self.keys.press("Enter")

    async def every_control_has_a_name(self) -> None:
        assert await self.reader.nameless() == []

    async def signs_in(self) -> None:
        await self.reader.has("textbox", "sign-in.key")
        await self.every_control_has_a_name()
        await self.keys.focus("key")
        await self.keys.type(self.key)
        await self.keys.focus("identity")
        await self.keys.type("alice")
        await self.keys.press("Enter")
        await self.reader.has("textbox", "search.label")
        await self.reader.has("button", "call")
        await self.reader.has("combobox", "availability")
        await self.every_control_has_a_name()

    async def declines_and_hears_the_message(self) -> None:
        calling = asyncio.create_task(self.twilio.call_from_phone(JANE, says=SAYS))
        await self.reader.has("article", "incoming")
        await self.reader.has("button", "answer")
        await self.every_control_has_a_name()
        await self.keys.shortcut(2)
        await played_out(self.twilio, calling)
        await self.goes_to("voicemails")
        await self.reader.has("Audio", "voicemail")
        assert (await self.reader.has("combobox", "speed")).states["value"] == "1×"
        await self.keys.focus(await self.reader.words("speed"))
        for _ in range(2):
            await self.keys.press("ArrowDown")
        await self.reader.page.until(f"{SPEED} === 1.5")
        assert (await self.reader.has("combobox", "speed")).states["value"] == "1.5×"
        await self.every_control_has_a_name()

    async def goes_to(self, tab: str) -> None:
        """A tab of the desk, by the arrows."""
        await self.keys.focus(
            str(await self.reader.page("document.querySelector('[role=tab][tabindex=\"0\"]').id"))
        )
        for _ in range(5):
            if await self.reader.page("document.activeElement.id") == f"tab-{tab}":
                break
            await self.keys.press("ArrowRight")
        await self.reader.page.until("document.activeElement.ariaSelected === 'true'")
        assert (await self.reader.has("tab", f"desk.{tab}")).states["selected"]

    async def talks_and_notes(self) -> None:
        calling = asyncio.create_task(self.twilio.call_from_phone(JANE))
        await self.reader.has("button", "answer")
        await self.keys.shortcut(1)
        await self.reader.has("region", "call.now")
        await self.reader.has("button", "mute")
        await self.keys.shortcut(4)
        # A name that says what the press does has no state beside it: both would be read.
        assert "pressed" not in (await self.reader.has("button", "unmute")).states
        await self.reader.has("combobox", "note.outcome")
        await self.keys.shortcut(7)
        await self.keys.type("Wants two")
        await self.reader.page.until("!!document.querySelector('.saved[data-state=kept]')")
        assert (await self.reader.has("textbox", "note")).states["value"] == "Wants two"
        await self.press("button", "transfer")
        await self.reader.has("group", "transfer")
        await self.reader.has("textbox", "transfer.to")
        await self.every_control_has_a_name()
        await self.keys.shortcut(3)
        await self.reader.has("article", "over")
        await self.reader.has("button", "call-back")
        await self.every_control_has_a_name()
        await calling

    async def is_away_until(self) -> None:
        availability = await self.reader.words("availability")
        await self.keys.focus(availability)
        for _ in range(2):
            await self.keys.press("ArrowDown")
        await self.reader.page.until("document.querySelector('.availability select')?.value === 'away'")
        await self.reader.has("InputTime", "availability.at")
        await self.every_control_has_a_name()

    async def looks_around(self) -> None:
        for tab, role, key in (
            ("recent", "button", "details"),
            ("missed", "tab", "desk.missed"),
            ("colleagues", "button", "agent.call"),
            ("devices", "combobox", "device.microphone"),
        ):
            await self.goes_to(tab)
            await self.reader.has(role, key, name="bob")
            await self.every_control_has_a_name()


@pytest.mark.parametrize("language", ["en", "fr"])
async def test_a_day_by_keyboard_and_screen_reader(
    phones: Office, twilio: TwilioSandbox, twenty: TwentySandbox, language: str
) -> None:
    await create_person(twenty, "Jane Doe", primaryPhoneNumber=JANE)
    phone = await phones.phone(script=SPEAKS.format(language))
    day = Day(Reader(phone.page, language), twilio, phones.key)
    await day.signs_in()
    await phone.shows("ready")
    await day.declines_and_hears_the_message()
    await day.talks_and_notes()
    await day.looks_around()
    await day.is_away_until()
