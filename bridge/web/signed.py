"""Twilio's requests: only what it signed gets to a handler, and as a form that can be read."""

from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

import structlog
from aiohttp import web

from bridge.errors import NotAllowed, NotUnderstood, WrongContentType
from bridge.twilio.signature import Validator
from bridge.web.handlers import FormHandler, Handler
from bridge.web.readable import readable
from bridge.web.urlencoded import FORM, pairs

MOST_FIELDS = 500
LONGEST_FIELD = 16 * 1024

UNSIGNED = "The request does not carry a valid X-Twilio-Signature for this URL."
UNREADABLE = (
    f"The form should be UTF-8, {MOST_FIELDS} fields at most, each {LONGEST_FIELD} characters at most."
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
            # Nor is a whole URL in place of a path, which is for proxies.
            if len(signatures) != 1 or not request.raw_path.startswith("/"):
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
    if "".join(parameters.values()).isprintable():
        return parameters
    return {name: readable(value) for name, value in parameters.items()}


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
