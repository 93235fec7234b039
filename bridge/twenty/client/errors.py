"""Translates Twenty's errors to the bridge's.

Twenty answers errors with HTTP 200, a code, sometimes a subCode, and a message; some cases differ only in
the message.
"""

import re

from bridge.errors import (
    Duplicate,
    TargetGone,
    TooManyRecords,
    TwentyDenied,
    TwentyError,
    TwentyFailed,
    TwentyRefused,
    TwentyUnavailable,
)
from bridge.twenty.client import rate_limit

# Messages about an operation or a field that the workspace lacks. GraphQL's own validation has no code.
SCHEMA = (
    "Cannot query field",
    "Unknown type",
    "Unknown argument",
    "Argument not allowed",
    "Missing required argument",
    "Syntax Error",
    "doesn't have any",
)
LONGEST_MESSAGE = 200
NUMBER = re.compile(r"\+?[0-9](?:[ ()./-]?[0-9]){6,}")


def translate(errors: object) -> TwentyError:
    """The error for the first of Twenty's `errors`; an unknown one is TwentyUnavailable or TwentyFailed."""
    # A proxy in front of Twenty can have sent another shape.
    error = errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], dict) else {}
    message = str(error.get("message", ""))[:LONGEST_MESSAGE]
    extensions = told if isinstance(told := error.get("extensions"), dict) else {}
    code, sub_code = extensions.get("code"), extensions.get("subCode")
    if refused := rate_limit.refusal(message, extensions):
        return refused
    message = _without_numbers(message)
    if code == "UNAUTHENTICATED":
        return TwentyDenied(f"Twenty does not take the API key: {message}", code="twenty.unauthenticated")
    if code == "FORBIDDEN" or "does not have permission" in message:
        return TwentyDenied(f"Twenty does not let this API key do that: {message}", code="twenty.forbidden")
    if any(text in message for text in SCHEMA) and code in (
        None,
        "BAD_USER_INPUT",
        "GRAPHQL_VALIDATION_FAILED",
    ):
        return TwentyDenied(
            f"The workspace's schema lacks what the bridge asks for: {message}", code="twenty.schema"
        )
    if code in ("BAD_USER_INPUT", "METADATA_VALIDATION_FAILED"):
        return _refused(sub_code, message)
    # Without a code a proxy can have answered.
    failure = TwentyFailed if isinstance(code, str) and code else TwentyUnavailable
    return failure(f"Twenty answered {code or 'an error'}: {message}")


def _without_numbers(message: str) -> str:
    """Shortens phone numbers: Twenty quotes what it refuses, and whole numbers must not reach a log."""
    return NUMBER.sub(lambda digits: f"…{digits[0][-3:]}", message)


def _refused(sub_code: str | None, message: str) -> TwentyRefused:
    if sub_code == "TOO_MANY_RECORDS_TO_UPDATE":
        return TooManyRecords(message)
    if "foreign key constraint" in message:
        return TargetGone(message)
    if "duplicate entry" in message:
        return Duplicate(message)
    return TwentyRefused(f"{sub_code}: {message}" if sub_code else message)
