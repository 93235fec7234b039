"""What one request may take, and all together."""

import asyncio
import gzip
import sqlite3
from contextlib import closing
from typing import Any
from urllib.parse import urlencode

import pytest
from aiohttp import StreamReader, hdrs, web
from aiohttp.test_utils import make_mocked_request

from bridge.errors import NotUnderstood
from bridge.web.operation.limits import limits
from bridge.wiring.application import Bounds
from tests.web.conftest import FORM, KEY, Bridge, OpenBridge, payload

IMPATIENT = Bounds(body_seconds=1)
STATUS = payload("browser-out-5-status-completed")
HEAD = b"POST /twilio/status HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"


class Gone(web.RequestHandler):
    """The connection of a client that is gone."""

    writer: Any = None


async def test_requests_beyond_the_limit_are_told_to_come_again(open_bridge: OpenBridge) -> None:
    bridge = await open_bridge(server={"concurrent_requests": 1})
    with closing(sqlite3.connect(bridge.database, isolation_level=None)) as connection:
        connection.execute("begin immediate")
        first = asyncio.create_task(bridge.twilio("/twilio/status", STATUS))
        while (refused := await bridge.get("/capabilities")).status == 200:
            pass
        assert (refused.status, refused.headers["Retry-After"]) == (503, "1")
        assert (await bridge.get("/health")).status == 200
        connection.execute("rollback")
    assert (await first).status == 204
    assert (await bridge.get("/capabilities")).status == 200


async def test_who_sends_slowly_keeps_nobody_out(open_bridge: OpenBridge) -> None:
    bridge = await open_bridge(bounds=IMPATIENT, server={"concurrent_requests": 1})
    slow = asyncio.create_task(bridge.raw(HEAD + b"Content-Length: 10\r\n\r\nCall"))
    assert (await bridge.get("/capabilities")).status == 200
    answer = await slow
    assert (answer.status, answer.headers["Connection"]) == (408, "close")
    assert answer.json["detail"] == "The body did not arrive within 1 seconds."


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        # The length alone is enough: nothing of the body has to come.
        (HEAD + b"Content-Length: 65537\r\n\r\n", 413),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + b"FFFF\r\n" + b"x" * 65535 + b"\r\n2\r\nxx\r\n", 413),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", 408),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n4\r\nCall\r\nZZ\r\n", 400),
    ],
)
async def test_a_body_is_read_within_bounds(open_bridge: OpenBridge, sent: bytes, status: int) -> None:
    bridge = await open_bridge(bounds=IMPATIENT)
    assert (await bridge.raw(sent)).status == status


async def test_a_head_is_answered_before_its_body(bridge: Bridge) -> None:
    """As a GET is; no handler uses either's."""
    reader, writer = await asyncio.open_connection("127.0.0.1", bridge.client.port)
    with closing(writer):
        writer.write(b"HEAD /recordings/x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        assert await reader.readline() == b"HTTP/1.1 404 Not Found\r\n"


async def test_a_client_that_went_before_its_request_was_looked_at_is_no_internal_error() -> None:
    async def handler(_: web.BaseRequest) -> web.StreamResponse:
        raise AssertionError("its body is not there")

    connection = Gone(web.Server(handler), loop=asyncio.get_running_loop())
    body = StreamReader(connection, 2**16, loop=asyncio.get_running_loop())
    body.feed_data(b"Call")
    gone = make_mocked_request("POST", "/", {hdrs.CONTENT_LENGTH: "10"}, protocol=connection, payload=body)
    connection.transport = None

    with pytest.raises(NotUnderstood, match="broke off"):
        await limits(concurrent_requests=1)(gone, handler)


@pytest.mark.parametrize(("length", "status"), [(2048, 200), (2049, 414)])
async def test_a_path_is_no_longer_than_it_may_be(bridge: Bridge, length: int, status: int) -> None:
    path = "/health?"
    answer = await bridge.get(path + "a" * (length - len(path)))
    assert answer.status == status


async def test_a_small_body_that_is_a_large_one_inside_is_not_unpacked(bridge: Bridge) -> None:
    bomb = gzip.compress(urlencode({"a": "x" * 50_000_000}).encode(), compresslevel=1)[:60_000]
    answer = await bridge.post("/twilio/status", data=bomb, headers={**FORM, "Content-Encoding": "gzip"})
    assert answer.status == 415


async def test_a_token_is_given_in_time_too(open_bridge: OpenBridge) -> None:
    bridge = await open_bridge(bounds=IMPATIENT, agents={"names": ("alice",)})
    body = b'{"identity": "alice"}'
    head = (
        f"POST /token HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {KEY}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode()
    assert (await bridge.raw(head + body)).status == 200
    assert (await bridge.raw(head + body[:-1])).status == 408
