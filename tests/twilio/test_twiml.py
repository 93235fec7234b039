"""TwiML, read as Twilio would read it."""

from xml.etree import ElementTree as ET

import pytest

from bridge.twilio import twiml
from bridge.twilio.twiml import CallbackUrls

URLS = CallbackUrls.under("https://crm.example.com/phone")
MARKUP = '<Hangup/> & "co" \'s'


def dialled(target: str, *, time_limit: int | None = None) -> ET.Element:
    document = twiml.dial_out(target, caller_id="+33159130001", timeout=30, time_limit=time_limit, urls=URLS)
    (dial,) = ET.fromstring(document)
    assert dial.tag == "Dial"
    return dial


def test_dial() -> None:
    assert dialled("+33612345678", time_limit=14400).attrib == {
        "callerId": "+33159130001",
        "answerOnBridge": "true",
        "timeout": "30",
        "timeLimit": "14400",
        "action": "https://crm.example.com/phone/twilio/dial#rc=5&rp=all",
    }


def test_dial_without_a_limit() -> None:
    assert "timeLimit" not in dialled("+33612345678").attrib


@pytest.mark.parametrize(
    ("target", "noun", "text"),
    [
        ("+33612345678", "Number", "+33612345678"),
        ("client:bob", "Client", "bob"),
        (f"client:{MARKUP}", "Client", MARKUP),
        (MARKUP, "Number", MARKUP),
    ],
)
def test_noun(target: str, noun: str, text: str) -> None:
    (child,) = dialled(target)
    assert (child.tag, child.text, len(child)) == (noun, text, 0)
    assert child.attrib == {
        "statusCallback": "https://crm.example.com/phone/twilio/status#rc=5&rp=all",
        "statusCallbackEvent": "initiated ringing answered completed",
    }


@pytest.mark.parametrize("text", ["Désolé.", MARKUP, "]]>", "a\nb"])
def test_say(text: str) -> None:
    say, hangup = ET.fromstring(twiml.say(text, language="fr-FR"))
    assert (say.tag, say.text, say.attrib) == ("Say", text, {"language": "fr-FR"})
    assert (hangup.tag, hangup.attrib) == ("Hangup", {})


def test_empty() -> None:
    response = ET.fromstring(twiml.EMPTY)
    assert (response.tag, len(response), response.attrib) == ("Response", 0, {})
