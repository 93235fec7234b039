"""Deliveries of Twenty's, as they were recorded: whether they are Twenty's, and what they say of a person."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.calls.activity import record_id
from bridge.calls.numbers import Number
from bridge.errors import NotUnderstood
from bridge.twenty.people.changes import PersonChanged, PersonGone
from bridge.twenty.webhooks import (
    SIGNATURE,
    TIMESTAMP,
    CallChanged,
    CallGone,
    is_signed,
    parse,
)

PAYLOADS = Path(__file__).parent.parent / "payloads"
RECORDED: list[dict[str, Any]] = [
    json.loads(line) for line in (PAYLOADS / "twenty-webhooks.jsonl").read_text().splitlines()
]
CREATED = RECORDED[0]
SENT_AT = datetime(2026, 11, 22, 14, 55, 18, 444000, tzinfo=UTC)
HOOK = "2b915ce3-6d64-4cb5-aa59-951344037d4f"


def asked(**changes: Any) -> dict[str, Any]:
    """What is asked of the first recorded delivery."""
    asked = {
        "body": CREATED["raw_body"].encode(),
        "secrets": [CREATED["secret"]],
        "timestamp": CREATED["headers"][TIMESTAMP],
        "signature": CREATED["headers"][SIGNATURE],
        "now": SENT_AT,
    }
    return asked | changes


@pytest.mark.parametrize("delivery", RECORDED, ids=lambda d: json.loads(d["raw_body"])["eventName"])
def test_recorded_deliveries_are_twentys(delivery: dict[str, Any]) -> None:
    timestamp = delivery["headers"][TIMESTAMP]
    sent_at = datetime.fromtimestamp(int(timestamp) / 1000, UTC)
    signature = delivery["headers"][SIGNATURE]
    body = delivery["raw_body"].encode()
    assert is_signed(
        body, secrets=[delivery["secret"]], timestamp=timestamp, signature=signature, now=sent_at
    )


@pytest.mark.parametrize(
    ("changes", "signed"),
    [
        ({}, True),
        ({"body": CREATED["raw_body"].replace("Hook", "Hoax").encode()}, False),
        ({"body": CREATED["raw_body"].encode() + b"\n"}, False),
        ({"body": b""}, False),
        ({"secrets": ["another"]}, False),
        ({"secrets": []}, False),
        ({"secrets": ["another", CREATED["secret"]]}, True),
        ({"timestamp": "1795359318445"}, False),
        ({"timestamp": ""}, False),
        ({"timestamp": "now"}, False),
        ({"timestamp": "-1795359318444"}, False),
        ({"timestamp": "١٧٩٥٣٥٩٣١٨٤٤٤"}, False),
        ({"timestamp": "9" * 8000}, False),
        ({"signature": ""}, False),
        ({"signature": "é\udcff"}, False),
        ({"signature": CREATED["headers"][SIGNATURE][:-1]}, False),
        ({"signature": RECORDED[1]["headers"][SIGNATURE]}, False),
        ({"now": SENT_AT + timedelta(minutes=5)}, True),
        ({"now": SENT_AT + timedelta(minutes=5, milliseconds=1)}, False),
        ({"now": SENT_AT - timedelta(minutes=5, milliseconds=1)}, False),
    ],
)
def test_signature(changes: dict[str, Any], signed: bool) -> None:
    assert is_signed(**asked(**changes)) is signed


@pytest.mark.parametrize(
    ("delivery", "said"),
    [
        (RECORDED[0], PersonChanged(HOOK, frozenset({Number("+33159130097")}))),
        (RECORDED[1], PersonChanged(HOOK, frozenset({Number("+33159130097")}))),
        (RECORDED[2], None),
        (RECORDED[3], PersonGone(HOOK)),
    ],
)
def test_what_recorded_deliveries_say(
    delivery: dict[str, Any], said: PersonChanged | PersonGone | None
) -> None:
    assert parse(delivery["raw_body"].encode(), region="FR") == said


@pytest.mark.parametrize(
    ("event", "record", "said"),
    [
        ("person.restored", {"id": HOOK}, PersonChanged(HOOK, frozenset())),
        ("person.destroyed", {"id": HOOK}, PersonGone(HOOK)),
        ("person.updated", {"id": HOOK, "phones": None}, PersonChanged(HOOK, frozenset())),
        (
            "person.updated",
            {
                "id": HOOK,
                "phones": {
                    "primaryPhoneNumber": "06 12 34 56 78",
                    "primaryPhoneCallingCode": "",
                    "additionalPhones": [
                        {"number": "30123456", "callingCode": "+49", "countryCode": "DE"},
                        {"number": "anonymous", "callingCode": "", "countryCode": ""},
                    ],
                },
            },
            PersonChanged(HOOK, frozenset({Number("+33612345678"), Number("+4930123456")})),
        ),
        ("company.created", {"id": HOOK}, None),
        ("person.merged", {"id": HOOK}, None),
        ("person.upserted", None, None),
        (None, None, None),
    ],
)
def test_what_others_say(event: str | None, record: object, said: PersonChanged | PersonGone | None) -> None:
    body = json.dumps({"eventName": event, "record": record}).encode()
    assert parse(body, region="FR") == said


SID = "CA" + "1" * 32
CALL = {"id": record_id("phoneCall", SID), "externalCallId": SID, "personId": HOOK}


@pytest.mark.parametrize(
    ("event", "record", "said"),
    [
        (
            "phoneCall.updated",
            {**CALL, "updatedBy": {"source": "MANUAL"}},
            CallChanged(SID, HOOK, by_api=False),
        ),
        ("phoneCall.updated", {**CALL, "updatedBy": {"source": "API"}}, CallChanged(SID, HOOK, by_api=True)),
        ("phoneCall.restored", {**CALL, "personId": None}, CallChanged(SID, None, by_api=False)),
        ("phoneCall.updated", {**CALL, "id": HOOK}, None),
        ("phoneCall.updated", {**CALL, "externalCallId": None}, None),
        ("phoneCall.deleted", CALL, CallGone(SID)),
        ("phoneCall.destroyed", CALL, CallGone(SID)),
        ("phoneCall.deleted", {**CALL, "id": HOOK}, None),
        ("phoneCall.destroyed", {"id": HOOK}, None),
    ],
)
def test_what_is_said_of_a_call(event: str, record: object, said: CallChanged | CallGone | None) -> None:
    body = json.dumps({"eventName": event, "record": record}).encode()
    assert parse(body, region="FR") == said


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b'{"eventName": "phoneCall.updated"}',
        b'{"eventName": "phoneCall.updated", "record": {}}',
        b"{",
        b"[]",
        b"null",
        b'"person.created"',
        b'{"eventName": ["person.created"]}',
        b'{"eventName": "person.created"}',
        b'{"eventName": "person.created", "record": {}}',
        b'{"eventName": "person.deleted", "record": []}',
        b'{"eventName": "person.created", "record": {"id": "1", "phones": "none"}}',
        b'{"eventName": "\xff"}',
        b"[" * 60_000,
    ],
)
def test_what_cannot_be_read(body: bytes) -> None:
    with pytest.raises(NotUnderstood):
        parse(body, region="FR")


PHONES = ("primaryPhoneNumber", "primaryPhoneCallingCode", "primaryPhoneCountryCode", "additionalPhones")
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.just("\ud800")
    | st.just("1" * 40),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)
RECORDS = st.fixed_dictionaries(
    {},
    optional={
        "id": VALUES | st.just(CALL["id"]),
        "externalCallId": VALUES | st.just(CALL["externalCallId"]),
        "personId": VALUES,
        "phones": VALUES | st.dictionaries(st.sampled_from(PHONES), VALUES),
        "updatedBy": VALUES,
    },
)


@given(
    event=st.sampled_from(["person.created", "person.deleted", "phoneCall.updated", "phoneCall.deleted"])
    | VALUES,
    record=RECORDS,
)
def test_any_delivery_is_read_or_refused(event: object, record: object) -> None:
    """An id is one that every database takes."""
    body = json.dumps({"eventName": event, "record": record}).encode()
    try:
        told = parse(body, region="FR")
    except NotUnderstood:
        return
    person_id = told.person_id if told and not isinstance(told, CallGone) else None
    if person_id is not None:
        assert isinstance(person_id, str)
        assert len(person_id) <= 36
        assert person_id.isprintable()
