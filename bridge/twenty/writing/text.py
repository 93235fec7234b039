"""Takes out of every text what Twenty cannot store: one such character loses the whole batch.

PostgreSQL has no NUL in a text, and half of a surrogate pair is no character at all.
"""

import re
from typing import Any

UNSTORABLE = re.compile(r"[\x00\ud800-\udfff]")


def storable(text: str) -> str:
    """The text as Twenty can store it."""
    return UNSTORABLE.sub("", text)


def all_storable(value: Any) -> Any:
    """The variables of an operation, with each text in them, at whatever depth, as Twenty can store it."""
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, dict):
        return {name: all_storable(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [all_storable(item) for item in value]
    return value
