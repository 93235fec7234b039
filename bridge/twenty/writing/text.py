"""Removes characters that Twenty cannot store: one of them would fail the whole batch.

PostgreSQL's text has no NUL, and half of a surrogate pair is not a character.
"""

import re
from typing import Any

UNSTORABLE = re.compile(r"[\x00\ud800-\udfff]")


def storable(text: str) -> str:
    """The text without NUL and lone surrogates."""
    return UNSTORABLE.sub("", text)


def all_storable(value: Any) -> Any:
    """The variables of an operation with every text in them storable, at any depth."""
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, dict):
        return {name: all_storable(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [all_storable(item) for item in value]
    return value
