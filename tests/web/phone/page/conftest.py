"""The page's own modules, in a browser, without the page."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

import bridge
from tests.browser import CALLS, Page, browsing

STATIC = Path(bridge.__file__).parent / "web" / "phone" / "static"


@pytest.fixture
async def modules(tmp_path: Path) -> AsyncIterator[Page]:
    """An empty page whose `load(path)` imports one of them."""

    async def empty(_: web.Request) -> web.Response:
        return web.Response(text="<!doctype html><title>Modules</title>", content_type="text/html")

    app = web.Application()
    app.add_routes([web.get("/", empty), web.static("/", STATIC)])
    async with (
        TestServer(app) as server,
        browsing(str(server.make_url("/")), tmp_path / "chromium", *CALLS) as page,
    ):
        yield page
        assert page.said == []
