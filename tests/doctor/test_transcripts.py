"""Doctor about the server that transcribes."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from sqlalchemy import insert

from bridge.doctor.checks import Status, Verdict
from bridge.doctor.transcripts import checks
from bridge.inbox.store import open_inbox
from bridge.inbox.tables import summaries
from tests.databases import begin
from tests.support import TEN
from tests.web.conftest import settings_with

Serve = Callable[..., Any]


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as opened:
        yield opened


async def endless(request: web.Request) -> web.StreamResponse:
    answer = web.StreamResponse()
    await answer.prepare(request)
    # The server ends this once the other side has left.
    while True:
        await answer.write(b"[" * 65536)


async def verdict(session: aiohttp.ClientSession, tmp_path: Any, **transcripts: Any) -> Verdict:
    sections = {
        "transcripts": transcripts,
        "lines": {"default": {"recording": {"inbound": True, "announcement": True}}},
    }
    check, *_ = checks(settings_with(sections, tmp_path / "bridge.db"), session)
    return await check.examine()


async def test_without_an_engine_voicemails_go_the_old_way(session: Any, tmp_path: Any) -> None:
    found = await verdict(session, tmp_path)
    assert (found.status, "the old way" in found.reason) == (Status.OK, True)


@pytest.mark.parametrize(
    ("status", "body", "expected", "said"),
    [
        (200, '{"data": [{"id": "m"}, 7]}', Status.OK, "transcribed by m"),
        (200, '{"data": [{"id": "other"}]}', Status.WARNING, "lists no model m"),
        (404, "none", Status.OK, "transcribed by m"),
        (200, "[" * 9999, Status.OK, "transcribed by m"),
        (200, "endless", Status.OK, "transcribed by m"),
        (401, "", Status.ERROR, "refuses the key"),
        (500, "", Status.ERROR, "answers 500"),
    ],
)
async def test_the_server(
    session: Any, tmp_path: Any, aiohttp_server: Serve, status: int, body: str, expected: Status, said: str
) -> None:
    async def models(request: web.Request) -> web.StreamResponse:
        assert request.headers["Authorization"] == "Bearer an invented key"
        return await endless(request) if body == "endless" else web.Response(status=status, text=body)

    app = web.Application()
    app.router.add_get("/v1/models", models)
    server = await aiohttp_server(app)
    url = str(server.make_url("/v1"))
    found = await verdict(session, tmp_path, engine="openai", url=url, model="m", api_key="an invented key")
    assert (found.status, said in found.reason) == (expected, True)


async def test_a_server_that_is_not_there(session: Any, tmp_path: Any, unused_tcp_port: int) -> None:
    found = await verdict(session, tmp_path, engine="openai", url=f"http://127.0.0.1:{unused_tcp_port}/v1")
    assert (found.status, "Connection refused" in found.reason) == (Status.ERROR, True)


async def test_the_model_that_summarises_and_what_is_parked(
    session: Any, tmp_path: Any, aiohttp_server: Serve
) -> None:
    async def models(_: web.Request) -> web.Response:
        return web.json_response({"data": [{"id": "qwen3:latest"}]})

    app = web.Application()
    app.router.add_get("/v1/models", models)
    server = await aiohttp_server(app)
    database = begin(tmp_path / "bridge.db")
    given = {"summaries": {"url": str(server.make_url("/v1")), "model": "qwen3"}}
    _, model, parked = checks(settings_with(given, database), session)
    assert (model.name, parked.name) == ("summaries", "transcripts.parked")
    found = await model.examine()
    assert (found.status, "summarised by qwen3" in found.reason) == (Status.OK, True)
    assert (await parked.examine()).status is Status.OK
    row = {"root_sid": "CA1", "due_at": TEN, "changed_at": TEN, "state": "failed"}
    async with open_inbox(f"sqlite+aiosqlite:///{database}") as inbox:
        await inbox.change(insert(summaries).values(**row))
    found = await parked.examine()
    assert (found.status, "1 calls no summary" in found.reason) == (Status.WARNING, True)
    assert "calls retry --parked" in found.fix
