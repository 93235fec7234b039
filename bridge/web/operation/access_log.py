"""Access log: one line per request with its duration, and a request id in all its log lines.

Errors become answers here, so that they are logged and counted as any other answer.
"""

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
from bridge.web.handlers import Handler, route_of
from bridge.web.operation.problems import answer_to

log = structlog.get_logger()

ROUTINE = frozenset({"/health", "/ready"})
"""Polled every few seconds by machines; logged at debug level only."""

STREAMS = ("/api/events",)
"""Routes whose answers do not end: they are not timed, and have limits of their own."""

OF_THIS_START = secrets.token_hex(4)
"""Makes request ids unique across starts and replicas."""

_numbers = count(1)


def observing(
    *, log_request: LogRequest | None = None, watch: Callable[[web.Request], None] | None = None
) -> Middleware:
    """The outermost middleware; it adds `request_id` to every line that is logged for the request.

    It calls `log_request` (None: requests are not logged) and `watch` with each request that is not routine.
    """

    @web.middleware
    async def observed(request: web.Request, handler: Handler) -> web.StreamResponse:
        began, route = time.perf_counter(), route_of(request)
        context.bind(request_id=f"{OF_THIS_START}-{next(_numbers)}")
        try:
            response = await handler(request)
        except Exception as error:
            response = answer_to(error, route)
        seconds = time.perf_counter() - began
        if not route.endswith(STREAMS):
            metrics.REQUESTS.observe(seconds, route, str(response.status))
        is_routine = route in ROUTINE
        if watch and not is_routine:
            watch(request)
        if log_request:
            tell = _routine if is_routine else log_request
            ms = round(seconds * 1000, 2)
            tell({"method": request.method, "route": route, "status": response.status, "ms": ms})
        return response

    return observed


def _routine(fields: Mapping[str, Any]) -> None:
    log.debug(REQUEST, **fields)
