"""What Twenty's errors mean; codes and messages as a Twenty 2.21 gave them."""

from typing import Any

import pytest

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
from bridge.twenty.client.errors import translate

CASES: list[tuple[str | None, str | None, str, type[TwentyError], str]] = [
    ("UNAUTHENTICATED", "UNAUTHENTICATED", "Token invalid.", TwentyDenied, "twenty.unauthenticated"),
    ("UNAUTHENTICATED", "UNAUTHENTICATED", "Token has expired.", TwentyDenied, "twenty.unauthenticated"),
    ("FORBIDDEN", "FORBIDDEN_EXCEPTION", "This API Key is revoked", TwentyDenied, "twenty.forbidden"),
    (
        "FORBIDDEN",
        "PERMISSION_DENIED",
        "Entity performing the request does not have permission",
        TwentyDenied,
        "twenty.forbidden",
    ),
    (
        "INTERNAL_SERVER_ERROR",
        None,
        "Entity performing the request does not have permission",
        TwentyDenied,
        "twenty.forbidden",
    ),
    ("FORBIDDEN", None, "Forbidden resource", TwentyDenied, "twenty.forbidden"),
    (None, None, 'Cannot query field "people" on type "Query".', TwentyDenied, "twenty.schema"),
    (None, None, 'Unknown type "PhoneCallCreateInput".', TwentyDenied, "twenty.schema"),
    ("BAD_USER_INPUT", "INVALID_QUERY_INPUT", "Argument not allowed: frist", TwentyDenied, "twenty.schema"),
    (
        "BAD_USER_INPUT",
        "INVALID_ARGS_DATA",
        'Object phoneCall doesn\'t have any "transcript" field.',
        TwentyDenied,
        "twenty.schema",
    ),
    (
        "BAD_USER_INPUT",
        "LIMIT_REACHED",
        "Limit reached (100 tokens per 60000 ms)",
        TwentyOverLimit,
        "twenty.over_limit",
    ),
    (
        "RATE_LIMITED",
        "RATE_LIMITED",
        "Rate limit exceeded for apiKey: 100 requests per 60s.",
        TwentyOverLimit,
        "twenty.over_limit",
    ),
    ("QUOTA_EXHAUSTED", "QUOTA_EXHAUSTED", "Quota", TwentyQuotaExhausted, "twenty.quota_exhausted"),
    ("BAD_USER_INPUT", "QUOTA_EXHAUSTED", "Quota", TwentyQuotaExhausted, "twenty.quota_exhausted"),
    (
        "BAD_USER_INPUT",
        "TOO_MANY_RECORDS_TO_UPDATE",
        "Maximum number of records to upsert is 200.",
        TooManyRecords,
        "twenty.too_many_records",
    ),
    (
        "BAD_USER_INPUT",
        None,
        'insert or update on table "_phoneCall" violates foreign key constraint "FK_9bc0"',
        TargetGone,
        "twenty.target_gone",
    ),
    ("BAD_USER_INPUT", None, "A duplicate entry was detected", Duplicate, "twenty.duplicate"),
    (
        "BAD_USER_INPUT",
        "INVALID_PHONE_NUMBER",
        "Provided phone number is invalid 12",
        TwentyRefused,
        "twenty.refused",
    ),
    (
        "BAD_USER_INPUT",
        "CONFLICTING_PHONE_COUNTRY_CODE",
        "Provided and inferred country code are conflicting",
        TwentyRefused,
        "twenty.refused",
    ),
    (
        "BAD_USER_INPUT",
        "INVALID_ARGS_DATA",
        'Invalid value "X" for field "status".',
        TwentyRefused,
        "twenty.refused",
    ),
    ("INTERNAL_SERVER_ERROR", None, "Something went wrong", TwentyFailed, "twenty.unavailable"),
    ("NEW_IN_2027", None, "Nobody knows this one", TwentyFailed, "twenty.unavailable"),
    (None, None, "", TwentyUnavailable, "twenty.unavailable"),
]


@pytest.mark.parametrize(("code", "sub_code", "message", "kind", "named"), CASES)
def test_each_error_has_its_kind(
    code: str | None, sub_code: str | None, message: str, kind: type[TwentyError], named: str
) -> None:
    extensions: dict[str, Any] = {"code": code, "subCode": sub_code}
    error = translate(
        [{"message": message, "extensions": {k: v for k, v in extensions.items() if v is not None}}]
    )
    assert type(error) is kind
    assert error.code == named


@pytest.mark.parametrize("errors", [None, [], [{}], [{"message": "m", "extensions": None}]])
def test_what_says_nothing_is_met_with_patience(errors: list[dict[str, Any]] | None) -> None:
    assert type(translate(errors)) is TwentyUnavailable


def refused_structure(*of_kinds: tuple[str, object]) -> list[dict[str, Any]]:
    """As a Twenty 2.21 refuses a change of its structure: a field, and the columns that come with it."""
    extensions = {"code": "METADATA_VALIDATION_FAILED", "errors": dict(of_kinds)}
    return [
        {"message": "Multiple validation errors occurred while creating fields", "extensions": extensions}
    ]


TAKEN = 'Name "phoneCalls" is not available as it is already used by another field'
OF_FIELD = ("fieldMetadata", [{"status": "fail", "errors": [{"code": "NOT_AVAILABLE", "message": TAKEN}]}])
OF_COLUMN = ("viewField", [{"status": "fail", "errors": [{"message": "Field metadata not found"}]}])


@pytest.mark.parametrize(
    ("errors", "said"),
    [
        (refused_structure(OF_FIELD, OF_COLUMN), TAKEN),
        (refused_structure(), "Multiple validation errors occurred while creating fields"),
        (
            refused_structure(("fieldMetadata", [])),
            "Multiple validation errors occurred while creating fields",
        ),
        (
            refused_structure(("fieldMetadata", "?")),
            "Multiple validation errors occurred while creating fields",
        ),
    ],
)
def test_why_the_structure_is_not_changed_is_said(errors: list[dict[str, Any]], said: str) -> None:
    error = translate(errors)
    assert (type(error), str(error)) == (TwentyRefused, said)
