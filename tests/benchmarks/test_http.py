"""The comparison runs, and looks at what it compares."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from benchmarks import http, servers
from benchmarks.equality import Unequal
from benchmarks.http import measure
from benchmarks.load import is_whole
from benchmarks.servers import Server

WHOLE, NOT_YET = True, False


@asynccontextmanager
async def anything_goes() -> AsyncIterator[Server]:
    """A peer that verifies nothing."""
    async with servers.bare_aiohttp() as server:
        yield replace(server, name="express")


async def test_every_server_is_measured_at_every_kind() -> None:
    figures = await measure([], rounds=1, requests=100)
    for kind in ("token", "voice", "status"):
        for server in ("bridge", "bare_aiohttp"):
            found = figures[kind][server]
            assert found.keys() == {"cpu_us", "rps", "p50_ms", "p99_ms"}
            assert all(figure > 0 for figure in found.values())
        assert 0 < figures[kind]["ratio_to_bare_aiohttp"] < 1


async def test_a_peer_that_does_less_is_not_compared() -> None:
    with pytest.raises(Unequal, match="express"):
        await measure([anything_goes], rounds=1, requests=1)


def test_a_ratio_is_of_requests_for_the_same_cpu_time() -> None:
    figures = {"bridge": {"cpu_us": 50.0}, "express": {"cpu_us": 300.0}, "bare_aiohttp": {"cpu_us": 40.0}}
    assert http.ratios(figures) == {"ratio_to_express": 6.0, "ratio_to_bare_aiohttp": 0.8}


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (b"", NOT_YET),
        (b"HTTP/1.1 204 No Content\r\nDate: now\r\n", NOT_YET),
        (b"HTTP/1.1 204 No Content\r\nDate: now\r\n\r\n", WHOLE),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", NOT_YET),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no", NOT_YET),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", WHOLE),
        (b"HTTP/1.1 200 OK\r\ncontent-length:2\r\n\r\nok", WHOLE),
    ],
)
def test_the_end_of_an_answer_is_seen(answer: bytes, expected: bool) -> None:
    assert is_whole(answer) is expected
