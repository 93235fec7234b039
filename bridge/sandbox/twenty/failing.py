"""The middleware that fails on purpose, and the route that says how."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict

from aiohttp import web
from aiohttp.typedefs import Middleware

from bridge.sandbox.twenty.faults import Faults

CONTROL_PATH = "/sandbox/faults"

ARRIVED = web.RequestKey("arrived", float)
"""When a request came that is carried out late, in the request itself: Twenty counts it then."""

WRITES = b'"mutation'
"""What the text of an operation begins with that writes."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def middleware(faults: Faults) -> Middleware:
    """Do to each request but those of the control route what the switches say."""

    under_way: set[asyncio.Task[None]] = set()

    @web.middleware
    async def fail(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path == CONTROL_PATH:
            return await handler(request)
        if faults.slow_seconds:
            await faults.wait(faults.slow_seconds)
        if faults.down:
            _abort(request)
            return web.Response()
        if faults.status is not None:
            return web.Response(status=faults.status, text="The sandbox fails on purpose.")
        if faults.garbage is not None:
            return web.Response(text=faults.garbage, content_type="application/json")
        if seconds := await _late_seconds(faults, request):
            # aiohttp reads a body once and then knows it, also when the connection is gone.
            await request.read()
            request[ARRIVED] = time.time()
            late = asyncio.create_task(_late(handler, request, faults.wait(seconds)))
            under_way.add(late)
            late.add_done_callback(under_way.discard)
            _abort(request)
            return web.Response()
        answer = await handler(request)
        return await _cut(request, answer) if faults.cut else answer

    return fail


async def _late_seconds(faults: Faults, request: web.Request) -> float:
    if faults.late_writes_seconds and WRITES in await request.read():
        return faults.late_writes_seconds
    return faults.late_seconds


async def _late(handler: Handler, request: web.Request, waits: Awaitable[None]) -> None:
    await waits
    await handler(request)


def _abort(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()


async def _cut(request: web.Request, answer: web.StreamResponse) -> web.StreamResponse:
    """Send the first half of the answer, then drop the connection."""
    body = answer.body if isinstance(answer, web.Response) else b""
    content = body if isinstance(body, bytes) else b""
    half = web.StreamResponse(status=answer.status, headers={"Content-Type": answer.content_type})
    half.content_length = len(content)
    await half.prepare(request)
    await half.write(content[: len(content) // 2])
    _abort(request)
    return half


def control(faults: Faults) -> list[web.RouteDef]:
    """`GET` shows the switches, `POST` with a JSON object sets some, `DELETE` clears all."""

    async def show(_: web.Request) -> web.Response:
        return web.json_response(asdict(faults))

    async def change(request: web.Request) -> web.Response:
        try:
            faults.set(**await request.json())
        except TypeError as error:
            return web.json_response({"error": str(error)}, status=400)
        return web.json_response(asdict(faults))

    async def clear(_: web.Request) -> web.Response:
        faults.clear()
        return web.json_response(asdict(faults))

    return [
        web.get(CONTROL_PATH, show),
        web.post(CONTROL_PATH, change),
        web.delete(CONTROL_PATH, clear),
    ]
