"""Texts: every language is complete, and an operator's own come first."""

import pytest
from msgspec.structs import asdict

from bridge.calls.texts import (
    ENGLISH,
    FRENCH,
    NAMES,
    SHIPPED,
    spoken_refusal,
    texts_for,
    why_not_placed,
)
from bridge.settings.voice import PLACEHOLDERS

REASONS = tuple(name.removeprefix("why_") for name in NAMES if name.startswith("why_"))
"""Why a call out is not placed; of each there is a spoken text by that name, too."""


def test_what_is_said_to_ship_ships() -> None:
    assert SHIPPED.keys() == {"en-US", "fr-FR"}


@pytest.mark.parametrize("language", SHIPPED)
def test_every_language_is_complete(language: str) -> None:
    texts = asdict(SHIPPED[language])
    assert texts.pop("language") == language
    assert [name for name, text in texts.items() if not text.strip()] == []
    assert set(texts) == set(NAMES)


def test_french_is_no_copy_of_english() -> None:
    same = {name for name in NAMES if getattr(FRENCH, name) == getattr(ENGLISH, name)}
    assert same == {"minutes", "seconds"}


@pytest.mark.parametrize(
    ("language", "own", "spoken", "missed"),
    [
        ("en-US", {}, ENGLISH.invalid, ENGLISH.missed),
        ("fr-FR", {}, FRENCH.invalid, FRENCH.missed),
        ("fr-FR", {"invalid": "Non."}, "Non.", FRENCH.missed),
        ("de-DE", {"invalid": "Nein."}, "Nein.", ENGLISH.missed),
        ("de-DE", {}, ENGLISH.invalid, ENGLISH.missed),
    ],
)
def test_texts_for(language: str, own: dict[str, str], spoken: str, missed: str) -> None:
    texts = texts_for(language, own)
    assert (texts.language, texts.invalid, texts.missed) == (language, spoken, missed)


def test_every_refusal_has_words_of_its_own() -> None:
    assert len({spoken_refusal(FRENCH, reason) for reason in REASONS}) == len(REASONS)
    assert len({why_not_placed(FRENCH, reason) for reason in REASONS}) == len(REASONS)


@pytest.mark.parametrize("reason", ["", "a reason of tomorrow", "language_"])
def test_a_reason_that_nobody_knows_is_a_failure(reason: str) -> None:
    assert why_not_placed(ENGLISH, reason) == ENGLISH.failed
    assert spoken_refusal(ENGLISH, reason) == ENGLISH.unavailable


def test_the_settings_know_the_braces_of_each_text() -> None:
    for texts in SHIPPED.values():
        for name in NAMES:
            getattr(texts, name).format(**PLACEHOLDERS.get(name, {}))


def shape(text: str) -> tuple[str, str]:
    """How it begins (a capital, a small letter, a name that is put in) and how it ends."""
    first, second = text[0], text[1:2]
    begins = "capital" if first.isupper() and not second.isupper() else "small" if first.islower() else first
    return begins, text[-1] if text[-1] in ".:…" else ""


def test_a_text_begins_and_ends_alike_in_each_language() -> None:
    """What is a sentence in one is none in another where a piece of it is missing."""
    shapes = {name: shape(getattr(ENGLISH, name)) for name in NAMES}
    assert {name: shape(getattr(FRENCH, name)) for name in NAMES} == shapes
    spoken = (*REASONS, "unavailable", "no_inbound", "leave_message", "listening", "recorded")
    assert {shapes[name] for name in spoken} == {("capital", ".")}
    why = [name for name in NAMES if name.startswith("why_")]
    assert {shapes[name] for name in why} == {("capital", "")}
    assert {getattr(ENGLISH, name).partition(":")[0] for name in why} == {"Not placed"}
