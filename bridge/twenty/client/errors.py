"""Translates Twenty's errors to the bridge's.

Twenty answers errors with HTTP 200, a code, sometimes a subCode, and a message; some cases differ only in
the message. Over the rate limit, the first version has subCode LIMIT_REACHED and names the limit in its
message alone; the second has code RATE_LIMITED with the limit and the time to wait in `extensions`.
QUOTA_EXHAUSTED is about how much a workspace stores, not about how fast.
"""

import re
from collections.abc import Mapping
from typing import Any

from bridge.errors import (
    Duplicate,
    TargetGone,
    TooManyRecords,
    TwentyDenied,
    TwentyError,
    TwentyFailed,
    TwentyOverLimit,
    TwentyQuotaExhausted,
    TwentyRefused,
    TwentyUnavailable,
)
from bridge.language.phrase import phrase

OVER_LIMIT = frozenset({"LIMIT_REACHED", "RATE_LIMITED"})
QUOTA = "QUOTA_EXHAUSTED"

NAMED = re.compile(
    r"(?P<limit>[0-9]{1,12}) (?:[a-z]{1,20} )?per (?P<window>[0-9]{1,12}(?:\.[0-9]{1,6})?) ?(?P<unit>ms|s)\b"
)
"""`Limit reached (100 tokens per 60000 ms)`, `Rate limit exceeded for apiKey: 100 requests per 60s.`"""

LARGEST = 10**12


def refusal(message: str, extensions: Mapping[str, Any]) -> TwentyOverLimit | TwentyQuotaExhausted | None:
    """The error for an answer over the limit or the quota; None for other answers."""
    codes = {code for name in ("code", "subCode") if isinstance(code := extensions.get(name), str)}
    if QUOTA in codes:
        return TwentyQuotaExhausted(message)
    if not codes & OVER_LIMIT:
        return None
    limit, window = _named(message)
    named = _number(extensions.get("limit")), _number(extensions.get("windowSeconds"))
    if named[0] and named[1]:
        limit, window = named
    milliseconds = _number(extensions.get("retryAfterMs"))
    return TwentyOverLimit(
        message,
        retry_after=None if milliseconds is None else milliseconds / 1000,
        limit=None if limit is None else int(limit),
        window=window,
    )


def _named(message: str) -> tuple[float | None, float | None]:
    """The limit and its window in seconds, from the message."""
    named = NAMED.search(message)
    if named is None:
        return None, None
    window = float(named["window"]) / (1000 if named["unit"] == "ms" else 1)
    return (float(named["limit"]), window) if window else (None, None)


def _number(value: object) -> float | None:
    """A number that a limit can have; None for NaN, negative numbers and other types."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 <= value <= LARGEST else None


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
LONGEST_CODE = 80
NUMBER = re.compile(r"\+?[0-9](?:[ ()./-]?[0-9]){6,}")


def translate(errors: object) -> TwentyError:
    """The error for the first of Twenty's `errors`; an unknown one is TwentyUnavailable or TwentyFailed."""
    # A proxy in front of Twenty can have sent another shape.
    error = errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], dict) else {}
    message = str(error.get("message", ""))[:LONGEST_MESSAGE]
    extensions = value if isinstance(value := error.get("extensions"), dict) else {}
    code, sub_code = extensions.get("code"), extensions.get("subCode")
    if refused := refusal(message, extensions):
        return refused
    message = _without_numbers(message)
    if code == "UNAUTHENTICATED":
        unknown = phrase("Twenty does not take the API key: {message}", message=message)
        return TwentyDenied(unknown, code="twenty.unauthenticated")
    if code == "FORBIDDEN" or "does not have permission" in message:
        forbidden = phrase("Twenty does not let this API key do that: {message}", message=message)
        return TwentyDenied(forbidden, code="twenty.forbidden")
    if any(text in message for text in SCHEMA) and code in (
        None,
        "BAD_USER_INPUT",
        "GRAPHQL_VALIDATION_FAILED",
    ):
        lacking = phrase("The workspace's schema lacks what the bridge asks for: {message}", message=message)
        return TwentyDenied(lacking, code="twenty.schema")
    if code in ("BAD_USER_INPUT", "METADATA_VALIDATION_FAILED"):
        return _refused(_shown(sub_code), _without_numbers(_reason(extensions)) or message)
    # Without a code a proxy can have answered.
    failure = TwentyFailed if isinstance(code, str) and code else TwentyUnavailable
    what = _shown(code) if code else phrase("an error")
    return failure(phrase("Twenty answered {what}: {message}", what=what, message=message))


def _reason(extensions: Mapping[str, Any]) -> str:
    """Why a change of the workspace's structure is refused: the message says only that there are reasons.

    The first is of what was to be changed; others are of what would have come with it. "" for another shape.
    """
    try:
        failures, *_ = extensions["errors"].values()
        return str(failures[0]["errors"][0]["message"])[:LONGEST_MESSAGE]
    except (LookupError, ValueError, TypeError, AttributeError):
        return ""


def _shown(code: object) -> str:
    """A code as an error names it; a proxy can have sent anything in its place."""
    return _without_numbers(str(code or "")[:LONGEST_CODE])


def _without_numbers(message: str) -> str:
    """Shortens phone numbers: Twenty quotes what it refuses, and whole numbers must not reach a log."""
    return NUMBER.sub(lambda digits: f"…{digits[0][-3:]}", message)


def _refused(sub_code: str, message: str) -> TwentyRefused:
    if sub_code == "TOO_MANY_RECORDS_TO_UPDATE":
        return TooManyRecords(message)
    if "foreign key constraint" in message:
        return TargetGone(message)
    if "duplicate entry" in message:
        return Duplicate(message)
    return TwentyRefused(f"{sub_code}: {message}" if sub_code else message)
