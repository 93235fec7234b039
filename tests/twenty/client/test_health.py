"""What answers at the address of Twenty: Twenty, an unhealthy one, or another program's page."""

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bridge.errors import TwentyUnavailable
from bridge.twenty.client.client import check_health

PAGE = "<h1>Welcome to nginx!</h1>"


@pytest.mark.parametrize(
    ("status", "kind", "said"),
    [
        (200, "text/html", "answers with a page: it is not the address of Twenty itself"),
        # What a proxy answers while Twenty is down.
        (502, "text/html", "answers 502: this is not Twenty, or it is unhealthy"),
        (404, "text/html", "answers 404: this is not Twenty, or it is unhealthy"),
        (503, "application/json", "answers 503: this is not Twenty, or it is unhealthy"),
        (200, "application/json", None),
    ],
)
async def test_an_answer_tells_what_is_there(status: int, kind: str, said: str | None) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=status, text=PAGE, content_type=kind)

    app = web.Application()
    app.router.add_get("/healthz", answer)
    async with TestServer(app) as server, aiohttp.ClientSession() as session:
        address = str(server.make_url("")).rstrip("/")
        if said is None:
            assert await check_health(session, address) == server.make_url("/healthz")
        else:
            with pytest.raises(TwentyUnavailable, match=said):
                await check_health(session, address)
