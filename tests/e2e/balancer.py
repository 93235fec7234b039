"""A reverse proxy as nginx is by default: next upstream where one cannot be reached, never a POST twice."""

from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from itertools import count

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer

Upstreams = Callable[[], Sequence[str]]
HOP = {"connection", "transfer-encoding", "content-length", "keep-alive"}


@asynccontextmanager
async def balancer(upstreams: Upstreams) -> AsyncIterator[tuple[str, Counter[str]]]:
    """Its URL, and how often each upstream answered; round about, over connections that are kept."""
    turns, answered = count(), Counter[str]()

    async with aiohttp.ClientSession(auto_decompress=False) as session:

        async def pass_on(request: web.Request) -> web.Response:
            body = await request.read()
            urls = list(upstreams())
            first = next(turns) % len(urls)
            for url in urls[first:] + urls[:first]:
                headers = {k: v for k, v in request.headers.items() if k.lower() not in HOP | {"host"}}
                try:
                    async with session.request(
                        request.method, url + request.path_qs, data=body, headers=headers
                    ) as answer:
                        answered[url] += 1
                        return web.Response(status=answer.status, body=await answer.read())
                except aiohttp.ClientConnectorError:
                    continue
                except aiohttp.ClientError as broken:
                    return web.Response(status=502, text=repr(broken))
            return web.Response(status=502, text="no upstream")

        app = web.Application()
        app.router.add_route("*", "/{path:.*}", pass_on)
        async with TestServer(app) as server:
            yield str(server.make_url("")).rstrip("/"), answered
