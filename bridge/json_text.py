"""Values as JSON and times in UTC, as the API answers with them."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import orjson


def utc(moment: datetime, *, sep: str = "T", timespec: str = "auto") -> str:
    """`2026-11-22T10:00:00Z`, as `datetime.isoformat` has it otherwise."""
    return moment.astimezone(UTC).isoformat(sep, timespec).removesuffix("+00:00") + "Z"


def to_json(value: Any, default: Callable[[Any], Any] | None = None) -> str:
    """The value as JSON, written by orjson, else by Python; `default` converts what is not JSON."""
    try:
        return orjson.dumps(value, default).decode()
    except orjson.JSONEncodeError:
        # A number over 64 bits, or half of a surrogate pair, which no database takes unescaped.
        return json.dumps(value, default=default)


def from_json(text: str) -> Any:
    """What `to_json` wrote, read by orjson, else by Python; raises ValueError for what is not JSON."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        # Half of a surrogate pair, or NaN.
        return json.loads(text)
