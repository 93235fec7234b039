"""Error answers: errors become problem bodies (RFC 9457)."""

from collections.abc import Mapping

import structlog
from aiohttp import hdrs, web

from bridge.errors import (
    BodyTooLarge,
    BodyTooSlow,
    BridgeError,
    CallbackInvalid,
    CallConflict,
    CallUnknown,
    IdentityRefused,
    InboxUnavailable,
    KeyReused,
    LinkSpent,
    LinkUnknown,
    NotAllowed,
    NotAuthenticated,
    NotInCall,
    NotListed,
    NotUnderstood,
    NotVerified,
    NumberRefused,
    TargetTooLong,
    TooBusy,
    TooManyRequests,
    TwilioDenied,
    TwilioRefused,
    TwilioUnavailable,
    WrongContentType,
)
from bridge.observability import context, metrics

STATUS_OF: Mapping[type[BridgeError], int] = {
    CallbackInvalid: 400,
    IdentityRefused: 400,
    NotUnderstood: 400,
    NumberRefused: 400,
    NotAuthenticated: 401,
    NotAllowed: 403,
    NotListed: 403,
    NotInCall: 403,
    CallUnknown: 404,
    LinkUnknown: 404,
    LinkSpent: 410,
    CallConflict: 409,
    WrongContentType: 415,
    KeyReused: 422,
    BodyTooSlow: 408,
    BodyTooLarge: 413,
    TargetTooLong: 414,
    TooManyRequests: 429,
    NotVerified: 503,
    InboxUnavailable: 503,
    TooBusy: 503,
    TwilioRefused: 502,
    TwilioDenied: 502,
    TwilioUnavailable: 503,
}

ADVICE: Mapping[int, Mapping[str, str]] = {
    401: {hdrs.WWW_AUTHENTICATE: "Bearer"},
    408: {hdrs.CONNECTION: "close"},
    503: {hdrs.RETRY_AFTER: "1"},
}
"""Status → headers that its answers need."""

SAID: Mapping[int, str] = {
    403: (
        "The page's origin is not one of the configured ones (cors.origins), or the request has a method or"
        " header other than GET, POST, PUT, Authorization and Content-Type."
    ),
    404: "There is nothing here; /openapi.yaml lists the paths.",
    417: "The only supported value of Expect is 100-continue.",
}
"""Texts for aiohttp's own error answers whose reason phrase is not enough."""

log = structlog.get_logger()


def answer_to(error: Exception, route: str) -> web.Response:
    """The answer to an error, as `application/problem+json` (RFC 9457); raises redirects again."""
    if isinstance(error, BridgeError):
        return _refusal(error, route)
    if isinstance(error, web.HTTPException):
        if error.status < 400:
            raise error
        return in_our_words(error)
    log.error("request.failed", route=route, exc_info=error)
    return problem(500, _internal_error())


def _refusal(error: BridgeError, route: str) -> web.Response:
    status = STATUS_OF.get(type(error), 500)
    metrics.REQUESTS_REFUSED.inc(type(error).__name__)
    log.warning("request.refused", route=route, status=status, reason=str(error))
    detail = str(error) if status != 500 else _internal_error()
    code = error.code if error.code != BridgeError.code else None
    return problem(status, detail, headers=_when_again(error), code=code)


def _internal_error() -> str:
    request_id = context.bound().get("request_id")
    where = f" under request id {request_id}" if request_id else ""
    return f"Internal error; the log has it{where}."


def _when_again(error: BridgeError) -> Mapping[str, str]:
    return {hdrs.RETRY_AFTER: str(error.retry_after)} if isinstance(error, TooManyRequests) else {}


def in_our_words(answer: web.HTTPException) -> web.Response:
    """The problem body for aiohttp's own refusals: unknown path, wrong method, unknown Expect."""
    if allow := answer.headers.get(hdrs.ALLOW):
        return problem(answer.status, f"Use {allow} here.", headers={hdrs.ALLOW: allow})
    return problem(answer.status, SAID.get(answer.status, answer.reason))


def problem(
    status: int,
    detail: str,
    *,
    headers: Mapping[str, str] | None = None,
    code: str | None = None,
    more: Mapping[str, object] | None = None,
) -> web.Response:
    """An answer with a problem body; `detail` says what is wrong and what to do, `more` adds members.

    By `code` the phone page says the same in its own language.

    https://www.rfc-editor.org/rfc/rfc9457
    """
    advice = ADVICE.get(status, {})
    title = web.Response(status=status).reason
    coded = {"code": code} if code else {}
    return web.json_response(
        {"type": "about:blank", "title": title, "status": status, "detail": detail, **coded, **(more or {})},
        status=status,
        headers={**advice, **(headers or {})},
        content_type="application/problem+json",
    )
