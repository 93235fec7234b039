"""Somebody calls in: each step's TwiML, decided from the request alone, and what is kept of it."""

from collections.abc import Mapping
from xml.etree import ElementTree as ET

import pytest

from bridge.calls.texts import FRENCH
from tests.support import eventually
from tests.web.conftest import Bridge, OpenBridge, payload

IN = payload("inbound-1-voice-request")
UNANSWERED = {**IN, "CallStatus": "in-progress", "DialCallStatus": "no-answer"}
ANSWERED = payload("inbound-7-dial-action")
PUBLIC = "https://phone.example.com/twilio"
RETRIES = "#rc=5&rp=all"
MOBILE = "+33698765432"
AGENTS = {"names": ["alice", "bob"]}
PLAN = {"ring": [{"agents": ["alice"], "seconds": 10}, {"number": MOBILE, "seconds": 20}]}


def verbs(document: str) -> list[str]:
    return [verb.tag for verb in ET.fromstring(document)]


def dial(document: str) -> ET.Element:
    (found,) = ET.fromstring(document).iter("Dial")
    return found


async def kept(bridge: Bridge) -> list[Mapping[str, str]]:
    await eventually(lambda: bool(bridge.rows()))
    return [parameters for *_, parameters in bridge.rows()]


@pytest.mark.parametrize("path", ["/twilio/voice", "/twiml/voice", "/webhook/twiml-handler"])
async def test_all_agents_ring(open_bridge: OpenBridge, path: str) -> None:
    bridge = await open_bridge(agents=AGENTS)
    ringing = dial((await bridge.twilio(path, IN)).text)
    assert ringing.attrib == {
        "action": f"{PUBLIC}/dial?step=1{RETRIES}",
        "answerOnBridge": "true",
        "timeLimit": "14400",
        "timeout": "25",
    }
    assert [client.findtext("Identity") for client in ringing] == ["alice", "bob"]
    for client in ringing:
        assert client.attrib == {
            "statusCallback": f"{PUBLIC}/status?direction=inbound{RETRIES}",
            "statusCallbackEvent": "initiated ringing answered completed",
        }
    assert await kept(bridge) == [IN | {"Next": "dial"}]


LARGE = "{" * 17_000


@pytest.mark.parametrize(
    ("odd", "kept_as"),
    [
        ({"From": ""}, {"From": "anonymous"}),
        ({"From": "  "}, {"From": "anonymous"}),
        ({"From": None}, {"From": "anonymous"}),
        ({"From": None, "Caller": "+33612345678"}, {"From": "anonymous", "Caller": "+33612345678"}),
        ({"CallStatus": "<x>"}, {"CallStatus": None}),
        ({"ParentCallSid": "junk"}, {"ParentCallSid": None}),
        ({"AddOns": LARGE}, {"AddOns": None}),
        ({"AddOns": LARGE * 5}, {"AddOns": None}),
    ],
    ids=",".join,
)
async def test_what_is_not_needed_turns_no_caller_away(
    open_bridge: OpenBridge, odd: dict[str, str | None], kept_as: dict[str, str | None]
) -> None:
    bridge = await open_bridge(agents=AGENTS)
    told = {name: value for name, value in (IN | odd).items() if value is not None}
    answer = await bridge.twilio("/twilio/voice", told)
    assert (answer.status, len(dial(answer.text))) == (200, 2)
    expected = {**IN, **{name: value for name, value in odd.items() if name == "Caller"}, **kept_as}
    assert await kept(bridge) == [
        {name: value for name, value in expected.items() if value is not None} | {"Next": "dial"}
    ]


@pytest.mark.parametrize(
    ("from_", "shown"),
    [
        ("+33612345678", "+33612345678"),
        ("+330612345678", IN["To"]),
        ("+5215512345678", IN["To"]),
        ("266696687", IN["To"]),
        ("+10000000000", IN["To"]),
        ("+33000000000", IN["To"]),
        ("+12562533", IN["To"]),
        ("anonymous", IN["To"]),
        ("", IN["To"]),
    ],
)
async def test_a_forwarded_call_shows_the_caller_to_the_letter_or_the_line(
    open_bridge: OpenBridge, from_: str, shown: str
) -> None:
    bridge = await open_bridge(lines={"default": {"ring": [{"number": MOBILE}]}})
    assert dial((await bridge.twilio("/twilio/voice", IN | {"From": from_})).text).attrib["callerId"] == shown


@pytest.mark.parametrize(
    ("step", "rings", "following"),
    [
        ("0", "Client", "dial"),
        ("1", "Number", "dial"),
        ("2", None, "voicemail"),
        ("7", None, "voicemail"),
        ("transfer", None, "voicemail"),
        ("9" * 50, None, "voicemail"),
        ("1_0", None, "voicemail"),
        ("-1", None, "voicemail"),
        ("", None, "voicemail"),
    ],
)
async def test_the_next_step_of_a_call_that_this_bridge_never_heard_of(
    open_bridge: OpenBridge, step: str, rings: str | None, following: str
) -> None:
    bridge = await open_bridge(agents=AGENTS, lines={"default": PLAN})
    answer = await bridge.twilio(f"/twilio/dial?step={step}", UNANSWERED)
    assert [noun.tag for found in ET.fromstring(answer.text).iter("Dial") for noun in found] == (
        [rings] if rings else []
    )
    assert (await kept(bridge))[0]["Next"] == following


async def test_a_forwarded_caller_is_shown_to_the_mobile(open_bridge: OpenBridge) -> None:
    bridge = await open_bridge(agents=AGENTS, lines={"default": PLAN})
    for caller, shown in ((IN["From"], IN["From"]), ("anonymous", IN["To"])):
        form = {**UNANSWERED, "From": caller}
        assert dial((await bridge.twilio("/twilio/dial?step=1", form)).text).attrib["callerId"] == shown


@pytest.mark.parametrize(
    "form",
    [
        ANSWERED,
        {**UNANSWERED, "DialCallStatus": "answered"},
        {**UNANSWERED, "CallStatus": "completed"},  # the caller is gone
        {**UNANSWERED, "CallStatus": "no-answer"},
    ],
)
async def test_after_an_answer_the_call_ends(open_bridge: OpenBridge, form: dict[str, str]) -> None:
    bridge = await open_bridge(agents=AGENTS)
    answer = await bridge.twilio("/twilio/dial?step=0", form)
    assert verbs(answer.text) == []
    assert bridge.rows()[0][2]["Next"] == "end"


async def test_who_was_never_connected_rings_on(open_bridge: OpenBridge) -> None:
    bridge = await open_bridge(agents=AGENTS)
    for form in ({**ANSWERED, "DialBridged": "false"}, {**UNANSWERED, "DialCallStatus": "of-a-later-time"}):
        assert "Dial" in verbs((await bridge.twilio("/twilio/dial?step=0", form)).text)


async def test_voicemail(open_bridge: OpenBridge) -> None:
    line = {"voicemail": {"greeting": "Laissez un message.", "longest_seconds": 60, "transcribe": True}}
    bridge = await open_bridge(lines={"default": line})
    say, record, redirect = ET.fromstring((await bridge.twilio("/twilio/voice", IN)).text)
    assert (say.text, say.attrib) == ("Laissez un message.", {"language": "fr-FR"})
    assert record.attrib == {
        "action": f"{PUBLIC}/voicemail{RETRIES}",
        "maxLength": "60",
        "recordingStatusCallback": f"{PUBLIC}/recording{RETRIES}",
        "recordingStatusCallbackEvent": "completed absent",
        "transcribe": "true",
        "transcribeCallback": f"{PUBLIC}/transcription{RETRIES}",
    }
    assert (redirect.tag, redirect.text) == ("Redirect", f"{PUBLIC}/voicemail{RETRIES}")
    assert verbs((await bridge.twilio("/twilio/voicemail", IN)).text) == []
    assert {row[2]["Next"] for row in bridge.rows()} == {"voicemail", "end"}


async def test_twilio_transcribes_no_french(open_bridge: OpenBridge) -> None:
    bridge = await open_bridge()
    answer = await bridge.twilio("/twilio/voice", IN)
    assert "transcribe" not in answer.text


async def test_greeting_and_announcement_come_once_and_before_it_rings(open_bridge: OpenBridge) -> None:
    line = {
        **PLAN,
        "greeting": "https://example.com/hello.mp3",
        "recording": {"inbound": True, "announcement": True},
    }
    bridge = await open_bridge(agents=AGENTS, lines={"default": line})
    first = (await bridge.twilio("/twilio/voice", IN)).text
    then = (await bridge.twilio("/twilio/dial?step=1", UNANSWERED)).text
    assert (verbs(first), verbs(then)) == (["Play", "Say", "Dial"], ["Dial"])
    assert "answerOnBridge" not in dial(first).attrib or dial(first).attrib["answerOnBridge"] == "false"
    for document in (first, then):
        assert dial(document).attrib["record"] == "record-from-answer-dual"
        assert dial(document).attrib["recordingStatusCallback"] == f"{PUBLIC}/recording{RETRIES}"


@pytest.mark.parametrize(
    ("announcement", "heard"),
    [(True, FRENCH.recorded), ("This is recorded.", "This is recorded."), (False, None)],
)
async def test_who_is_called_is_told_of_the_recording(
    open_bridge: OpenBridge, announcement: object, heard: str | None
) -> None:
    recording = {"outbound": True, "announcement": announcement}
    bridge = await open_bridge(lines={"default": {"recording": recording}})
    form = {**payload("browser-out-1-voice-request"), "To": MOBILE}
    (number,) = dial((await bridge.twilio("/twilio/voice", form)).text)
    assert ("url" in number.attrib) == (heard is not None)
    leg = {**payload("browser-out-4-status-in-progress")}
    answer = await bridge.twilio("/twilio/announcement", leg)
    assert ET.fromstring(answer.text).findtext("Say") == heard


OWN = "+33159130002"


@pytest.mark.parametrize(
    ("default", "own", "recorded", "heard"),
    [
        ({"outbound": True, "announcement": "default"}, {}, False, None),
        ({"outbound": True, "announcement": "default"}, {"outbound": True}, True, None),
        ({"outbound": True}, {"outbound": True, "announcement": "own"}, True, "own"),
        ({}, {"outbound": True, "announcement": "own"}, True, "own"),
        (
            {"outbound": True, "announcement": "default"},
            {"outbound": True, "announcement": "own"},
            True,
            "own",
        ),
    ],
)
async def test_the_line_of_the_number_that_is_shown_decides_on_recording_and_announcement(
    open_bridge: OpenBridge,
    default: dict[str, object],
    own: dict[str, object],
    recorded: bool,
    heard: str | None,
) -> None:
    bridge = await open_bridge(
        lines={"default": {"recording": default}, "numbers": {OWN: {"recording": own}}},
        dialling={"own_caller_ids": {"agent1": [OWN]}},
    )
    form = {**payload("browser-out-1-voice-request"), "To": MOBILE}
    document = (await bridge.twilio("/twilio/voice", form)).text
    (number,) = dial(document)
    assert ("record" in dial(document).attrib) is recorded
    assert ("url" in number.attrib) is (heard is not None)
    if heard:
        url = number.attrib["url"].removeprefix(bridge.public_url).partition("#")[0]
        answer = await bridge.twilio(url, payload("browser-out-4-status-in-progress"))
        assert ET.fromstring(answer.text).findtext("Say") == heard


async def test_without_a_signature_there_is_no_step(open_bridge: OpenBridge) -> None:
    bridge = await open_bridge(agents=AGENTS)
    signed = "https://phone.example.com/twilio/dial?step=0"
    answer = await bridge.twilio("/twilio/dial?step=1", UNANSWERED, signed=signed)
    assert answer.status == 403
