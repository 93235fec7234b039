"""Why a server did not answer: of real connections that fail."""

import asyncio
import socket
import ssl
from datetime import UTC, datetime

import aiohttp
import pytest

from bridge.errors import TwentyUnavailable
from bridge.network.errors import seconds_of, why
from bridge.settings import TwentySettings
from bridge.twenty.client.client import open_client
from tests.doctor.conftest import CERTIFICATES, Proxy, listening


async def hangs_up(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()
    await writer.wait_closed()


async def reason(url: str, *, within: float = 60, trusts: str | None = None) -> str:
    timeout = aiohttp.ClientTimeout(total=within)
    trust = ssl.create_default_context(cafile=str(CERTIFICATES / f"{trusts}.pem")) if trusts else True
    async with aiohttp.ClientSession(timeout=timeout) as session:
        with pytest.raises((aiohttp.ClientError, OSError, TimeoutError)) as failed:
            await session.get(url, ssl=trust)
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


@pytest.mark.parametrize(
    ("certificate", "told"),
    [
        ("expired", "its certificate has expired"),
        (
            "other",
            "its certificate is for another name (IP address mismatch, certificate is not valid for '1",
        ),
    ],
)
async def test_a_certificate_that_does_not_hold(certificate: str, told: str) -> None:
    async with listening(Proxy(), certificate) as url:
        assert (await reason(url, trusts=certificate)).startswith(told)


@pytest.mark.parametrize(
    ("answer", "scheme", "told"),
    [
        (
            b"HTTP/1.1 400 Bad Request\r\n\r\n",
            "https",
            "it does not speak TLS: its address begins with http:",
        ),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "https", "it does not speak TLS: its address begins with http:"),
        (b"\x15\x03\x03\x00\x02\x02\x46", "http", "it speaks TLS alone: its address begins with https:"),
    ],
)
async def test_an_address_of_the_other_scheme(answer: bytes, scheme: str, told: str) -> None:
    async def answers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(answer)
        await hangs_up(reader, writer)

    async with await asyncio.start_server(answers, "127.0.0.1", 0) as server:
        url = f"{scheme}://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        assert (await reason(url)).startswith(told)


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
