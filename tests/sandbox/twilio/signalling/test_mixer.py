"""Three telephones in Chromium hear each other as they should, and do not where they should not.

Each speaks a tone of its own; what a page hears is the level of each tone in the sound that it receives.
"""

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import aiohttp
import pytest

from bridge.sandbox.twilio import TwilioSandbox
from tests.browser import CALLS, Page, another, browsing, needs_chromium
from tests.sandbox.twilio.conferences.support import Meeting, room
from tests.sandbox.twilio.signalling.support import OWN, eventually
from tests.sandbox.twilio.support import App, dial

pytestmark = needs_chromium
pytest.importorskip("aiortc")

TONES = {"customer": 600, "agent": 1000, "colleague": 1600}
NUMBERS = {"customer": "+33639980001", "agent": "+33639980002", "colleague": "+33639980003"}
MUSIC = 350
LOUD = -55
SECONDS = 60

LEVELS = """new Promise(async (done) => {
    const context = new AudioContext();
    await context.resume();
    const analyser = new AnalyserNode(context, {fftSize: 8192, smoothingTimeConstant: 0.3});
    context.createMediaStreamSource(document.getElementById('sound').srcObject).connect(analyser);
    await new Promise((next) => setTimeout(next, 700));
    const levels = new Float32Array(analyser.frequencyBinCount);
    analyser.getFloatFrequencyData(levels);
    const at = (hertz) => Math.round(hertz * analyser.fftSize / context.sampleRate);
    const level = (hertz) => Math.max(...levels.slice(at(hertz) - 3, at(hertz) + 4));
    await context.close();
    done(%s.map(level));
})"""


@dataclass
class Party:
    """One page, and whose telephone it is."""

    name: str
    page: Page

    async def shows(self, status: str) -> None:
        await self.page.until(f"document.getElementById('status').textContent === '{status}'")

    async def click(self, button: str) -> None:
        await self.page(f"document.getElementById('{button}').click()")

    async def hears(self, *wanted: str) -> None:
        """Waits until the page hears these, and nothing else."""
        heard: set[str] = set()
        for _ in range(SECONDS):
            heard = await self._heard()
            if heard == set(wanted):
                return
        raise AssertionError(f"{self.name} hears {heard}")

    async def _heard(self) -> set[str]:
        tones = {**TONES, "music": MUSIC}
        levels = await self.page(LEVELS % json.dumps(list(tones.values())))
        return {name for name, level in zip(tones, levels, strict=True) if (level or -999) > LOUD}


@pytest.fixture
async def parties(sandbox: TwilioSandbox, tmp_path: Path) -> AsyncIterator[dict[str, Party]]:
    sandbox.signalling.switches.sound = "mixer"
    async with AsyncExitStack() as stack:
        opened: dict[str, Party] = {}
        for name, number in NUMBERS.items():
            url = f"{sandbox.telephone_url(number)}&{urlencode({'tone': TONES[name]})}"
            profile = tmp_path / "chromium"
            opening = another(url, profile) if opened else browsing(url, profile, *CALLS)
            opened[name] = Party(name, await stack.enter_async_context(opening))
            await opened[name].shows("ready")
        yield opened


async def test_a_conference(
    app: App, sandbox: TwilioSandbox, rest: aiohttp.ClientSession, parties: dict[str, Party]
) -> None:
    meeting = Meeting(app, sandbox, rest)
    customer, agent, colleague = parties.values()
    app.on("/voice", dial(room(waitUrl="")))
    await customer.click("call")
    await customer.shows("talking")
    await customer.hears()
    legs: dict[str, str] = {}
    for count, party in ((2, agent), (3, colleague)):
        legs[party.name] = (await meeting.invite(NUMBERS[party.name]))["call_sid"]
        await party.shows(f"{OWN} calls")
        await party.click("answer")
        await eventually(lambda count=count: meeting.size == count)
    legs["customer"] = next(leg.sid for leg in meeting.legs if leg.sid not in legs.values())

    await customer.hears("agent", "colleague")
    await agent.hears("customer", "colleague")
    await colleague.hears("customer", "agent")

    await meeting.change(legs["customer"], 200, Hold="true")
    await customer.hears("music")
    await agent.hears("colleague")
    await colleague.hears("agent")
    await meeting.change(legs["customer"], 200, Hold="false")

    await meeting.change(legs["colleague"], 200, Coaching="true", CallSidToCoach=legs["agent"])
    await customer.hears("agent")
    await agent.hears("customer", "colleague")
    await colleague.hears("customer", "agent")

    await meeting.change(legs["colleague"], 200, Coaching="false", Muted="true")
    await customer.hears("agent")
    await agent.hears("customer")
    await colleague.hears("customer", "agent")

    await meeting.kick(legs["agent"])
    await agent.shows("the call is over")
    await meeting.change(legs["colleague"], 200, Muted="false")
    await customer.hears("colleague")
    await colleague.hears("customer")
