"""Calls: how long they ring, what is said."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints, ValidationInfo, field_validator

from bridge.calls.texts import NAMES, SHIPPED, Texts, texts_for
from bridge.language.phrase import joined, phrase
from bridge.settings.types import Language, Region, Section

DURATION = {"minutes": 3, "seconds": 12}
BY_MODEL = {"model": "qwen3:8b", "prompt": "1"}
TALKED = {"name": "Alice", "time": "8 s"}
PLACEHOLDERS: Mapping[str, Mapping[str, object]] = {
    "minutes": DURATION,
    "seconds": DURATION,
    "moment": {"year": 2026, "month": 11, "day": 28, "hour": 23, "minute": 42},
    "also": {"names": "Jane, John"},
    "call_back": {"name": "Jane"},
    "answered_by": {"name": "Alice", "time": "8 s"},
    "passed_on": {"names": "Bob"},
    **dict.fromkeys(("taken_by", "placed_by", "passed_to", "joined_by", "listened_to_by"), TALKED),
    "on_hold": {"time": "40 s"},
    "on_hold_times": {"time": "40 s", "times": 2},
    "also_rung": {"names": "Bob, Carol"},
    **dict.fromkeys(("summarized_by", "proposed_by"), BY_MODEL),
    "proposed": {"step": "Send the offer."},
    "rung": {"names": "Bob, Carol", "time": "30 s"},
}
"""What each of the texts is filled with; those that are left out are said as they stand."""


def _check_braces(name: str, text: str, known: Mapping[str, object]) -> None:
    try:
        if known:
            text.format(**known)
    except (ValueError, LookupError, AttributeError, TypeError) as problem:
        braces = " and ".join(f"{{{placeholder}}}" for placeholder in known)
        raise ValueError(
            phrase("{name} should have no other braces than {braces}", name=name, braces=braces)
        ) from problem


def _music(hold: str) -> str:
    is_url = hold.startswith("https://") and hold.isascii() and hold.isprintable() and " " not in hold
    if hold not in ("music", "silence") and not is_url:
        raise ValueError("should be music, silence, or the https:// URL of a sound file")
    return hold


Hold = Annotated[str, StringConstraints(max_length=500), AfterValidator(_music)]


class VoiceSettings(Section):
    """Calls: where national numbers are at home, how long it rings, what is said.

    Twilio charges `machine_detection` by the call. `hold` is what a party on hold hears: `music`, `silence`
    or the URL of a sound file; `listening_announced`: whether a customer is told that a supervisor listens.
    """

    region: Region | None = Field(None, examples=["FR"])
    texts: dict[str, dict[str, str]] = Field({}, examples=["{de-DE: {invalid: Kein gültiger Anschluss.}}"])
    language: Language = "en-US"
    ring_seconds: int = Field(30, ge=5, le=600)
    longest_call_seconds: int | None = Field(14400, ge=1, le=86400)
    machine_detection: bool = False
    hold: Hold = "music"
    listening_announced: bool = True

    @field_validator("texts")
    @classmethod
    def _known_texts(cls, value: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
        for language, own in value.items():
            if unknown := sorted(set(own) - set(NAMES)):
                known = ", ".join(NAMES)
                raise ValueError(
                    phrase(
                        "{language} has {unknown}; the texts are {known}",
                        language=language,
                        unknown=", ".join(unknown),
                        known=known,
                    )
                )
            for name, text in own.items():
                _check_braces(f"{language}.{name}", text, PLACEHOLDERS.get(name, {}))
        return value

    @field_validator("language")
    @classmethod
    def _language_has_texts(cls, language: str, info: ValidationInfo) -> str:
        """Of texts that are right themselves; those that are not are told by themselves."""
        if language not in SHIPPED and language not in info.data.get("texts", {language: {}}):
            raise ValueError(
                phrase(
                    "is {language}: {shipped} ship, others need texts of yours",
                    language=language,
                    shipped=joined(phrase(" and "), SHIPPED),
                )
            )
        return language

    def speaks(self, language: str) -> bool:
        """Whether there are texts in a language."""
        return language in SHIPPED or language in self.texts

    @property
    def spoken(self) -> Texts:
        """The texts in the configured language."""
        return self.spoken_in(self.language)

    def spoken_in(self, language: str) -> Texts:
        """The texts in another one."""
        return texts_for(language, self.texts.get(language, {}))
