"""Fields of several columns: sub fields are checked one by one, then completed together."""

from collections.abc import Callable
from typing import Any

from bridge.sandbox.twenty.errors import InternalError, InvalidData
from bridge.sandbox.twenty.kinds import emails, links, phones, rich_text, scalars
from bridge.sandbox.twenty.kinds.parts import ACTOR_SOURCES, COMPOSITES, Part, Scalar

Completion = Callable[[dict[str, Any], str], dict[str, object]]

_COMPLETED: dict[str, Completion] = {
    "EMAILS": emails.stored,
    "LINKS": links.stored,
    "PHONES": phones.stored,
    "RICH_TEXT": rich_text.stored,
}


def _check(part: Part, value: object, name: str) -> object:
    if value is None:
        return None
    if part.scalar is Scalar.SELECT:
        return scalars.option(value, name, ACTOR_SOURCES)
    return scalars.CHECKS[part.scalar](value, name)


def _unknown(kind: str, sub_field: str, name: str) -> InvalidData:
    words = kind.lower().replace("_", " ")
    return InvalidData(
        f'Invalid subfield {sub_field} for {words} field "{name}"', friendly=f"Invalid value for {words}."
    )


def stored(kind: str, value: object, name: str) -> dict[str, object]:
    """The sub fields that a write sets, as they are stored; null empties all."""
    parts = {part.name: part for part in COMPOSITES[kind]}
    if value is None and kind == "RICH_TEXT":
        raise InternalError("Cannot read properties of null (reading 'markdown')")
    if value is None:
        return dict.fromkeys(parts)
    given = scalars.parsed_json(value, name)
    if not isinstance(given, dict):
        raise InvalidData(f'Invalid object value for field "{name}"', friendly="Invalid value for JSON.")
    checked: dict[str, object] = {}
    for key, item in given.items():
        if key not in parts:
            raise _unknown(kind, key, name)
        checked[key] = _check(parts[key], item, f"{name}.{key}")
    return _COMPLETED[kind](given, name) if kind in _COMPLETED else checked
