"""The name that a network gives of a caller (CNAM), where it is the name of a person or a company."""

import re

from bridge.calls.numbers import Number, reading
from bridge.calls.written import plain

PLACEHOLDERS = frozenset(
    {
        "anonymous",
        "blocked",
        "caller",
        "cell phone",
        "cellular",
        "customer",
        "data unavailable",
        "incoming call",
        "international",
        "international call",
        "mobile",
        "mobile caller",
        "mobile phone",
        "n/a",
        "name unavailable",
        "no caller id",
        "no data",
        "no name",
        "not available",
        "not found",
        "not provided",
        "null",
        "number unavailable",
        "out of area",
        "out-of-area",
        "private",
        "private caller",
        "private name",
        "private number",
        "restricted",
        "subscriber",
        "toll free",
        "toll free call",
        "toll free caller",
        "toll free number",
        "toll-free call",
        "unavailable",
        "undefined",
        "unknown",
        "unknown caller",
        "unknown name",
        "unknown number",
        "unlisted",
        "voip",
        "voip caller",
        "wireless",
        "wireless call",
        "wireless caller",
        "wireless number",
        "withheld",
    }
)
"""What databases of caller names hold of a line whose subscriber they do not know."""

TOWN = re.compile(r"[A-Z][A-Z.'-]*(?: +[A-Z.'-]+)*(?:(?: {2,}| ?, ?)[A-Z]{2}| +USA)")
"""Town and state, in the columns of a fixed width: `LA MESA      CA`."""

CODE = re.compile(r"[VX]?[0-9]{8,}|[A-Z]?[0-9 .()+-]{5,}", re.IGNORECASE)


def name_of_caller(name: str | None, number: Number) -> str | None:
    """The name to give a new person; None where the network's is a placeholder, a place, or the number."""
    text = plain(name or "")
    as_sent = (name or "").strip()
    if not any(c.isalpha() for c in text) or text.lower().strip(" .-_*") in PLACEHOLDERS:
        return None
    if TOWN.fullmatch(as_sent) or CODE.fullmatch(text):
        return None
    found = reading(text, "ZZ")
    return None if found and found.number == number else text
