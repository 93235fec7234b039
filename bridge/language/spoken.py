"""The language in which the command that runs speaks to its operator."""

from collections.abc import Mapping
from contextvars import ContextVar
from functools import cache
from importlib import import_module
from typing import Literal, get_args

from bridge.language.phrase import Phrase

Language = Literal["en", "fr"]
LANGUAGES: tuple[Language, ...] = get_args(Language)

_spoken: ContextVar[Language] = ContextVar("language", default="en")


def speak(language: Language) -> None:
    """From here on, what is `said` is in this language."""
    _spoken.set(language)


def spoken() -> Language:
    """The language of the command that runs."""
    return _spoken.get()


def said(text: str) -> str:
    """A text in the language of the command that runs."""
    return in_language(text, spoken())


def in_language(text: str, language: Language) -> str:
    """A phrase in a language; other text as it is."""
    return text.by(_table(language)) if isinstance(text, Phrase) else text


def language_of(environ: Mapping[str, str]) -> Language:
    """The user's, where it is one of ours, else English.

    https://pubs.opengroup.org/onlinepubs/9799919799/basedefs/V1_chap08.html#tag_08_02
    """
    named = next((environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if environ.get(name)), "")
    is_french = named[:2].lower() == "fr" and named[2:3] in ("", "_", ".", "@", "-")
    return "fr" if is_french else "en"


@cache
def _table(language: Language) -> Mapping[str, str]:
    """Templates by their English; a command that speaks English reads none."""
    if language == "en":
        return {}
    table: Mapping[str, str] = import_module("bridge.language.french").TABLE
    return table
