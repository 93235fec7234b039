"""Which fields of a call's record are written, cleared, or a user's; and when two values are the same."""

from typing import Any

import pytest
from msgspec.structs import replace

from bridge.calls.activity import activity_of
from bridge.calls.fold.call import fold
from bridge.calls.people.matching import NO_PERSON
from bridge.calls.texts import ENGLISH
from bridge.twenty.writing.fields import (
    CLEARED,
    FIELDS,
    NEVER,
    THEIRS,
    Shown,
    mark,
    merge,
    phone_call,
    read_marks,
    to_bytes,
)
from tests.calls.conftest import recorded
from tests.support import LINKS

CALL = activity_of(
    fold(recorded("voicemail-*")),
    NO_PERSON,
    agent_id=None,
    names={},
    links=LINKS,
    texts=ENGLISH,
    region="FR",
)
A, B, C = "Passed on by Jane", "Passed on by Bob", "A user's own words"
ALL = frozenset(FIELDS)


def merged(now: str | None, before: Any, shown: Any, who: str, *, unsure: bool) -> tuple[str, bool]:
    """What is done with the field `handling`, and whether it is news."""
    call = replace(CALL, handling=now)
    marks = None if before is None else {**merge(call, None, None, unsure=False).marks, "handling": before}
    found = (
        Shown(phone_call(call) | {"handling": shown}, edited=who == "user") if shown is not Ellipsis else None
    )
    done = merge(call, marks, found, unsure=unsure)
    record = done.record(ALL)
    assert done.record(ALL - {"handling"}) == {n: v for n, v in record.items() if n != "handling"}
    assert done.changed <= {"handling"}
    state = {THEIRS: "theirs", CLEARED: "cleared", NEVER: "never"}.get(done.marks["handling"], "written")
    assert record.get("handling", "left out") == {"written": now, "cleared": ""}.get(state, "left out")
    return state, "handling" in done.changed


@pytest.mark.parametrize(("unsure", "is_theirs"), [(True, False), (False, True)])
def test_an_earlier_state_is_the_bridge_s_where_a_write_of_it_is_uncertain(
    unsure: bool, is_theirs: bool
) -> None:
    before = merge(replace(CALL, handling=A), None, None, unsure=False).marks
    attempted = replace(CALL, handling=C)
    there = Shown(phone_call(attempted), edited=True)
    done = merge(replace(CALL, handling=B), before, there, unsure=unsure, attempted=[attempted])
    assert ("handling" in done.theirs) == is_theirs


@pytest.mark.parametrize(
    ("now", "before", "shown", "who", "unsure", "expected"),
    [
        (A, None, ..., "bridge", False, ("written", False)),
        (A, A, A, "bridge", False, ("written", False)),
        (B, A, A, "bridge", False, ("written", True)),
        (B, A, ..., "bridge", False, ("written", True)),
        # A user edited another field, this one, or this one to what it is now.
        (B, A, A, "user", False, ("written", True)),
        (B, A, C, "user", False, ("theirs", True)),
        (B, A, B, "user", False, ("theirs", True)),
        (B, A, "", "user", False, ("theirs", True)),
        (B, NEVER, C, "user", False, ("theirs", True)),
        # A write of the bridge whose outcome is unknown was carried out before the user's edit.
        (B, A, B, "user", True, ("written", True)),
        (B, A, C, "user", True, ("theirs", True)),
        (B, A, C, "bridge", True, ("written", True)),
        # What is a user's stays theirs.
        (B, THEIRS, C, "user", False, ("theirs", False)),
        (B, THEIRS, B, "bridge", True, ("theirs", False)),
        (None, THEIRS, C, "bridge", True, ("theirs", False)),
        # What has no value any more is cleared where it is the bridge's.
        (None, A, A, "bridge", False, ("cleared", True)),
        (None, A, ..., "bridge", False, ("cleared", True)),
        (None, A, C, "user", False, ("theirs", True)),
        (None, CLEARED, "", "user", False, ("cleared", False)),
        (B, CLEARED, "", "user", False, ("written", True)),
        (B, CLEARED, C, "user", False, ("theirs", True)),
        (None, NEVER, "", "bridge", True, ("never", False)),
        (None, NEVER, C, "bridge", False, ("never", False)),
        (None, NEVER, C, "bridge", True, ("cleared", True)),
        (None, NEVER, C, "user", True, ("theirs", True)),
        (None, NEVER, ..., "bridge", True, ("never", False)),
        # An earlier version of the bridge stored no digests.
        (None, None, C, "bridge", False, ("never", False)),
        (None, None, C, "bridge", True, ("cleared", False)),
        (B, None, C, "user", False, ("written", False)),
    ],
)
def test_whose_a_field_is(
    now: str | None, before: Any, shown: Any, who: str, *, unsure: bool, expected: tuple[str, bool]
) -> None:
    stored = mark("handling", before) if isinstance(before, str) else before
    assert merged(now, stored, shown, who, unsure=unsure) == expected


def words(*texts: str) -> dict[str, str]:
    content = ", ".join(f'{{"content": [{{"type": "text", "text": "{text}"}}]}}' for text in texts)
    return {"blocknote": f"[{content}]"}


NESTED = '[{"content": [{"content": [{"text": "a"}]}, {"text": "b"}], "children": [{"text": "c"}]}]'
PHONE = {"primaryPhoneNumber": "639980001", "primaryPhoneCallingCode": "+33", "primaryPhoneCountryCode": "FR"}
URL = "https://bridge.example.com/recordings/RE1"
LINK = {"primaryLinkLabel": "Recording", "primaryLinkUrl": URL, "secondaryLinks": None}
OTHERS = [{"label": "Second", "url": f"{URL}/2"}]


@pytest.mark.parametrize(
    ("name", "written", "shown", "same"),
    [
        ("name", "Call", "Call", True),
        ("name", "Call", "call", False),
        ("durationInSeconds", 12, 12, True),
        ("durationInSeconds", 0, None, False),
        ("startedAt", "2026-11-23T10:00:00.000Z", "2026-11-23T10:00:00Z", True),
        ("startedAt", "2026-11-23T10:00:00.000Z", "2026-11-23T10:00:01.000Z", False),
        ("startedAt", "yesterday", "yesterday", True),
        ("startedAt", "yesterday", "", False),
        ("fromPhoneNumber", {"primaryPhoneNumber": "+33639980001"}, PHONE, True),
        ("fromPhoneNumber", {"primaryPhoneNumber": "+33639980002"}, PHONE, False),
        ("fromPhoneNumber", None, dict.fromkeys(PHONE, ""), True),
        ("fromPhoneNumber", None, dict.fromkeys(PHONE), True),
        ("recording", LINK, LINK | {"primaryLinkUrl": URL.replace("bridge", "BRIDGE")}, True),
        ("recording", LINK, LINK | {"secondaryLinks": "[]"}, True),
        ("recording", LINK, LINK | {"primaryLinkLabel": None}, False),
        ("recording", LINK | {"secondaryLinks": OTHERS}, LINK, False),
        (
            "recording",
            LINK | {"secondaryLinks": OTHERS},
            LINK | {"secondaryLinks": f'[{{"label": "Second", "url": "{URL}/2"}}]'},
            True,
        ),
        ("recording", LINK | {"primaryLinkLabel": ""}, LINK | {"primaryLinkLabel": None}, True),
        ("recording", None, LINK | {"primaryLinkUrl": ""}, True),
        ("recording", None, {"primaryLinkUrl": None}, True),
        ("transcript", words("a", "b"), {"blocknote": words("a", "b")["blocknote"].replace(" ", "")}, True),
        ("transcript", words("a", "b"), words("a", "", "b"), True),
        ("transcript", words("a", "b"), words("ab"), False),
        ("transcript", words("abc"), {"blocknote": NESTED}, True),
        ("transcript", None, {"blocknote": None, "markdown": None}, True),
        ("transcript", None, words(""), True),
        ("transcript", words("a"), {"blocknote": "no JSON"}, False),
        ("transcript", {"blocknote": "no JSON"}, {"blocknote": "no JSON"}, True),
    ],
)
def test_which_values_are_the_same(name: str, written: Any, shown: Any, same: bool) -> None:
    assert (mark(name, written) == mark(name, shown)) is same
    assert mark(name, "x" if written is None else written) not in (NEVER, CLEARED, THEIRS)


def test_two_fields_of_one_value_have_two_digests() -> None:
    assert mark("name", "x") != mark("handling", "x")


def test_digests_are_stored_in_order_and_a_field_that_came_later_was_never_written() -> None:
    marks = {name: mark(name, "x") for name in FIELDS}
    stored = to_bytes(marks)
    assert read_marks(stored) == marks
    assert read_marks(stored[:-3]) == marks | {"handling": NEVER}
    assert read_marks(b"") == dict.fromkeys(FIELDS, NEVER)
    assert read_marks(None) is None


@pytest.mark.parametrize(
    ("by", "edited"), [({"source": "API"}, False), ({"source": "MANUAL"}, True), ({}, True), (None, True)]
)
def test_who_wrote_a_record_last(by: dict[str, str] | None, edited: bool) -> None:
    shown = Shown.of({"name": "Call", "updatedBy": by})
    assert (shown.fields, shown.edited) == (dict.fromkeys(FIELDS) | {"name": "Call"}, edited)
