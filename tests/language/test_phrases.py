"""Every phrase can be said in French; what is wrong with one is found here, not by an operator."""

import pickle

import pytest

from bridge.errors import BridgeError, SettingsInvalid, TwentyUnavailable
from bridge.language.french import TABLE, doctor, settings, setup, systems
from bridge.language.french.calls import KEPT
from bridge.language.phrase import NOTHING, Phrase, joined, phrase, phrase_of, verbatim
from bridge.language.spoken import in_language
from bridge.twenty.client.errors import translate
from bridge.twilio.rest.http import error_of
from tests.language.phrases import Call, calls, calls_in, has_words, places, templates

TEMPLATES = list(templates())
SAME = frozenset({"ok", "{count} ok", "setup twenty"})
"""French as they are."""


def test_there_are_phrases() -> None:
    assert len(TEMPLATES) > 500


@pytest.mark.parametrize("template", TEMPLATES)
def test_no_text_is_missing(template: str) -> None:
    """One that is English still counts as missing."""
    french = TABLE.get(template)
    assert french, f"bridge/language/french has no {template!r}"
    assert french != template or template in SAME
    assert places(french) == places(template)


def test_no_text_is_left_over() -> None:
    """Those without words are only punctuated as French is."""
    assert {template for template in TABLE if has_words(template)} == set(TEMPLATES)
    assert {one.template for one in calls()} >= {one for one in TABLE if not has_words(one)}


def test_no_text_stands_twice() -> None:
    tables = (doctor.FOUND, KEPT, settings.WRONG, setup.PREPARED, systems.REFUSED)
    assert len(TABLE) == sum(map(len, tables))


def test_every_template_is_a_literal_with_a_value_for_each_place() -> None:
    assert [call for call in calls() if wrong(call)] == []


def wrong(call: Call) -> bool:
    """`**values` cannot be counted."""
    return call.template is None or (None not in call.names and places(call.template).keys() != call.names)


@pytest.mark.parametrize(
    "source",
    [
        "phrase(f'{url} answers')",
        "phrase(text)",
        "phrase('{url} answers')",
        "phrase('It answers', url=url)",
        "phrase('{url} answers', host=host)",
    ],
)
def test_a_planted_mistake_is_found(source: str) -> None:
    assert all(wrong(call) for call in calls_in(source, "planted.py"))


AWAY = TwentyUnavailable(
    phrase("{url} cannot be reached: {reason}.", url="https://crm.example.com", reason="why")
)


@pytest.mark.parametrize(
    ("said", "english", "french"),
    [
        (NOTHING, "", ""),
        (verbatim("twenty-bridge serve"), "twenty-bridge serve", "twenty-bridge serve"),
        (verbatim("{a} is no place"), "{a} is no place", "{a} is no place"),
        (phrase("needs {missing}", missing="{a}"), "needs {a}", "il faut {a}"),
        (
            phrase("create {what}", what=phrase("the view “{name}”", name="x")),
            *("create the view “x”", "créer la vue « x »"),
        ),
        (joined(phrase(" or "), ["a", phrase("none"), "{b}"]), "a or none or {b}", "a ou aucun ou {b}"),
        (joined("; ", []), "", ""),
        (
            phrase("The members cannot be read: {denied}", denied=AWAY),
            f"The members cannot be read: {AWAY}",
            "Les membres ne peuvent pas être lus : https://crm.example.com est injoignable : why.",
        ),
        (
            phrase_of(SettingsInvalid(["a"])),
            "The settings do not hold:\n  - a",
            "Ces réglages ne sont pas valides :\n  - a",
        ),
        (phrase_of(ValueError("a", "b")), "('a', 'b')", "('a', 'b')"),
        (Phrase("not in the table: {a}", {"a": 1}), "not in the table: 1", "not in the table: 1"),
    ],
)
def test_a_phrase_is_its_english_and_says_its_french(said: Phrase, english: str, french: str) -> None:
    assert said == english
    assert in_language(said, "en") == english
    assert in_language(said, "fr") == french
    assert in_language(pickle.loads(pickle.dumps(said)), "fr") == french


def test_other_text_stays_as_it_is() -> None:
    assert in_language("is missing", "fr") == "is missing"


@pytest.mark.parametrize(
    ("error", "french"),
    [
        (
            translate([{"message": "Token invalid.", "extensions": {"code": "UNAUTHENTICATED"}}]),
            "Twenty n'accepte pas la clé d'API : Token invalid.",
        ),
        (translate([{"message": "{It} broke."}]), "Twenty a répondu une erreur : {It} broke."),
        (error_of(401, '{"message": "Authenticate", "code": 20003}'), "Twilio le refuse : Authenticate"),
        (error_of(503, "<html>"), "Twilio a répondu 503"),
    ],
)
def test_what_twenty_and_twilio_say_is_quoted_in_it(error: BridgeError, french: str) -> None:
    assert in_language(phrase_of(error), "fr") == french
