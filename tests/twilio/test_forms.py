"""Forms → callbacks: every recorded payload is read, and what no Twilio sends is refused by name."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.calls.callback import Kind
from bridge.errors import CallbackInvalid
from bridge.twilio.forms import callback, conference_callback, served

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
PAYLOADS = Path(__file__).parent.parent / "payloads"
ROOTS = {"browser": "aaaa", "inbound": "cccc", "voicemail": "ffff", "keypad": "ffff", "outbound": "ffff"}

SID, PARENT = "CA" + "b" * 32, "CA" + "a" * 32
STATUS = {"CallSid": SID, "CallStatus": "ringing", "ParentCallSid": PARENT}


def form(path: Path) -> dict[str, str]:
    return dict(parse_qsl(path.read_text().strip(), keep_blank_values=True))


def kind_of(name: str) -> Kind:
    kinds = {"voice-": Kind.VOICE, "dial-": Kind.DIAL, "recording": Kind.RECORDING, "record-": Kind.VOICEMAIL}
    kinds["transcription"] = Kind.TRANSCRIPTION
    return next((kind for part, kind in kinds.items() if part in name), Kind.STATUS)


CONFERENCES = sorted(PAYLOADS.glob("conference-*.form"))


@pytest.mark.parametrize("path", CONFERENCES, ids=lambda path: path.stem)
def test_what_a_conference_reports_is_of_the_call_of_its_name(path: Path) -> None:
    parameters = form(path)
    read = conference_callback("/twilio/conference", parameters, received_at=NOW)
    assert (read.root_sid, read.call_sid) == (
        parameters["FriendlyName"],
        parameters.get("CallSid", parameters["FriendlyName"]),
    )
    assert read.delivery != read.digest


CALLS = sorted(set(PAYLOADS.glob("*.form")) - set(CONFERENCES))


@pytest.mark.parametrize("path", CALLS, ids=lambda path: path.stem)
def test_recorded(path: Path) -> None:
    parameters = form(path)
    read = callback(kind_of(path.name), "/twilio", parameters, received_at=NOW)
    assert (read.call_sid, read.parameters) == (parameters["CallSid"], parameters)
    assert read.root_sid[2:].startswith(ROOTS[path.name.split("-", maxsplit=1)[0]])
    assert read.received_at == NOW
    assert (read.timestamp is not None) == ("Timestamp" in parameters)


@pytest.mark.parametrize(
    ("kind", "change", "named"),
    [
        (Kind.STATUS, {"CallSid": None}, "CallSid"),
        (Kind.STATUS, {"CallSid": ""}, "CallSid"),
        (Kind.STATUS, {"CallSid": SID + "0"}, "CallSid"),
        (Kind.STATUS, {"CallSid": SID + "\n"}, "CallSid"),
        (Kind.STATUS, {"CallSid": "CA" + "é" * 32}, "CallSid"),
        (Kind.STATUS, {"CallSid": "SM" + "b" * 32}, "CallSid"),
        (Kind.STATUS, {"ParentCallSid": "CA1"}, "ParentCallSid"),
        (Kind.STATUS, {"CallStatus": None}, "CallStatus"),
        (Kind.STATUS, {"CallStatus": ""}, "CallStatus"),
        (Kind.STATUS, {"CallStatus": "on fire"}, "CallStatus"),
        (Kind.DIAL, {}, "DialCallStatus"),
        (Kind.DIAL, {"DialCallStatus": "on fire"}, "DialCallStatus"),
        (Kind.DIAL, {"DialCallStatus": "busy", "CallStatus": "on fire"}, "CallStatus"),
        (Kind.REFUSED, {}, "Reason"),
    ],
)
def test_malformed(kind: Kind, change: Mapping[str, str | None], named: str) -> None:
    parameters = {name: value for name, value in {**STATUS, **change}.items() if value is not None}
    with pytest.raises(CallbackInvalid, match=rf"^{named} "):
        callback(kind, "/twilio", parameters, received_at=NOW)


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        (Kind.STATUS, {"ParentCallSid": ""}),
        (Kind.STATUS, {"Timestamp": "yesterday"}),
        (Kind.STATUS, {"Timestamp": "Sun, 99 Nov 2026 10:00:00 +0000"}),
        (Kind.STATUS, {"CallDuration": "long"}),
        (Kind.STATUS, {"From": ""}),
        (Kind.DIAL, {"DialCallStatus": "answered"}),
        (Kind.STATUS, {"CallStatus": "on-fire"}),
        (Kind.DIAL, {"DialCallStatus": "on-fire"}),
        (Kind.RECORDING, {"CallStatus": ""}),
        (Kind.VOICEMAIL, {}),
    ],
)
def test_what_a_call_can_do_without(kind: Kind, change: Mapping[str, str]) -> None:
    read = callback(kind, "/twilio", {**STATUS, **change}, received_at=NOW)
    assert read.timestamp is None
    assert read.root_sid == (PARENT if {**STATUS, **change}["ParentCallSid"] else SID)


@pytest.mark.parametrize(
    ("kind", "target", "change", "same"),
    [
        (Kind.STATUS, "/twilio/status", {}, True),
        (Kind.DIAL, "/twilio/status", {"DialCallStatus": "busy"}, False),
        (Kind.RECORDING, "/twilio/status", {}, False),
        (Kind.STATUS, "/twilio/status?agent=1", {}, False),
        (Kind.STATUS, "/twilio/status", {"CallStatus": "busy"}, False),
        (Kind.STATUS, "/twilio/status", {"Extra": ""}, False),
    ],
)
def test_a_retry_has_the_digest_of_the_first_delivery(
    kind: Kind, target: str, change: Mapping[str, str], same: bool
) -> None:
    first = callback(Kind.STATUS, "/twilio/status", STATUS, received_at=NOW)
    reordered = dict(reversed({**STATUS, **change}.items()))
    again = callback(kind, target, reordered, received_at=datetime(2026, 11, 22, 11, tzinfo=UTC))
    assert (again.digest == first.digest) == same


def test_digests_of_one_call_are_neighbours() -> None:
    leg, parent, other = (
        callback(Kind.STATUS, "/twilio/status", {**STATUS, **change}, received_at=NOW).digest
        for change in ({}, {"CallSid": PARENT, "ParentCallSid": ""}, {"ParentCallSid": "CA" + "9" * 32})
    )
    assert leg[:4] == parent[:4] != other[:4]
    assert len({leg[4:], parent[4:], other[4:]}) == 3
    assert len(leg) == 16


TEXT = st.text(st.characters(codec="utf-8"), max_size=40)
SIDS = st.sampled_from([SID, PARENT, SID[:-1], SID + "0", f"{SID}\n", SID.replace("b", "é"), ""]) | TEXT
STATUSES = st.sampled_from(["ringing", "completed", "Completed", "answered", ""]) | TEXT
FORMS = st.fixed_dictionaries(
    {},
    optional={"CallSid": SIDS, "ParentCallSid": SIDS, "CallStatus": STATUSES, "DialCallStatus": STATUSES},
)


@given(kind=st.sampled_from(Kind), named=FORMS, more=st.dictionaries(TEXT, TEXT, max_size=4))
def test_any_form_is_a_callback_or_refused(kind: Kind, named: dict[str, str], more: dict[str, str]) -> None:
    try:
        read = callback(kind, "/twilio/x", {**more, **named}, received_at=NOW)
    except CallbackInvalid:
        return
    assert read.parameters == {**more, **named}
    assert all(re.fullmatch("CA[0-9a-zA-Z]{32}", sid) for sid in (read.call_sid, read.parent_sid or SID))


def test_what_is_not_needed_to_answer_is_left_out() -> None:
    told = {"From": " ", "CallStatus": "<x>", "ParentCallSid": "junk", "DialCallStatus": "of-a-later-time"}
    kept, left_out = served(told)
    assert kept == {"From": "anonymous", "DialCallStatus": "of-a-later-time"}
    assert left_out == ["CallStatus", "ParentCallSid"]
    assert served({"From": "+33612345678"}) == ({"From": "+33612345678"}, [])
