"""Values as JSON, written fast; what the fast writer does not take, Python's own writes."""

import json
from collections.abc import Callable
from typing import Any

import orjson


def to_json(value: Any, default: Callable[[Any], Any] | None = None) -> str:
    """The value as JSON, `default` making something of what is none."""
    try:
        return orjson.dumps(value, default).decode()
    except orjson.JSONEncodeError:
        # A number over 64 bits, or half of a surrogate pair, which no database takes unescaped.
        return json.dumps(value, default=default)
