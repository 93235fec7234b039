"""Access log: each request's duration, one line, and a request id that its other lines share."""

import secrets
import time
from collections.abc import Callable
from itertools import count

import structlog
from aiohttp import web
from aiohttp.typedefs import Middleware

from bridge.observability import metrics
from bridge.web.handlers import Handler

log = structlog.get_logger()

ROUTINE = frozenset({"/health", "/ready"})
"""Polled every few seconds by machines; logged at debug level only."""

STREAMS = ("/api/events",)
"""Routes whose answers do not end: their duration says nothing, and they have bounds of their own."""

ELSEWHERE = "none"
"""The route of requests that have none: a stranger can make up any path."""

OF_THIS_START = secrets.token_hex(4)
"""Makes request ids unique across starts and replicas."""

_numbers = count(1)


def observing(*, log_requests: bool, watch: Callable[[web.Request], None]) -> Middleware:
    """The outermost middleware. `request_id` is in every line that is logged on the request's way.

    `watch` is shown each request that is not routine.
    """

    @web.middleware
    async def observed(request: web.Request, handler: Handler) -> web.StreamResponse:
        began = time.perf_counter()
        structlog.contextvars.bind_contextvars(request_id=f"{OF_THIS_START}-{next(_numbers)}")
        response = await handler(request)
        seconds = time.perf_counter() - began
        route, status = template(request), response.status
        if not route.endswith(STREAMS):
            metrics.REQUESTS.observe(seconds, route, str(status))
        if route not in ROUTINE:
            watch(request)
        if log_requests:
            tell = log.debug if route in ROUTINE else log.info
            tell("request", method=request.method, route=route, status=status, ms=round(seconds * 1000, 2))
        return response

    return observed


def template(request: web.Request) -> str:
    """The route without what is variable in it, which may be a number; never the path itself."""
    resource = request.match_info.route.resource
    return resource.canonical if resource else ELSEWHERE
