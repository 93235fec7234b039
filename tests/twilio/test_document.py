"""TwiML is XML, whatever was put into it."""

from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.twilio import twiml

MARKUP = ["<script>alert(1)</script>", "]]>", "<!--", "&", "&amp;", "&#0;", "<?xml?>", "[a](https://evil)"]
HARD = st.sampled_from("\0\b\x0b\x1f\ufffe\uffff<>&'\"")
ANYTHING = st.text(st.characters(exclude_categories=()) | HARD)


def spoken(text: str) -> str:
    """What Twilio reads of a text, with nothing but a Say and a Hangup about it."""
    document = ET.fromstring(twiml.say(text, language="en-US"))
    say, hangup = document
    assert (document.tag, say.tag, hangup.tag, list(say)) == ("Response", "Say", "Hangup", [])
    return say.text or ""


@pytest.mark.parametrize("text", MARKUP)
def test_markup_is_text(text: str) -> None:
    assert spoken(text) == text


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("a\0b\x08c\x0bd\x1fe", "abcde"),
        ("a\ufffeb\uffffc", "abc"),
        ("half \ud83d a pair \udfff", "half  a pair "),
        ("whole \U0001f600", "whole \U0001f600"),
        ("a\tb\nc", "a\tb\nc"),
        ("&#55357; \ue000", "&#55357; \ue000"),
    ],
)
def test_what_xml_cannot_hold_is_left_out(text: str, left: str) -> None:
    assert spoken(text) == left


@given(ANYTHING)
def test_any_text_is_spoken_and_does_nothing_else(text: str) -> None:
    spoken(text)
