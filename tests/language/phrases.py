"""The templates of phrases, as they stand in the source."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from string import Formatter

from bridge.settings.explain import WORDS
from bridge.twenty.provision.run import Result
from bridge.twenty.schema.features import Feature

BRIDGE = Path(__file__).parent.parent.parent / "bridge"
TERMS: tuple[type[StrEnum], ...] = (Feature, Result)
"""Enumerations whose members are said by `term`."""


@dataclass(frozen=True, slots=True)
class Call:
    """A call of `phrase`: its template (None where that is no literal), and the names of its values."""

    place: str
    template: str | None
    names: frozenset[str | None]


def calls() -> Iterator[Call]:
    """Every call of `phrase`."""
    for path in sorted(BRIDGE.rglob("*.py")):
        source = path.read_text(encoding="utf-8")
        if "bridge.language.phrase" in source:
            yield from calls_in(source, str(path.relative_to(BRIDGE)))


def calls_in(source: str, name: str) -> Iterator[Call]:
    """Those of a module."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "phrase":
            first = node.args[0]
            template = (
                first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else None
            )
            names = frozenset(keyword.arg for keyword in node.keywords)
            yield Call(f"{name}:{node.lineno}", template, names)


def templates() -> Iterator[str]:
    """Every template that has words."""
    written = (call.template for call in calls() if call.template)
    listed = (*WORDS.values(), *(member.value for kind in TERMS for member in kind))
    yield from (template for template in dict.fromkeys((*written, *listed)) if has_words(template))


def has_words(template: str) -> bool:
    """Whether there is anything to say but its values."""
    return any(letter.isalpha() for text, *_ in Formatter().parse(template) for letter in text)


def places(template: str) -> Mapping[str, str | None]:
    """Name and format of each value."""
    return {name: form for _, name, form, _ in Formatter().parse(template) if name is not None}
