"""Why a server did not answer: of real connections that fail."""

import asyncio
import socket
from datetime import UTC, datetime

import aiohttp
import pytest

from bridge.errors import TwentyUnavailable
from bridge.network.errors import seconds_of, why
from bridge.settings import TwentySettings
from bridge.twenty.client.client import open_client
from tests.doctor.conftest import Proxy, listening


async def hangs_up(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()
    await writer.wait_closed()


async def reason(url: str, *, within: float = 60) -> str:
    timeout = aiohttp.ClientTimeout(total=within)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        with pytest.raises((aiohttp.ClientError, OSError, TimeoutError)) as failed:
            await session.get(url)
    return why(failed.value)


async def test_a_port_that_nobody_listens_at() -> None:
    assert await reason("http://127.0.0.1:1/secret") == "Connection refused"


async def test_a_name_that_leads_nowhere() -> None:
    told = await reason("http://nosuch.invalid/secret")
    assert "name" in told.lower()
    assert "secret" not in told


async def test_a_server_that_hangs_up() -> None:
    async with await asyncio.start_server(hangs_up, "127.0.0.1", 0) as server:
        told = await reason(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    assert told in {"the connection was closed without an answer", "Connection reset by peer"}


async def test_a_server_that_says_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert await reason(f"http://127.0.0.1:{silent.getsockname()[1]}", within=0.1) == "no answer in time"


async def test_a_certificate_that_nobody_signed() -> None:
    async with listening(Proxy()) as url:
        assert (await reason(url)).startswith("its certificate is not trusted (self")


async def test_what_the_library_for_graphql_wraps() -> None:
    settings = TwentySettings.model_validate({"api_url": "http://127.0.0.1:1", "api_token": "secret"})
    async with open_client(settings) as client:
        with pytest.raises(
            TwentyUnavailable,
            match=r"^WorkspaceMembers: Twenty at http://127\.0\.0\.1:1 cannot be reached: ",
        ):
            await client.execute("WorkspaceMembers")


def test_what_nobody_expected_has_its_name_alone() -> None:
    assert why(aiohttp.InvalidURL("https://secret@example.com")) == "InvalidURL"


NOW = datetime(2026, 11, 22, 10, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("\u0661", None),
        ("0", 0),
        (" 120 ", 120),
        ("9" * 5000, 999_999_999),
        ("Sun, 22 Nov 2026 10:00:30 GMT", 30),
        ("Sun, 22 Nov 2026 10:00:30 -0000", 30),
        ("Sun, 22 Nov 2026 09:00:00 GMT", 0),
        ("Sun, 99 Nov 2026 10:00:30 GMT", None),
        ("Mon, 1 Jan 99999999999999 00:00:00 +0000", None),
        ("1 Jan 2026 00:00:00 +99999999999999", None),
    ],
)
def test_how_long_a_retry_after_says(header: str | None, seconds: float | None) -> None:
    assert seconds_of(header, now=NOW) == seconds
