"""Which language a browser gets, and that each says all there is."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import asdict

from bridge.calls.fold.states import CallStatus
from bridge.web.status.languages import ENGLISH, FRENCH, words_for


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("fr", "fr"),
        ("fr-CA", "fr"),
        ("FR", "fr"),
        ("de, fr;q=0.5, en;q=0.4", "fr"),
        ("en-GB,en;q=0.9,fr;q=0.8", "en"),
        ("fr;q=0.2,en;q=0.9", "en"),
        ("fr;q=0", "en"),
        ("de;q=1", "en"),
        ("fr;q=nan", "en"),
        ("fr;q=", "en"),
        ("fr;level=1", "en"),
        ("french", "en"),
    ],
)
def test_which_language(header: str, language: str) -> None:
    assert words_for(header).lang == language


@given(header=st.text())
def test_any_header_has_one(header: str) -> None:
    assert words_for(header) in (ENGLISH, FRENCH)


def texts(words: object) -> dict[str, str]:
    told = asdict(words)  # type: ignore[arg-type]
    inner: dict[str, dict[str, str]] = {table: told.pop(table) for table in ("outcomes", "reasons")}
    placed = {f"{table}.{name}": text for table, all_ in inner.items() for name, text in all_.items()}
    return {**told, **placed}


def test_both_say_the_same() -> None:
    english, french = texts(ENGLISH), texts(FRENCH)
    assert english.keys() == french.keys()
    assert [name for name in english if not french[name].strip() or not english[name].strip()] == []
    placed = {name: [re.findall(r"{\w+}", told[name]) for told in (english, french)] for name in english}
    assert {name: found for name, found in placed.items() if sorted(found[0]) != sorted(found[1])} == {}
    same = {name for name in english if english[name] == french[name]}
    assert same <= {"twenty", "twilio", "agents", "agent"}


def test_each_outcome_has_a_name() -> None:
    assert list(ENGLISH.outcomes) == list(FRENCH.outcomes) == [one.value for one in CallStatus]
