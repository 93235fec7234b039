"""Limits of one request, and of all together; deploy/Caddyfile has those that belong in a proxy."""

import asyncio
from functools import lru_cache
from typing import NamedTuple

from aiohttp import hdrs, web
from aiohttp.typedefs import Middleware

from bridge.errors import BodyTooLarge, BodyTooSlow, NotUnderstood, TargetTooLong, TooBusy, WrongContentType
from bridge.network.errors import media_type
from bridge.web.handlers import Handler, route_of
from bridge.web.operation.access_log import STREAMS
from bridge.web.parsing import FORM

LARGEST_BODY = 64 * 1024
LARGEST_VOICE = 256 * 1024
"""Bytes of a voice request, which can carry the results of add-ons."""

LARGEST_TRANSCRIPT = 4 * 1024 * 1024
"""Bytes of the transcript of a recording of some hours."""

LARGEST_RECORD = 8 * 1024 * 1024
"""Bytes of a delivery of Twenty's: a whole record, with the transcript of a call or what users typed."""

BROKEN = "The body broke off, or its chunks are wrong."

TRANSCRIPTS = "/twilio/transcripts"
RECORDS = "/twenty/webhook"
VOICE = ("/voice", "/twiml-handler")
LONGEST_TARGET = 2048

BODY_SECONDS = 10
"""Twilio waits 15 seconds for an answer, so a body that takes longer than this is not Twilio's."""

BODILESS = frozenset({hdrs.METH_GET, hdrs.METH_HEAD})
ALWAYS_ANSWERED = ("/health", "/ready")


def limits(*, concurrent_requests: int, body_seconds: float = BODY_SECONDS) -> Middleware:
    """Reads the body within its limits, then handles at most `concurrent_requests` at once.

    A request counts only once its body has arrived, so slow clients do not use up the limit. Raises
    TargetTooLong, BodyTooLarge, BodyTooSlow, WrongContentType, NotUnderstood and TooBusy.
    """
    in_work = 0

    @web.middleware
    async def limit(request: web.Request, handler: Handler) -> web.StreamResponse:
        nonlocal in_work
        if len(request.raw_path) > LONGEST_TARGET:
            raise TargetTooLong(f"The path with its query is over {LONGEST_TARGET} characters.")
        # No handler uses the body of a GET or HEAD, so it is left unread.
        of_route = _limits_of(route_of(request))
        if request.method not in BODILESS and request.can_read_body:
            request = await _read(request, of_route, body_seconds)
        if of_route.is_stream:
            return await handler(request)
        if in_work >= concurrent_requests and not of_route.is_always_answered:
            raise TooBusy("Too many requests are in work; try again.")
        in_work += 1
        try:
            return await handler(request)
        finally:
            in_work -= 1

    return limit


class _RouteLimits(NamedTuple):
    """Bytes of a form, bytes of another body, and whether its requests count as work."""

    largest_form: int
    largest_other: int
    is_stream: bool
    is_always_answered: bool


@lru_cache(maxsize=256)
def _limits_of(route: str) -> _RouteLimits:
    """Worked out once for each route."""
    form = LARGEST_VOICE if route.endswith(VOICE) else LARGEST_BODY
    large = {TRANSCRIPTS: LARGEST_TRANSCRIPT, RECORDS: LARGEST_RECORD}
    other = next((most for path, most in large.items() if route.endswith(path)), form)
    return _RouteLimits(form, other, route.endswith(STREAMS), route.endswith(ALWAYS_ANSWERED))


async def _read(request: web.Request, of_route: _RouteLimits, seconds: float) -> web.Request:
    """The request with its body, read within the limits and cached for the handler."""
    is_form = of_route.largest_form == of_route.largest_other or media_type(request.headers) == FORM
    most = of_route.largest_form if is_form else of_route.largest_other
    too_large = f"The body is over {most} bytes."
    length = request.content_length
    if length is not None and length > most:
        raise BodyTooLarge(too_large)
    # A small compressed body can decompress to a large one.
    if hdrs.CONTENT_ENCODING in request.headers:
        raise WrongContentType("The body should be sent as it is, without Content-Encoding.")
    if length is None:
        # A length that is announced bounds the body; without one aiohttp does, by a limit of all routes.
        request = request.clone(client_max_size=most)
    try:
        if request.content.is_eof():  # all of it has arrived: reading costs less than a timer
            await request.read()
        elif request.transport is None:
            # aiohttp does not wait where the client was gone before the request was looked at.
            raise NotUnderstood(BROKEN)
        else:
            async with asyncio.timeout(seconds):
                await request.read()
    except TimeoutError as late:
        raise BodyTooSlow(f"The body did not arrive within {seconds} seconds.") from late
    except web.HTTPRequestEntityTooLarge as large:
        raise BodyTooLarge(too_large) from large
    except (web.RequestPayloadError, ConnectionError) as broken:
        raise NotUnderstood(BROKEN) from broken
    return request
