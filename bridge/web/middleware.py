"""What every request passes: errors become problem bodies, and Twilio's signature comes first."""

import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from urllib.parse import urlsplit

import structlog
from aiohttp import hdrs, web

from bridge import metrics
from bridge.errors import (
    BodyTooLarge,
    BodyTooSlow,
    BridgeError,
    CallbackInvalid,
    CallConflict,
    CallUnknown,
    CannotVouch,
    IdentityRefused,
    InboxUnavailable,
    NotAllowed,
    NotAuthenticated,
    NotInCall,
    NotUnderstood,
    NumberRefused,
    TargetTooLong,
    TooBusy,
    TooManyRequests,
    TwilioDenied,
    TwilioRefused,
    TwilioUnavailable,
    WrongContentType,
)
from bridge.twilio.signature import Validator
from bridge.web.urlencoded import pairs

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
FormHandler = Callable[[web.Request, Mapping[str, str]], Awaitable[web.Response]]

MOST_FIELDS = 500
LONGEST_FIELD = 16 * 1024
CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
FORM = "application/x-www-form-urlencoded"

STATUS_OF: Mapping[type[BridgeError], int] = {
    CallbackInvalid: 400,
    IdentityRefused: 400,
    NotUnderstood: 400,
    NumberRefused: 400,
    NotAuthenticated: 401,
    NotAllowed: 403,
    NotInCall: 403,
    CallUnknown: 404,
    CallConflict: 409,
    WrongContentType: 415,
    BodyTooSlow: 408,
    BodyTooLarge: 413,
    TargetTooLong: 414,
    TooManyRequests: 429,
    CannotVouch: 503,
    InboxUnavailable: 503,
    TooBusy: 503,
    TwilioRefused: 502,
    TwilioDenied: 502,
    TwilioUnavailable: 503,
}

UNSIGNED = "The request does not carry a valid X-Twilio-Signature for this URL."
UNREADABLE = (
    f"The form should be UTF-8, {MOST_FIELDS} fields at most, each {LONGEST_FIELD} characters at most."
)

ADVICE: Mapping[int, Mapping[str, str]] = {
    401: {hdrs.WWW_AUTHENTICATE: "Bearer"},
    408: {hdrs.CONNECTION: "close"},
    503: {hdrs.RETRY_AFTER: "1"},
}
"""What headers go with a status."""

SAID: Mapping[int, str] = {
    403: (
        "The page's origin is not one of the configured ones (cors.origins), or it wants to send"
        " what pages may not: GET and POST, Authorization and Content-Type are what they may."
    ),
    404: "There is nothing here; /openapi.yaml tells what there is.",
    417: "The only expectation that is met is 100-continue.",
}
"""What is said of those of aiohttp's own refusals that need more than their name."""

log = structlog.get_logger()


@web.middleware
async def problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turns errors into `application/problem+json` (RFC 9457)."""
    try:
        return await handler(request)
    except BridgeError as error:
        status = STATUS_OF.get(type(error), 500)
        metrics.REQUESTS_REFUSED.inc(type(error).__name__)
        log.warning("request.refused", path=_route(request), status=status, reason=str(error))
        detail = str(error) if status != 500 else "This is our fault."
        return problem(status, detail, headers=_when_again(error))
    except web.HTTPException as answer:
        if answer.status < 400:
            raise
        return in_our_words(answer)
    except Exception:
        log.exception("request.failed", path=_route(request))
        return problem(500, "This is our fault.")


def _when_again(error: BridgeError) -> Mapping[str, str]:
    return {hdrs.RETRY_AFTER: str(error.retry_after)} if isinstance(error, TooManyRequests) else {}


def _route(request: web.Request) -> str:
    """The path without what is variable in it, which may be somebody's number."""
    resource = request.match_info.route.resource
    return resource.canonical if resource else request.path


def in_our_words(answer: web.HTTPException) -> web.Response:
    """aiohttp's own refusals: no such path, another method, an unknown Expect."""
    if allow := answer.headers.get(hdrs.ALLOW):
        return problem(answer.status, f"Use {allow} here.", headers={hdrs.ALLOW: allow})
    return problem(answer.status, SAID.get(answer.status, answer.reason))


def problem(status: int, detail: str, *, headers: Mapping[str, str] | None = None) -> web.Response:
    """A problem body; `detail` says what is wrong and what to do."""
    advice = ADVICE.get(status, {})
    title = web.Response(status=status).reason
    return web.json_response(
        {"type": "about:blank", "title": title, "status": status, "detail": detail},
        status=status,
        headers={**advice, **(headers or {})},
        content_type="application/problem+json",
    )


class SignedForms:
    """Lets a form through to its handler if Twilio signed it.

    Only POSTs of forms are taken, which is what Twilio's Voice sends unless it is told otherwise: a GET
    would do with its query what a log or a prefetch must not, and a JSON body is of no Voice request.
    """

    def __init__(self, validator: Validator, public_url: str) -> None:
        self._validator = validator
        parts = urlsplit(public_url)
        self._origin = f"{parts.scheme}://{parts.netloc}"
        self._prefix = parts.path

    def __call__(self, handle: FormHandler) -> Handler:
        """The handler behind the signature."""

        async def handler(request: web.Request) -> web.Response:
            if request.content_type != FORM:
                raise WrongContentType(f"The body should be {FORM}, as Twilio sends it.")
            signatures = request.headers.getall("X-Twilio-Signature", ())
            # One that is missing, or that comes with another, is not worth reading the form for.
            if len(signatures) != 1:
                raise NotAllowed(UNSIGNED)
            told = _pairs(await request.read())
            if not any(self._validator.is_valid(url, told, signatures[0]) for url in self._urls(request)):
                raise NotAllowed(UNSIGNED)
            parameters = _readable(dict(told))
            _follow_the_call(request, parameters)
            return await handle(request, parameters)

        return handler

    def _urls(self, request: web.Request) -> Iterator[str]:
        """What Twilio may have been given: behind a proxy the request's own host and scheme are others.

        A proxy may have taken the public URL's path off, or not; `/twilio/…` alone does not tell.
        """
        path = request.raw_path
        yield f"{self._origin}{self._prefix}{path}"
        if self._prefix and path.startswith(f"{self._prefix}/"):
            yield f"{self._origin}{path}"


def _readable(parameters: dict[str, str]) -> dict[str, str]:
    """Without control characters, which a browser may put into `To`, and which Twenty does not take."""
    if "".join(parameters.values()).isprintable():
        return parameters
    return {name: CONTROLS.sub("", value) for name, value in parameters.items()}


def _follow_the_call(request: web.Request, parameters: Mapping[str, str]) -> None:
    """What is logged on the way names the call as the worker's lines do, and Twilio's delivery."""
    known = {
        "call_sid": parameters.get("ParentCallSid") or parameters.get("CallSid"),
        "delivery": request.headers.get("I-Twilio-Idempotency-Token"),
    }
    structlog.contextvars.bind_contextvars(**{name: value for name, value in known.items() if value})


def _pairs(body: bytes) -> list[tuple[str, str]]:
    try:
        found = pairs(body, most=MOST_FIELDS)
    except ValueError as problem:
        raise NotUnderstood(UNREADABLE) from problem
    if len(body) > LONGEST_FIELD and any(len(name + value) > LONGEST_FIELD for name, value in found):
        raise NotUnderstood(UNREADABLE)
    return found
