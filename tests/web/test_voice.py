"""What to do with a call: the TwiML that Twilio gets, and what is kept of the request."""

from xml.etree import ElementTree as ET

import pytest

from bridge.calls.texts import FRENCH
from tests.support import eventually
from tests.web.conftest import Bridge, OpenBridge, payload

OUT = payload("browser-out-1-voice-request")
ALIASES = ["/twilio/voice", "/twiml/voice", "/webhook/twiml-handler"]


async def kept(bridge: Bridge) -> list[tuple[str, str, dict[str, str]]]:
    """The rows, once there are some: TwiML does not wait for the disk."""
    await eventually(lambda: bool(bridge.rows()))
    return bridge.rows()


@pytest.mark.parametrize("path", ALIASES)
async def test_aliases(bridge: Bridge, path: str) -> None:
    answer = await bridge.twilio(path, OUT)
    (dial,) = ET.fromstring(answer.text)
    assert dial.attrib["action"] == "https://phone.example.com/twilio/dial#rc=5&rp=all"
    assert await kept(bridge) == [("voice", OUT["CallSid"], OUT)]


@pytest.mark.parametrize(
    ("to", "noun", "dialled", "caller_id"),
    [
        ("0612345678", "Number", "+33612345678", "+33159130001"),
        ("06 12 34 56 78", "Number", "+33612345678", "+33159130001"),
        ("+33612345678", "Number", "+33612345678", "+33159130001"),
        ("+12125551234", "Number", "+12125551234", "+33159130001"),
        ("client:bob", "Client", "bob", "client:agent1"),
        ("client:jane.doe", "Client", "jane_doe", "client:agent1"),
        ("client:<Hangup/>", "Client", "_Hangup__", "client:agent1"),
    ],
)
async def test_dialled(bridge: Bridge, to: str, noun: str, dialled: str, caller_id: str) -> None:
    answer = await bridge.twilio("/twilio/voice", {**OUT, "To": to})
    (dial,) = ET.fromstring(answer.text)
    (child,) = dial
    assert (child.tag, child.text, dial.attrib["callerId"]) == (noun, dialled, caller_id)
    assert child.attrib["statusCallback"] == "https://phone.example.com/twilio/status#rc=5&rp=all"
    assert [kind for kind, *_ in await kept(bridge)] == ["voice"]


@pytest.mark.parametrize(
    "to",
    [
        "",
        "12",
        "112",
        "garbage",
        "anonymous",
        "+99912345678",
        "client:",
        "sip:a@b.example",
        "+33612345678<x>",
    ],
)
async def test_a_number_that_nobody_has_is_spoken_about_and_kept(bridge: Bridge, to: str) -> None:
    answer = await bridge.twilio("/twilio/voice", {**OUT, "To": to})
    say, hangup = ET.fromstring(answer.text)
    assert (say.text, say.attrib, hangup.tag) == (FRENCH.invalid, {"language": "fr-FR"}, "Hangup")
    assert await kept(bridge) == [("refused", OUT["CallSid"], {**OUT, "To": to, "Reason": "invalid"})]


async def test_own_words(open_bridge: OpenBridge) -> None:
    bridge = await open_bridge(
        voice={"language": "de-DE", "texts": {"de-DE": {"invalid": "Kein <Anschluss>."}}}
    )
    answer = await bridge.twilio("/twilio/voice", {**OUT, "To": "12"})
    say, _ = ET.fromstring(answer.text)
    assert (say.text, say.attrib) == ("Kein <Anschluss>.", {"language": "de-DE"})


@pytest.mark.parametrize(("region", "dialled"), [(None, "+33612345678"), ("IT", "+390612345678")])
async def test_region(open_bridge: OpenBridge, region: str | None, dialled: str) -> None:
    bridge = await open_bridge(voice={"region": region})
    answer = await bridge.twilio("/twilio/voice", {**OUT, "To": "0612345678"})
    assert [number.text for number in ET.fromstring(answer.text).iter("Number")] == [dialled]


async def test_where_the_voice_url_failed_the_caller_hears_an_apology(bridge: Bridge) -> None:
    answer = await bridge.twilio("/twilio/fallback", {**OUT, "ErrorCode": "11200"})
    say, _ = ET.fromstring(answer.text)
    assert say.text == FRENCH.unavailable
