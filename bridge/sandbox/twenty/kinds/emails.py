"""Email addresses: checked, and kept in lower case."""

import re
from typing import Any

from bridge.sandbox.twenty.errors import InvalidData
from bridge.sandbox.twenty.kinds import scalars
from bridge.sandbox.twenty.kinds.wording import inspect

_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")


def _checked(value: str, name: str) -> str:
    if not _ADDRESS.fullmatch(value):
        raise InvalidData(
            f'Invalid string value {inspect(value)} for email field "{name}"',
            friendly=f'Invalid value: "{inspect(value)}"',
        )
    return value.lower()


def stored(value: dict[str, Any], name: str) -> dict[str, object]:
    """The columns that a write to an EMAILS field sets."""
    columns: dict[str, object] = {}
    if "primaryEmail" in value:
        primary = value["primaryEmail"]
        columns["primaryEmail"] = _checked(primary, f"{name}.primaryEmail") if primary else None
    if "additionalEmails" in value:
        given = value["additionalEmails"]
        more = scalars.parsed_json(given, f"{name}.additionalEmails") if given else []
        given_list = more if isinstance(more, list) else []
        checked = [_checked(str(one), f"{name}.additionalEmails") for one in given_list]
        columns["additionalEmails"] = scalars.json_text(checked) if checked else None
    return columns
