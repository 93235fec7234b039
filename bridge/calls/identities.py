"""What an agent is called at Twilio.

https://www.twilio.com/docs/voice/client/errors#31105
"""

import re
import uuid

RESERVED = "wm_"
"""Begins the identities of users of Twenty, for whom Twenty vouched; nobody else has one."""

NOT_ALLOWED = re.compile(r"[^A-Za-z0-9_]", re.ASCII)
LONGEST_IDENTITY = 121


def allowed_identity(asked: str) -> str | None:
    """The identity with `_` for each character that Twilio does not allow; None if empty or too long."""
    identity = NOT_ALLOWED.sub("_", asked)
    return identity if 0 < len(identity) <= LONGEST_IDENTITY else None


def member_identity(member_id: str) -> str:
    """The identity of a member of Twenty's workspace; raises ValueError for what is no UUID."""
    return f"{RESERVED}{uuid.UUID(member_id).hex}"
