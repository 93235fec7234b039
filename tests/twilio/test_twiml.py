"""TwiML, read as Twilio would read it."""

from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.calls.agents import identity_of
from bridge.calls.dialling.admission import Admitted
from bridge.sandbox.twilio.twiml import parse_document
from bridge.twilio import twiml
from bridge.twilio.answers import CallerDetails
from bridge.twilio.urls import CallbackUrls

URLS = CallbackUrls("https://crm.example.com/phone")
MARKUP = '<Hangup/> & "co" \'s'


def dialled(target: str, *, time_limit: int | None = None) -> ET.Element:
    document = twiml.dial_out(
        Admitted(target),
        caller_id="+33159130001",
        timeout=30,
        time_limit=time_limit,
        urls=URLS,
        agent="alice",
    )
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


def test_a_number_is_asked_whether_a_machine_answers() -> None:
    sid = "CA" + "1" * 32

    def noun(target: str) -> ET.Element:
        document = twiml.dial_out(
            Admitted(target),
            caller_id="",
            timeout=30,
            time_limit=None,
            urls=URLS,
            agent="alice",
            detect_machines_of=sid,
        )
        return ET.fromstring(document)[0][0]

    told_at = noun("+33612345678").attrib["amdStatusCallback"]
    assert told_at == f"https://crm.example.com/phone/twilio/machine?call={sid}#rc=5&rp=all"
    assert noun("+33612345678").attrib["machineDetection"] == "Enable"
    assert "machineDetection" not in noun("client:bob").attrib
    assert "machineDetection" not in dialled("+33612345678")[0].attrib


@given(
    st.one_of(
        st.from_regex(r"\+[0-9]{7,15}", fullmatch=True),
        st.from_regex(r"client:[A-Za-z0-9_]{1,20}", fullmatch=True),
        st.text(max_size=20),
    ),
    st.sampled_from(["+33159130001", "client:alice", twiml.ELSEWHERE]),
    st.booleans(),
)
def test_a_document_that_is_filled_in_is_as_the_builder_makes_it(
    target: str, caller_id: str, record: bool
) -> None:
    wanted: dict[str, Any] = {
        "caller_id": caller_id,
        "timeout": 30,
        "time_limit": None,
        "urls": URLS,
        "agent": "alice",
        "record": record,
    }
    made = twiml._dial_out.__wrapped__(Admitted(target), announcement=None, **wanted)
    assert twiml.dial_out(Admitted(target), **wanted) == made


def test_dial_without_a_limit() -> None:
    assert "timeLimit" not in dialled("+33612345678").attrib


@pytest.mark.parametrize(
    ("target", "noun", "text"),
    [
        ("+33612345678", "Number", "+33612345678"),
        ("client:bob", "Client", "bob"),
        (f"client:{MARKUP}", "Client", str(identity_of(MARKUP))),
        (MARKUP, "Number", MARKUP),
    ],
)
def test_noun(target: str, noun: str, text: str) -> None:
    (child,) = dialled(target)
    assert (child.tag, child.text, len(child)) == (noun, text, 0)
    assert child.attrib == {
        "statusCallback": "https://crm.example.com/phone/twilio/status?agent=alice#rc=5&rp=all",
        "statusCallbackEvent": "initiated ringing answered completed",
    }


@pytest.mark.parametrize(
    ("target", "noun", "text", "marks"),
    [
        ("client:bob", "Client", "bob", "direction=inbound"),
        ("+33612345678", "Number", "+33612345678", "direction=inbound&shows=line"),
    ],
)
def test_transfer(target: str, noun: str, text: str, marks: str) -> None:
    document = twiml.transfer(
        Admitted(target), caller_id=None, timeout=20, time_limit=14400, urls=URLS, record=False
    )
    (dial,) = ET.fromstring(document)
    (child,) = dial
    assert dial.attrib == {
        "timeout": "20",
        "timeLimit": "14400",
        "action": "https://crm.example.com/phone/twilio/dial?step=transfer#rc=5&rp=all",
    }
    assert (child.tag, child.text) == (noun, text)
    assert (
        child.attrib["statusCallback"] == f"https://crm.example.com/phone/twilio/status?{marks}#rc=5&rp=all"
    )


def test_a_transfer_to_an_extension() -> None:
    document = twiml.transfer(
        Admitted("+33612345678"),
        caller_id=None,
        timeout=20,
        time_limit=None,
        urls=URLS,
        record=False,
        send_digits="wwww12",
    )
    ((number,),) = ET.fromstring(document)
    assert (number.tag, number.attrib["sendDigits"]) == ("Number", "wwww12")


def test_a_recorded_transfer() -> None:
    document = twiml.transfer(
        Admitted("client:bob"), caller_id="+33159130001", timeout=20, time_limit=None, urls=URLS, record=True
    )
    (dial,) = ET.fromstring(document)
    assert dial.attrib["record"] == "record-from-answer-dual"
    assert (
        dial.attrib["recordingStatusCallback"] == "https://crm.example.com/phone/twilio/recording#rc=5&rp=all"
    )


@pytest.mark.parametrize("text", ["Désolé.", MARKUP, "]]>", "a\nb"])
def test_say(text: str) -> None:
    say, hangup = ET.fromstring(twiml.say(text, language="fr-FR"))
    assert (say.tag, say.text, say.attrib) == ("Say", text, {"language": "fr-FR"})
    assert (hangup.tag, hangup.attrib) == ("Hangup", {})


def test_empty() -> None:
    response = ET.fromstring(twiml.EMPTY)
    assert (response.tag, len(response), response.attrib) == ("Response", 0, {})


CALL_OUT = "CA" + "1" * 32


@pytest.mark.parametrize("target", ["+33639980001", "client:alice", "client:a.b-c@example.com"])
@pytest.mark.parametrize("record", [True, False])
def test_what_is_dialled_has_documented_verbs_attributes_and_values_alone(target: str, record: bool) -> None:
    told = {"caller_id": "+33159130001", "timeout": 30, "time_limit": 14400, "urls": URLS, "record": record}
    announced = {"announcement": "https://crm.example.com/announcement", "detect_machines_of": CALL_OUT}
    documents = [
        twiml.dial_out(Admitted(target), agent="alice", **told, **announced),  # type: ignore[arg-type]
        twiml.dial_out(Admitted(target), agent="alice", send_digits="ww12", **told),  # type: ignore[arg-type]
        twiml.transfer(Admitted(target), **told),  # type: ignore[arg-type]
        twiml.transfer(Admitted(target), send_digits="1", leg_of=CALL_OUT, **told),  # type: ignore[arg-type]
        twiml.conference(CALL_OUT, time_limit=14400, urls=URLS, record=record),
    ]
    assert [parse_document(document).warnings for document in documents] == [()] * len(documents)


def test_what_is_heard_has_documented_verbs_attributes_and_values_alone() -> None:
    documents = [
        *(twiml.on_hold("https://crm.example.com/music.mp3"), twiml.on_hold(None)),
        *(twiml.EMPTY, twiml.REJECT, twiml.PREFLIGHT),
        *(twiml.say(MARKUP, language="fr-FR"), twiml.spoken(MARKUP, language="fr-FR")),
    ]
    assert [parse_document(document).warnings for document in documents] == [()] * len(documents)


def test_what_a_ringing_phone_is_told_of_the_caller_fits_twilios_bounds() -> None:
    long = CallerDetails(name="Ж" + "é" * 99, person_id="7", url=f"https://{'x' * 200}", call_sid="CA")
    assert dict(long.parameters()) == {"name": "Ж" + "é" * 63, "personId": "7", "callSid": "CA"}
    assert dict(CallerDetails(name="a" + "é" * 99).parameters()) == {"name": "a" + "é" * 63}
