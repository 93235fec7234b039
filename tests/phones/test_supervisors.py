"""A supervisor's page is for everyone, too: the buttons that listen, whisper and join, in both languages."""

from bridge.sandbox.twilio import TwilioSandbox
from tests.browser import needs_chromium
from tests.phones.office import Office
from tests.phones.test_conferences import coached, other_is, sections, talking
from tests.phones.test_everyone import Inspection
from tests.support import eventually

__all__ = ["sections"]

pytestmark = needs_chromium


async def test_listening_is_for_everyone(phones: Office, twilio: TwilioSandbox) -> None:
    inspection = Inspection()
    alice, carl = await talking(phones, twilio), await phones.online("carl")
    await carl.click("Colleagues")
    await carl.sees("[data-identity=alice] .row")
    await inspection.inspect(carl, "colleague-in-a-call")
    await carl.click("Listen to the call of alice")
    await carl.rings()
    await carl.click("Answer")
    await carl.in_stage("talking")
    await other_is(alice, "listening")
    await inspection.inspect(carl, "listening")
    await inspection.inspect(alice, "listened-to")
    await carl.click("Whisper to alice")
    await eventually(lambda: coached(twilio))
    await inspection.inspect(carl, "whispering")
    await alice.click("Hang up")
    await alice.ended("hung_up")
    assert inspection.findings == []
