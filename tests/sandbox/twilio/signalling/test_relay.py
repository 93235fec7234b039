"""What reaches one port leaves by the other, and what the weather does to it."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.sandbox.twilio.signalling.relay import Relay, Weather
from bridge.sandbox.twilio.signalling.sdp import (
    BadDescription,
    check,
    fingerprint,
    silent_answer,
    silent_offer,
    through,
)
from tests.sandbox.twilio.signalling.support import eventually
from tests.support import BOUND

STUN, DTLS, SOUND = b"\x00\x01stun", b"\x16dtls", b"\x80sound"


@contextmanager
def party(port: int) -> Iterator[socket.socket]:
    """A device that talks to a port."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as device:
        device.connect(("127.0.0.1", port))
        device.setblocking(False)
        yield device


@pytest.fixture
def weather() -> Weather:
    return Weather()


@pytest.fixture
async def relay(weather: Weather) -> AsyncIterator[Relay]:
    relay = await Relay.open(weather)
    yield relay
    relay.close()


async def heard(device: socket.socket) -> bytes:
    async with asyncio.timeout(BOUND):
        return await asyncio.get_running_loop().sock_recv(device, 2000)


async def introduced(relay: Relay, caller: socket.socket, callee: socket.socket) -> None:
    """Both have been heard once."""
    for device, port in ((caller, relay.caller), (callee, relay.callee)):
        before = port.packets
        device.send(STUN)
        await eventually(lambda port=port, before=before: port.packets > before)
    await heard(caller)  # what the callee sent; the caller's first went before the callee was known


async def test_it_passes_both_ways(relay: Relay) -> None:
    with party(relay.caller.number) as caller, party(relay.callee.number) as callee:
        await introduced(relay, caller, callee)
        for packet in (STUN, DTLS, SOUND):
            caller.send(packet)
            assert await heard(callee) == packet
            callee.send(packet)
            assert await heard(caller) == packet


async def test_only_sound_is_dropped(relay: Relay, weather: Weather) -> None:
    with party(relay.caller.number) as caller, party(relay.callee.number) as callee:
        await introduced(relay, caller, callee)
        weather.drop = 1.0
        for packet in (SOUND, DTLS, SOUND, STUN):
            caller.send(packet)
        assert [await heard(callee), await heard(callee)] == [DTLS, STUN]
        weather.drop, weather.cut = 0.0, True
        caller.send(STUN)
        await eventually(lambda: relay.caller.packets == 6)
        weather.cut = False
        caller.send(SOUND)
        assert await heard(callee) == SOUND


async def test_sound_is_late(relay: Relay, weather: Weather) -> None:
    loop = asyncio.get_running_loop()
    with party(relay.caller.number) as caller, party(relay.callee.number) as callee:
        await introduced(relay, caller, callee)
        weather.delay = 0.05
        began = loop.time()
        caller.send(SOUND)
        await heard(callee)
        assert loop.time() - began >= 0.045
        weather.delay, weather.jitter = 0.0, 0.05
        for number in range(30):
            caller.send(SOUND + bytes([number]))
        came = [(await heard(callee))[-1] for _ in range(30)]
        assert sorted(came) == list(range(30)) != came


def test_descriptions_through_the_relay() -> None:
    offer = (
        silent_offer() + "a=rtpmap:126 telephone-event/8000\r\na=fmtp:126 0-15\r\na=candidate:9 far away\r\n"
    )
    offer = offer.replace("SAVPF 111 0", "SAVPF 111 0 126")
    passed = through(offer, 4321)
    assert "m=audio 4321 UDP/TLS/RTP/SAVPF 111 0\r\n" in passed
    assert ":126 " not in passed
    assert [line for line in passed.split("\r\n") if "candidate" in line] == [
        "a=candidate:1 1 udp 2130706431 127.0.0.1 4321 typ host"
    ]
    assert fingerprint(passed) == fingerprint(offer) != fingerprint(silent_answer(offer))
    assert check(passed) == passed
    assert check(silent_answer(passed.replace("\r\n", "\n")))


@given(st.text(alphabet="vm=audio 09:\r\nrtpf/-ice fingr", max_size=200) | st.text())
def test_a_description_is_refused_or_can_be_answered(text: str) -> None:
    for sdp in (text, silent_offer() + text, text + silent_offer()):
        try:
            check(sdp)
        except BadDescription:
            continue
        check(silent_answer(sdp))
        check(through(sdp, 1))
