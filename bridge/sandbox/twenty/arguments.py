"""Which arguments a root field takes; they are checked by hand, as in the original."""

from collections.abc import Callable, Mapping
from typing import Any

from bridge.sandbox.twenty.errors import InvalidQuery
from bridge.sandbox.twenty.kinds.scalars import is_uuid


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


_KINDS: dict[str, Callable[[object], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "array or object": lambda value: isinstance(value, list | dict),
    "number": _is_number,
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "UUID": is_uuid,
}

_PAGE = {
    "filter": "object",
    "orderBy": "array or object",
    "first": "number",
    "last": "number",
    "before": "string",
    "after": "string",
    "offset": "number",
}
_ONE = {"id": "UUID"}
_MANY = {"filter": "object"}

# action → required and optional arguments
_ARGUMENTS: dict[str, tuple[Mapping[str, str], Mapping[str, str]]] = {
    "findMany": ({}, _PAGE),
    "findOne": (_MANY, {}),
    "groupBy": (
        {"groupBy": "array"},
        {
            "filter": "object",
            "orderBy": "array or object",
            "orderByForRecords": "array or object",
            "viewId": "UUID",
            "limit": "number",
            "offsetForRecords": "number",
        },
    ),
    "createOne": ({"data": "object"}, {"upsert": "boolean"}),
    "createMany": ({"data": "array"}, {"upsert": "boolean"}),
    "updateOne": ({**_ONE, "data": "object"}, {}),
    "updateMany": ({**_MANY, "data": "object"}, {}),
    **{f"{verb}One": (_ONE, {}) for verb in ("delete", "destroy", "restore")},
    **{f"{verb}Many": (_MANY, {}) for verb in ("delete", "destroy", "restore")},
}


def check_arguments(action: str, given: Mapping[str, Any]) -> None:
    """Raise InvalidQuery for an argument that is unknown, missing, or of another kind."""
    required, optional = _ARGUMENTS[action]
    for name in given:
        if name not in required and name not in optional:
            raise InvalidQuery(f"Argument not allowed: {name}")
    for name, kind in required.items():
        if not _KINDS[kind](given.get(name)):
            raise InvalidQuery(f'Missing required argument: "{name}" ({kind})')
    for name, kind in optional.items():
        if given.get(name) is not None and not _KINDS[kind](given[name]):
            raise InvalidQuery(f'Invalid argument: "{name}" must be a {kind}')
