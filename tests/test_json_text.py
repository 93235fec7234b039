"""JSON is written fast where it can be, and always so that a database takes it."""

import json

import pytest

from bridge.json_text import from_json, to_json


@pytest.mark.parametrize(
    "value",
    [
        {"To": "+33612345678", "Name": "Zoë ☎"},
        {"half": "\ud83d"},
        {"large": 2**64},
        {1: "one"},
        [None, True, 1.5],
    ],
)
def test_it_is_read_back_and_is_utf_8(value: object) -> None:
    written = to_json(value)
    assert written.encode()
    assert from_json(written) == json.loads(written) == json.loads(json.dumps(value))


def test_what_is_no_json_is_made_some() -> None:
    assert to_json({"at": 1j}, repr) == '{"at":"1j"}'
    with pytest.raises(TypeError, match="JSON"):
        to_json({"at": 1j})


@pytest.mark.parametrize("text", ["", "{", '{"a": 1', "'a'"])
def test_what_is_not_json_is_not_read(text: str) -> None:
    with pytest.raises(ValueError, match=r"Expecting|Unterminated"):
        from_json(text)
