"""The bridge was away while people called; when it is back, Twenty has their calls."""

from datetime import UTC, datetime, timedelta

from bridge.demo.bridge import fetch_token, known_to
from bridge.demo.process import BridgeProcess
from bridge.sandbox.twenty import TwentySandbox
from bridge.sandbox.twilio import Party, TwilioSandbox
from tests.e2e.test_calls import until_finished
from tests.sandbox.twilio.conftest import running_app
from tests.support import create_person

JANE = "+33612345678"


async def test_calls_of_an_outage_are_found_again(
    bridge: BridgeProcess, twilio: TwilioSandbox, twenty: TwentySandbox
) -> None:
    jane = await create_person(twenty, "Jane Doe", primaryPhoneNumber=JANE)
    twilio.parties[JANE] = Party.answers(talks=30)
    token = await fetch_token(bridge.url, "alice")
    before = await twilio.call_from_token(token, JANE)
    await until_finished(twenty, {before.sid})
    await bridge.kill()
    async with running_app() as elsewhere:
        twilio.voice_url = f"{elsewhere.url}/voice"
        twilio.start = datetime.now(UTC) - timedelta(minutes=10)
        elsewhere.dial(f"<Number>{JANE}</Number>", callerId=twilio.phone_number)
        out = await twilio.call_from_token(token, JANE)
        elsewhere.dial("<Client>bob</Client>", timeout="20")
        missed = await twilio.call_from_phone(JANE)
    await bridge.start()
    known_to(twilio, listens_on=bridge.url)
    shown = await until_finished(twenty, {out.sid, missed.sid})
    assert [(shown[c.sid]["status"], shown[c.sid]["durationInSeconds"]) for c in (out, missed)] == [
        ("COMPLETED", 30),
        ("MISSED", None),
    ]
    assert {shown[c.sid]["personId"] for c in (out, missed)} == {jane}
