"""Access log: one line per request with its duration, and a request id in all its log lines."""

import secrets
import time
from collections.abc import Callable, Mapping
from itertools import count
from typing import Any

import structlog
from aiohttp import web
from aiohttp.typedefs import Middleware

from bridge.observability import context, metrics
from bridge.observability.logs import REQUEST, LogRequest
from bridge.web.handlers import Handler

log = structlog.get_logger()

ROUTINE = frozenset({"/health", "/ready"})
"""Polled every few seconds by machines; logged at debug level only."""

STREAMS = ("/api/events",)
"""Routes whose answers do not end: they are not timed, and have limits of their own."""

ELSEWHERE = "none"
"""The metric's route for unknown paths, which a client can invent without limit."""

OF_THIS_START = secrets.token_hex(4)
"""Makes request ids unique across starts and replicas."""

_numbers = count(1)


def observing(*, log_request: LogRequest | None, watch: Callable[[web.Request], None]) -> Middleware:
    """The outermost middleware; it adds `request_id` to every line that is logged for the request.

    It calls `log_request` (None: requests are not logged) and `watch` with each request that is not routine.
    """

    @web.middleware
    async def observed(request: web.Request, handler: Handler) -> web.StreamResponse:
        began = time.perf_counter()
        context.bind(request_id=f"{OF_THIS_START}-{next(_numbers)}")
        response = await handler(request)
        seconds = time.perf_counter() - began
        route, status = template(request), response.status
        if not route.endswith(STREAMS):
            metrics.REQUESTS.observe(seconds, route, str(status))
        if route not in ROUTINE:
            watch(request)
        if log_request:
            tell = _routine if route in ROUTINE else log_request
            ms = round(seconds * 1000, 2)
            tell({"method": request.method, "route": route, "status": status, "ms": ms})
        return response

    return observed


def _routine(fields: Mapping[str, Any]) -> None:
    log.debug(REQUEST, **fields)


def template(request: web.Request) -> str:
    """The route with its placeholders, never the path itself, which can contain a phone number."""
    resource = request.match_info.route.resource
    return resource.canonical if resource else ELSEWHERE
