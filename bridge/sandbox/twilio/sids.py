"""Identifiers as Twilio makes them: two letters for the kind, 32 hexadecimal digits."""

import uuid


def new_sid(kind: str) -> str:
    """A fresh identifier of the kind (`CA` a call, `RE` a recording …)."""
    return kind + uuid.uuid4().hex
