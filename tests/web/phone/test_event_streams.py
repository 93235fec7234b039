"""Streams of events over a socket: they are bounded, they live, and one that is not read is cut off."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from structlog.testing import capture_logs

from bridge.calls.callback import Callback, Kind
from bridge.inbox.store import open_inbox
from bridge.twilio import forms
from tests.support import BOUND, eventually, new_sid, told
from tests.web.conftest import Bridge, OpenBridge
from tests.web.phone.desk import HEADERS, tell
from tests.web.phone.test_events import SECTIONS, page

JANE = "+33639980001"
CALLS = 170
NOTE = "€" * 10_000
"""Of so many calls more than a socket takes unread: 5 MB."""


@asynccontextmanager
async def slow_reader(bridge: Bridge, after: str) -> AsyncIterator[asyncio.StreamReader]:
    """Asks for alice's events, and reads nothing."""
    with socket.socket() as narrow:
        narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        narrow.connect(("127.0.0.1", bridge.client.port or 0))
        reader, writer = await asyncio.open_connection(sock=narrow, limit=1024)
        headers = "".join(f"{name}: {value}\r\n" for name, value in {"Host": "bridge", **HEADERS}.items())
        target = f"/api/events?identity=alice&after={after}"
        writer.write(f"GET {target} HTTP/1.1\r\n{headers}\r\n".encode())
        yield reader
        writer.close()


async def test_a_page_that_does_not_read_is_cut_off_and_holds_up_no_other(
    open_bridge: OpenBridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bridge.web.phone.events.SLOWEST_SECONDS", 1)
    bridge = await open_bridge(**SECTIONS)
    async with page(bridge) as alice:
        assert alice.last
    async with open_inbox(f"sqlite+aiosqlite:///{bridge.database}") as inbox:
        await asyncio.gather(*map(inbox.store, noted_calls(CALLS)))
    with capture_logs() as logs:
        async with page(bridge, "bob") as bob, slow_reader(bridge, alice.last) as reader:
            await tell(bridge, "PUT", "/api/me/availability", "bob", status="away")
            await bob.until(lambda name, _: name == "availability")
            await eventually(lambda: any(line["event"] == "events.broken_off" for line in logs))
            assert len(await read_to_the_end(reader)) < CALLS * len(NOTE.encode())


def noted_calls(number: int) -> Iterator[Callback]:
    """Calls that ring alice, with long notes of hers."""
    said = {"Outcome": "", "Note": NOTE}
    for sid in (new_sid() for _ in range(number)):
        yield told(Kind.STATUS, new_sid(), parent=sid, From=JANE, To="client:alice", CallStatus="ringing")
        version = {"CallSid": sid, "Agent": "alice", "Version": "1"}
        yield forms.callback(Kind.NOTE, "", version, received_at=datetime.now(UTC), answered=said)


async def read_to_the_end(reader: asyncio.StreamReader) -> bytes:
    read = b""
    async with asyncio.timeout(BOUND):
        try:
            while chunk := await reader.read(1 << 16):
                read += chunk
        except ConnectionResetError:
            pass
    return read


async def test_a_page_hears_a_heart_beat_while_nothing_changes(
    open_bridge: OpenBridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bridge.web.phone.events.HEARTBEAT_SECONDS", 0.01)
    bridge = await open_bridge(**SECTIONS)
    async with page(bridge) as opened, asyncio.timeout(BOUND):
        for _ in range(2):
            await opened.response.content.readuntil(b": \n\n")


async def test_pages_of_all_are_bounded_and_one_that_closes_makes_room(
    open_bridge: OpenBridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bridge.web.phone.events.IN_ALL", 2)
    bridge = await open_bridge(**SECTIONS)
    carol: Any = {"params": {"identity": "carol"}, "headers": HEADERS}
    async with page(bridge):
        async with page(bridge, "bob"):
            refused = await bridge.get("/api/events", **carol)
            assert (refused.status, refused.headers["Retry-After"]) == (429, "10")
        async with asyncio.timeout(BOUND):
            while (again := await bridge.client.get("/api/events", **carol)).status == 429:
                again.close()
        again.close()
