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
        # Half of a surrogate pair, or a number over 64 bits.
        return json.dumps(value, ensure_ascii=False, default=default)
