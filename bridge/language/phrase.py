"""Texts for operators: written in English where they are needed, said in any language where they are shown.

    >>> phrase("No bridge listens at {url}.", url="http://127.0.0.1:8080")
    'No bridge listens at http://127.0.0.1:8080.'

A phrase is its English text, so logs and JSON are the same for every operator. What shows it to one of them
asks for `in_language`. `french/` has each text by its template; a test finds one that is missing there.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Self


class Phrase(str):
    """An English text that can be said in other languages; the values can be phrases, or errors with one."""

    __slots__ = ("_template", "_values")

    _template: str
    _values: Mapping[str, object]

    def __new__(cls, template: str, values: Mapping[str, object]) -> Self:
        """The template with the values in the places that it names."""
        made = super().__new__(cls, template.format_map(values))
        made._template, made._values = template, values
        return made

    def __reduce__(self) -> tuple[type[Self], tuple[str, Mapping[str, object]]]:
        """For pickling: the text alone would not do."""
        return type(self), (self._template, self._values)

    def by(self, table: Mapping[str, str]) -> str:
        """The text by a table of templates; English where the table does not have it."""
        values = {name: _by(table, value) for name, value in self._values.items()}
        return table.get(self._template, self._template).format_map(values)


def phrase(template: str, /, **values: object) -> Phrase:
    """A phrase by its English template, which is a literal."""
    return Phrase(template, values)


def verbatim(text: str) -> Phrase:
    """A command, a name, or what another program says: the same in every language. A phrase stays itself."""
    return text if isinstance(text, Phrase) else Phrase("{text}", {"text": text})


NOTHING = verbatim("")


def term(name: StrEnum) -> Phrase:
    """The text of an enumeration's member."""
    return Phrase(name.value, {})


def joined(separator: str, parts: Iterable[str]) -> Phrase:
    """Phrases, and other texts, as one; the separator can be a phrase, too."""
    values = {f"part{place}": part for place, part in enumerate(parts)}
    return Phrase("{separator}".join(f"{{{name}}}" for name in values), {**values, "separator": separator})


def phrase_of(error: BaseException) -> Phrase:
    """What an error says."""
    said = error.args[0] if len(error.args) == 1 else None
    return said if isinstance(said, Phrase) else verbatim(str(error))


def _by(table: Mapping[str, str], value: object) -> object:
    if isinstance(value, BaseException):
        return phrase_of(value).by(table)
    return value.by(table) if isinstance(value, Phrase) else value
