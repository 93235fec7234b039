"""Sound between two devices: what reaches one UDP port leaves by the other, unread.

ICE, DTLS and SRTP run from end to end; the relay tells them apart by the first byte (RFC 7983), so that
`Weather` spoils the sound alone.
"""

import asyncio
import random
from dataclasses import dataclass, field
from typing import Self, cast

from bridge.sandbox.twilio.signalling.sdp import LOOPBACK

_SOUND = range(128, 192)


@dataclass(slots=True)
class Weather:
    """What happens to the sound on its way; times in seconds. `cut` lets nothing pass at all."""

    drop: float = 0.0
    delay: float = 0.0
    jitter: float = 0.0
    cut: bool = False
    seed: int = 0
    _random: random.Random = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """All that is drawn is drawn from the seed."""
        self._random = random.Random(self.seed)

    def passes(self, packet: bytes) -> bool:
        """Whether a packet arrives."""
        return not self.cut and not (_is_sound(packet) and self._random.random() < self.drop)

    def late_by(self, packet: bytes) -> float:
        """How long a packet takes."""
        return self.delay + (self.jitter * self._random.random() if _is_sound(packet) else 0)


def _is_sound(packet: bytes) -> bool:
    return bool(packet) and packet[0] in _SOUND


class Port(asyncio.DatagramProtocol):
    """One side: the device that is reached there is the one that was heard there last."""

    def __init__(self, weather: Weather) -> None:
        self.packets = 0
        self.other: Port | None = None
        self._weather = weather
        self._device: tuple[str, int] | None = None
        self._transport: asyncio.DatagramTransport

    @property
    def number(self) -> int:
        """The number of the port."""
        return int(self._transport.get_extra_info("sockname")[1])

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It is open."""
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Passes a packet on, as the weather has it."""
        self.packets += 1
        self._device = addr
        if self.other is None or not self._weather.passes(data):
            return
        late_by = self._weather.late_by(data)
        if late_by:
            asyncio.get_running_loop().call_later(late_by, self.other.send, data)
        else:
            self.other.send(data)

    def error_received(self, exc: Exception) -> None:
        """A device that is gone is no error: its call ends by the signalling."""

    def send(self, data: bytes) -> None:
        """Sends to the device of this side, if one was heard."""
        if self._device is not None and not self._transport.is_closing():
            self._transport.sendto(data, self._device)

    def close(self) -> None:
        """Nothing passes any more."""
        self._transport.close()


@dataclass(frozen=True, slots=True)
class Relay:
    """Two ports: the caller is reached at `caller`, which is the one that the callee is told."""

    caller: Port
    callee: Port

    @classmethod
    async def open(cls, weather: Weather) -> Self:
        """Takes two free ports."""
        ports = [await _open(weather) for _ in range(2)]
        ports[0].other, ports[1].other = ports[1], ports[0]
        return cls(*ports)

    def close(self) -> None:
        """Nothing passes any more."""
        self.caller.close()
        self.callee.close()


async def _open(weather: Weather) -> Port:
    loop = asyncio.get_running_loop()
    _, port = await loop.create_datagram_endpoint(lambda: Port(weather), local_addr=(LOOPBACK, 0))
    return port
