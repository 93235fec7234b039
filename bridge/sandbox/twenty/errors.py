"""What the API answers instead of a value.

ApiError                 one error of a GraphQL answer: code, subCode, message
├── InvalidData          a value that its field does not take
├── InvalidFilter        a filter that its field does not take
├── InvalidQuery         an argument that its root field does not take
├── WrongVariable        a variable that the schema does not take
├── RecordNotFound       no such record, or it is deleted
├── NoMenuItem           no such item of the menu
├── NoLayout             no such layout of a page
├── NoApplication        no such application, package or variable
├── DuplicateEntry       a unique value that another record has
├── ForeignKey           a relation to a record that does not exist
├── PermissionDenied     the caller's role does not allow it
├── LimitReached         the token bucket is empty
├── RateLimited          the same, in its second version
├── QuotaExhausted       the workspace holds as many records as it may
├── NotAuthenticated     a token that is none, or has expired
├── Forbidden            a token of another kind, or revoked
└── InvalidMetadata      an object, a field or a webhook that cannot be made
"""

from collections.abc import Mapping
from typing import Any

STANDARD_MESSAGE = "An error occurred."


class ApiError(Exception):
    """One error of a GraphQL answer; the HTTP status is nearly always 200."""

    code = "BAD_USER_INPUT"
    status = 200
    sub_code: str | None = None
    friendly: object = STANDARD_MESSAGE

    def __init__(
        self,
        message: str,
        *,
        friendly: object = None,
        sub_code: str | None = None,
        details: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.friendly = friendly or self.friendly
        self.sub_code = sub_code or self.sub_code
        self.details = details or {}

    def as_json(self) -> dict[str, Any]:
        """The error as GraphQL spells it."""
        extensions: dict[str, object] = {"subCode": self.sub_code} if self.sub_code else {}
        extensions |= {"userFriendlyMessage": self.friendly, **self.details, "code": self.code}
        return {"message": self.message, "extensions": extensions}


class InvalidData(ApiError):
    """A value that its field does not take."""

    sub_code = "INVALID_ARGS_DATA"


class InvalidFilter(ApiError):
    """A filter that its field does not take."""

    sub_code = "INVALID_ARGS_FILTER"


class InvalidQuery(ApiError):
    """An argument that its root field does not take."""

    sub_code = "INVALID_QUERY_INPUT"


class WrongVariable(ApiError):
    """A variable that the schema does not take: the answer's HTTP status is 400."""

    status = 400


class RecordNotFound(ApiError):
    """No such record, or it is deleted."""

    code = "NOT_FOUND"
    sub_code = "RECORD_NOT_FOUND"
    friendly = "This record does not exist or has been deleted."

    def __init__(self) -> None:
        super().__init__("Record not found")


class NoMenuItem(ApiError):
    """No such item of the menu."""

    code = "NOT_FOUND"
    sub_code = "NAVIGATION_MENU_ITEM_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("Navigation menu item not found")


class NoLayout(ApiError):
    """No such layout of a page."""

    code = "NOT_FOUND"

    def __init__(self, layout_id: str) -> None:
        super().__init__(f'Page layout with ID "{layout_id}" not found')


class NoApplication(ApiError):
    """No such application, package or variable of one."""

    code = "NOT_FOUND"


class DuplicateEntry(ApiError):
    """A unique value that another record has."""

    friendly = "This record already exists. Please check your data and try again."

    def __init__(self, *, friendly: str | None = None, conflict: Mapping[str, object] | None = None) -> None:
        super().__init__("A duplicate entry was detected", friendly=friendly, details=conflict)


class ForeignKey(ApiError):
    """A relation to a record that does not exist."""

    friendly = (
        "This operation references a record that does not exist or cannot be modified"
        " due to existing relationships."
    )

    def __init__(self, *, table: str, constraint: str) -> None:
        super().__init__(
            f'insert or update on table "{table}" violates foreign key constraint "{constraint}"'
        )


class PermissionDenied(ApiError):
    """The caller's role does not allow it."""

    code = "FORBIDDEN"
    sub_code = "PERMISSION_DENIED"
    friendly = "User does not have permission."

    def __init__(self) -> None:
        super().__init__("Entity performing the request does not have permission")


class LimitReached(ApiError):
    """The token bucket is empty."""

    sub_code = "LIMIT_REACHED"
    friendly = "Rate limit reached. Please try again later."


class RateLimited(ApiError):
    """The token bucket is empty: the second version, which says when there is a token again."""

    code = "RATE_LIMITED"
    sub_code = "RATE_LIMITED"
    friendly = "Rate limit reached. Please try again later."

    def __init__(self, *, limit: int, seconds: float, retry_after_ms: int, spender: str) -> None:
        super().__init__(
            f"Rate limit exceeded for apiKey: {limit} requests per {seconds:g}s.",
            details={
                "limitKind": "speed",
                "limit": limit,
                "remaining": 0,
                "windowSeconds": seconds,
                "retryAfterMs": retry_after_ms,
                "scope": {"spenderType": "apiKey", "spenderId": spender},
            },
        )


class QuotaExhausted(ApiError):
    """The workspace holds as many records as it may."""

    code = "QUOTA_EXHAUSTED"
    sub_code = "QUOTA_EXHAUSTED"

    def __init__(self, *, limit: int, workspace_id: str) -> None:
        super().__init__(
            f"Quota exhausted for workspace: {limit} records.",
            details={
                "limitKind": "stock",
                "limit": limit,
                "remaining": 0,
                "scope": {"spenderType": "workspace", "spenderId": workspace_id},
            },
        )


class NotAuthenticated(ApiError):
    """A token that is none, or has expired."""

    code = "UNAUTHENTICATED"
    sub_code = "UNAUTHENTICATED"
    friendly: object = {
        "id": "z+7x/s",
        "message": "You must be authenticated to perform this action.",
    }


class Forbidden(ApiError):
    """What the token that came along may not do."""

    code = "FORBIDDEN"


class InternalError(ApiError):
    """What the original answers where it did not foresee the case."""

    code = "INTERNAL_SERVER_ERROR"


class InvalidMetadata(ApiError):
    """An object, a field or a webhook that cannot be made."""

    code = "METADATA_VALIDATION_FAILED"
