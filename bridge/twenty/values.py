"""Values as Twenty has them: names, a person's page, times, text.

Times are in the one form that all of Twenty accepts: filters refuse more than milliseconds. PostgreSQL's text
has no NUL, and half of a surrogate pair is not a character: one of them would fail the whole batch.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson

from bridge.json_text import to_json, utc

PAGE = 1000
"""Nodes that one root field is asked for."""


def full_name(name: Mapping[str, Any] | None) -> str:
    """`Jane Doe`, of a composite `name`; empty where it has neither part."""
    parts = name or {}
    return " ".join(filter(None, (parts.get("firstName"), parts.get("lastName"))))


def person_page(twenty_url: str, person_id: str) -> str:
    """The URL of a person's page."""
    return record_page(twenty_url, "person", person_id)


def record_page(twenty_url: str, kind: str, record_id: str) -> str:
    """The URL of a record's page."""
    return f"{twenty_url}/object/{kind}/{record_id}"


def avatar_url(url: str | None, twenty_url: str) -> str | None:
    """Twenty stores a path for an uploaded picture, and a URL for one from elsewhere."""
    if not url or url.startswith(("https://", "http://")):
        return url or None
    return f"{twenty_url}/files/{url.lstrip('/')}"


def time_text(moment: datetime) -> str:
    """`2026-11-22T10:00:00.123Z`: UTC, cut to milliseconds. Raises ValueError for a time without zone."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment} has no time zone")
    return utc(moment, timespec="milliseconds")


def same_time(shown: str) -> str:
    """Converts a time that Twenty shows to that form. Raises ValueError."""
    return time_text(datetime.fromisoformat(shown))


UNSTORABLE = re.compile(r"[\x00\ud800-\udfff]")


def storable(text: str) -> str:
    """The text without NUL and lone surrogates."""
    # Neither is printable; to ask that takes a fifth of the time.
    return text if text.isprintable() else UNSTORABLE.sub("", text)


def storable_json(value: Any) -> str:
    """The variables of an operation as JSON, every text in them storable."""
    try:
        text = orjson.dumps(value).decode()
    except orjson.JSONEncodeError:
        # Half of a surrogate pair, or a number over 64 bits.
        return to_json(all_storable(value))
    return to_json(all_storable(value)) if r"\u0000" in text else text


def all_storable(value: Any) -> Any:
    """The variables of an operation with every text in them storable, at any depth."""
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, dict):
        return {name: all_storable(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [all_storable(item) for item in value]
    return value
