"""What a column accepts, how it is stored, and how it is read."""

import json
import re
from collections.abc import Callable
from typing import Any

from bridge.sandbox.twenty.errors import InvalidData
from bridge.sandbox.twenty.kinds import moments
from bridge.sandbox.twenty.kinds.parts import Scalar
from bridge.sandbox.twenty.kinds.wording import inspect

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[1-5][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", re.IGNORECASE)
_LEADING = re.compile(r"\s*[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)


def is_uuid(value: object) -> bool:
    """Whether this is a UUID of the versions 1 to 5 in its canonical form."""
    return isinstance(value, str) and _UUID.fullmatch(value) is not None


def json_text(value: object) -> str:
    """JSON as PostgreSQL prints a jsonb: keys by length and name, a space after each colon."""
    return json.dumps(_sorted(value), ensure_ascii=False)


def _sorted(value: object) -> object:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value, key=lambda k: (len(k), k))}
    return [_sorted(item) for item in value] if isinstance(value, list) else value


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def text(value: object, name: str) -> str | None:
    if not isinstance(value, str):
        raise InvalidData(
            f'Invalid string value {inspect(value)} for text field "{name}"',
            friendly=f'Invalid value: "{inspect(value)}"',
        )
    return value or None  # an empty text is kept as none, and read back as empty


def number(value: object, name: str) -> object:
    if not _is_number(value):
        raise InvalidData(
            f'Invalid number value {inspect(value)} for field "{name}"',
            friendly=f'Invalid value for number: "{inspect(value)}"',
        )
    return value


def numeric(value: object, name: str) -> object:
    try:
        return number(float(value) if isinstance(value, str) else value, name)
    except ValueError:
        return number(value, name)


def leading_number(text: str) -> float:
    """The number that a text begins with, as a filter takes it; raises ValueError without one."""
    match = _LEADING.match(text)
    if match is None:
        raise ValueError(text)
    return float(match[0])


def position(value: object, name: str) -> object:
    return value if value in ("first", "last") else number(value, name)


def boolean(value: object, name: str) -> object:
    if not isinstance(value, bool):
        raise InvalidData(f'Invalid boolean value {inspect(value)} for field "{name}"')
    return value


def identifier(value: object, name: str) -> object:
    if not is_uuid(value):
        raise InvalidData(
            f'Invalid UUID value {inspect(value)} for field "{name}"',
            friendly=f'Invalid value for UUID: "{inspect(value)}"',
        )
    return str(value).lower()


def date_time(value: object, name: str) -> object:
    try:
        return moments.to_instant(value if isinstance(value, str) else "")
    except ValueError:
        expected = "Expected format: 'YYYY-MM-DDTHH:mm:ssZ'"
        raise InvalidData(
            f'Invalid value {inspect(value)} for date-time field "{name}". {expected}',
            friendly=f'Invalid value for date-time: "{inspect(value)}". {expected}',
        ) from None


def date(value: object, name: str) -> object:
    try:
        return moments.to_date(value if isinstance(value, str) else "")
    except ValueError:
        raise InvalidData(
            f"Invalid value {inspect(value)} for date field \"{name}\". Expected format: 'YYYY-MM-DD'"
        ) from None


def parsed_json(value: object, name: str) -> Any:
    """A JSON value that may come as text."""
    if isinstance(value, dict | list):
        return value
    try:
        return json.loads(value if isinstance(value, str) else "")
    except ValueError:
        raise InvalidData(
            f'Invalid object value {inspect(value)} for field "{name}"',
            friendly="Invalid value for JSON.",
        ) from None


def raw_json(value: object, name: str) -> object:
    parsed = parsed_json(value, name)
    return None if parsed == {} else json_text(parsed)


def unwritable(_: object, name: str) -> object:
    raise InvalidData(f"{name} TS_VECTOR-typed field does not support write operations")


def option(value: object, name: str, options: tuple[str, ...]) -> object:
    """One of a select's values."""
    if text(value, name) not in options:
        raise InvalidData(
            f'Invalid value "{value}" for field "{name}". Valid values are: {", ".join(options)}',
            friendly=f'Invalid value for field "{name}"',
        )
    return value


def array(value: object, name: str, options: tuple[str, ...] = ()) -> object:
    items = value if isinstance(value, list) else [value]
    for item in items:
        _ = option(item, name, options) if options else text(item, name)
    return json_text(items) if items else None


CHECKS: dict[Scalar, Callable[[object, str], object]] = {
    Scalar.BOOLEAN: boolean,
    Scalar.DATE: date,
    Scalar.DATE_TIME: date_time,
    Scalar.JSON: raw_json,
    Scalar.NUMBER: number,
    Scalar.NUMERIC: numeric,
    Scalar.POSITION: position,
    Scalar.SELECT: text,
    Scalar.TEXT: text,
    Scalar.TS_VECTOR: unwritable,
    Scalar.UUID: identifier,
}


def read(scalar: Scalar, stored: Any) -> Any:
    """A column's value as the API gives it."""
    if scalar in (Scalar.JSON, Scalar.ARRAY):
        return json.loads(stored)
    return bool(stored) if scalar is Scalar.BOOLEAN else stored
