"""Problem bodies for errors that aiohttp answers before the application: no banner, page or traceback."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import cached_property
from typing import Any

import structlog
from aiohttp import hdrs, web

from bridge.web.operation.problems import in_our_words, problem
from bridge.web.operation.security_headers import add_headers

KEPT_ALIVE_SECONDS = 75
"""Seconds; longer than a proxy keeps idle connections. It also bounds how long a request's head can take."""

LINGERING_SECONDS = 2
"""How long a refused client can go on sending, so that it can read the answer."""

OPTIONS: dict[str, Any] = {
    # The middleware logs each request; aiohttp's own access log halves the throughput.
    "access_log": None,
    "keepalive_timeout": KEPT_ALIVE_SECONDS,
    "lingering_time": LINGERING_SECONDS,
    "auto_decompress": False,
}
"""Of every connection."""

Answers = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]

log = structlog.get_logger()


class Runner(web.AppRunner):
    """Runs the application with the protocol of this module."""

    def __init__(self, app: web.Application, *, shutdown_timeout: float, **more: Any) -> None:
        super().__init__(app, shutdown_timeout=shutdown_timeout, **OPTIONS, **more)

    @property
    def server(self) -> web.Server | None:
        """The server, which sites call for the protocol of each connection; None before `setup`."""
        return self._ours if super().server else None

    @cached_property
    def _ours(self) -> web.Server:
        made = super().server
        if made is None:
            raise RuntimeError("the runner was not set up")
        return _Server(made)


class _Server(web.Server):
    """Makes the protocols of connections; aiohttp's own server ends them at a shutdown."""

    def __init__(self, made: web.Server) -> None:
        super().__init__(made.request_handler)
        self._made = made
        made.request_handler = _caught(made.request_handler)

    def __call__(self) -> web.RequestHandler:
        return _Protocol(self._made, loop=asyncio.get_running_loop(), **OPTIONS)


class _Protocol(web.RequestHandler):
    __slots__ = ()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Logs invalid HTTP without a traceback and without `message`, which quotes the request."""
        if status == 500:
            log.error("request.failed", exc_info=exc)
            detail = "Internal error; the log has it."
        else:
            log.info("request.unreadable", reason=type(exc).__name__)
            detail = "The request is not valid HTTP, or its head is too long."
        if request.writer.output_size > 0:
            raise ConnectionError("an answer was begun already")
        answer = _Unasked(problem(status, detail))
        answer.force_close()
        return answer

    def log_exception(self, *args: Any, **kw: Any) -> None:
        """Says in a line that a request was answered in the moment in which a stop had waited enough for it.

        aiohttp then tells a future that it has cancelled itself: https://github.com/Tribler/tribler/issues/8156.
        """
        if isinstance(kw.get("exc_info"), asyncio.InvalidStateError):
            log.info("request.ended_late", reason="as it was answered, the time of the stop was over")
        else:
            super().log_exception(*args, **kw)


class _Unasked(web.Response):
    """A problem that is answered outside of any route.

    aiohttp sends no signal for it and names itself in `Server`; only this private method runs after that.
    """

    def __init__(self, said: web.Response) -> None:
        super().__init__(body=said.body, status=said.status, headers=said.headers)

    async def _prepare_headers(self) -> None:
        await super()._prepare_headers()
        add_headers(self)


def _caught(handle: Answers) -> Answers:
    """Answers an unknown `Expect`, which aiohttp refuses before any middleware, with a problem body."""

    async def handler(request: web.BaseRequest) -> web.StreamResponse:
        if not request.headers.get(hdrs.EXPECT, "").isascii():
            # aiohttp's refusal quotes it, and fails to encode bytes that are not UTF-8.
            return _Unasked(in_our_words(web.HTTPExpectationFailed()))
        try:
            return await handle(request)
        except web.HTTPException as answer:
            return in_our_words(answer)

    return handler
