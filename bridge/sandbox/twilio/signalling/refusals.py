"""What the signalling server says of a token that it refuses, by the codes that the SDK knows.

https://www.twilio.com/docs/api/errors: in the SDK 20104 and 31205 become AccessTokenExpired (20104),
20101 and 31204 AccessTokenInvalid (20101), 31201 AuthenticationFailed (20151), all others 53000 with the
cause in `originalError`.
"""

from typing import Any

from bridge.sandbox.twilio.errors import TokenRefused
from bridge.sandbox.twilio.signalling.frames import as_error

MALFORMED, TOKEN_MISSING = 31100, 31102
AUTHORIZATION, INVALID_TOKEN, EXPIRED = 31201, 31204, 31205
CONNECTION_DECLINED, NOT_FOUND, RECONNECT_REFUSED = 31002, 31404, 31209
MESSAGE_TYPE, MESSAGE_SIZE = 31210, 31212
_CODES = {20101: 20101, 20102: 31204, 20103: 31203, 20104: 20104, 20105: 31204, 20107: 31202, 20157: 31207}


def refusal(refused: TokenRefused) -> dict[str, Any]:
    """The error of a refused `listen`."""
    return as_error(_CODES.get(refused.code, AUTHORIZATION), f"{refused.code}: {refused.message}")
