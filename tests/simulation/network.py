"""The network of a simulation: connections in memory, with latency, partitions and losses from a seed."""

import asyncio
import errno
import socket
from collections import deque
from collections.abc import Callable, Iterator
from contextvars import Context
from dataclasses import dataclass
from random import Random
from typing import Any

from tests.simulation.loop import Process, SimulatedLoop, current

RETRANSMIT_SECONDS = 0.2
"""How often a partitioned path is tried again."""

Address = tuple[str, int]
Message = bytes | None | ConnectionError
"""Data, the end of data, or a reset."""


class ListeningSocket:
    """What `socket.create_server` gives; the bridge binds its port by that."""

    family = socket.AF_INET

    def __init__(self, address: Address) -> None:
        self._address = address

    def getsockname(self) -> Address:
        """Host and port."""
        return self._address

    def dup(self) -> "ListeningSocket":
        """The same port."""
        return self

    def setblocking(self, _flag: bool) -> None:
        """It never blocks."""

    def accept(self) -> Any:
        """Connections never wait in a queue of the system's."""
        raise BlockingIOError

    def close(self) -> None:
        """The loop's server is what listens."""


class Server(asyncio.AbstractServer):
    """A listening port of a process."""

    def __init__(self, network: "Network", address: Address, factory: Callable[[], Any]) -> None:
        self._network = network
        self.address, self.factory = address, factory
        self.process = current()
        self.sockets = (ListeningSocket(address),)

    def close(self) -> None:
        self._network.listeners.pop(self.address, None)

    async def wait_closed(self) -> None:
        """It is closed at once."""

    def get_loop(self) -> asyncio.AbstractEventLoop:
        return self._network.loop

    async def start_serving(self) -> None:
        """It serves from the first."""

    async def serve_forever(self) -> None:
        await self._network.loop.create_future()

    def is_serving(self) -> bool:
        return self._network.listeners.get(self.address) is self


@dataclass
class Tampering:
    """What happens to the next message from one process to another: `lost` or `half`, then a reset."""

    sender: str
    receiver: str
    does: str


class End(asyncio.Transport):
    """One end of a connection."""

    def __init__(self, network: "Network", process: Process | None, address: Address) -> None:
        super().__init__()
        self.network, self.process, self.address = network, process, address
        self.peer: End = self
        self.protocol: Any = None
        self._inbox: deque[tuple[float, Message]] = deque()
        self._latest = 0.0
        self._paused = self._closing = self._lost = False
        self.asks = False
        """Whether this is the end of a client."""
        self.unanswered = False
        """Whether it asked, and the last message was sent from here, and nothing came back."""
        self.heard = 0
        """How many messages have come."""
        self._gave_up = False
        """Whether this end closed the connection, or the network did."""

    @property
    def has_all(self) -> bool:
        """Whether what was sent to this end has arrived."""
        return not self._inbox

    @property
    def is_cut_off(self) -> bool:
        """Whether the other end will never answer, and nothing but its process is the cause."""
        is_answered = any(isinstance(message, bytes) for _, message in self._inbox)
        return self.unanswered and not self._gave_up and not is_answered

    def give_up(self) -> None:
        """What is not answered has a cause."""
        self._gave_up = True

    # What protocols use.

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return {"peername": self.peer.address, "sockname": self.address}.get(name, default)

    def set_protocol(self, protocol: Any) -> None:
        self.protocol = protocol

    def get_protocol(self) -> Any:
        return self.protocol

    def is_closing(self) -> bool:
        return self._closing

    def is_reading(self) -> bool:
        return not self._paused

    def pause_reading(self) -> None:
        self._paused = True

    def resume_reading(self) -> None:
        if self._paused:
            self._paused = False
            self._wake(0)

    def write(self, data: Any) -> None:
        if not self._closing and data:
            self.network.carry(self, bytes(data))

    def can_write_eof(self) -> bool:
        return False

    def get_write_buffer_size(self) -> int:
        return 0

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Nothing is buffered."""

    def close(self) -> None:
        self._end(None)

    def abort(self) -> None:
        self._end(_reset())

    # What the network does.

    def _end(self, message: Message) -> None:
        if not self._closing:
            self._closing = True
            self.give_up()
            self.peer.expect(message)
            self.network.loop.call_soon(self.lose, None)

    def expect(self, message: Message) -> None:
        """Something was sent to this end: it arrives in order, after a while."""
        loop = self.network.loop
        self._latest = max(self._latest, loop.time() + self.network.latency())
        self._inbox.append((self._latest, message))
        self._wake(self._latest - loop.time())

    def _wake(self, seconds: float) -> None:
        context = self.process.context.copy() if self.process else Context()
        self.network.loop.call_later(seconds, self._arrive, context=context)

    def _arrive(self) -> None:
        now = self.network.loop.time() + 1e-9
        while self._inbox and self._inbox[0][0] <= now and not self._lost:
            if self.network.is_cut(self):
                self._wake(RETRANSMIT_SECONDS)
                return
            if self._paused and isinstance(self._inbox[0][1], bytes):
                return
            self.network.loop.happened(self.process)
            self._take(self._inbox.popleft()[1])

    def _take(self, message: Message) -> None:
        if isinstance(message, bytes):
            self.unanswered = False
            self.heard += 1
            if not self._closing:
                self.protocol.data_received(message)
        elif message is None:
            if not self._closing and not self.protocol.eof_received():
                self._lose_soon(None)
        else:
            self._lose_soon(message)

    def _lose_soon(self, error: ConnectionError | None) -> None:
        """As asyncio and uvloop do: who waits for what came before goes on first."""
        self._closing = True
        self.network.loop.call_soon(self.lose, error)

    def lose(self, error: ConnectionError | None) -> None:
        """The connection is over at this end."""
        if not self._lost:
            self._lost = True
            self.network.ends.pop(self, None)
            self.protocol.connection_lost(error)


class Network:
    """Who listens, who is connected, and which paths are cut."""

    def __init__(self, loop: "NetworkedLoop", chance: Random) -> None:
        self.loop = loop
        self._chance = chance
        self.listeners: dict[Address, Server] = {}
        self.ends: dict[End, None] = {}
        self.cuts: set[frozenset[str]] = set()
        self.refused: set[tuple[str, str]] = set()
        """Sender and receiver: what the one sends by itself is lost."""
        self.tampering: list[Tampering] = []
        self.tampered: list[str] = []
        """What was done to messages, in words."""

    def latency(self) -> float:
        """Seconds that one message takes."""
        slow = self._chance.random() < 0.02
        return self._chance.uniform(0.05, 1.5) if slow else self._chance.uniform(0.0005, 0.02)

    def is_cut(self, end: End) -> bool:
        """Whether the path of a connection is cut."""
        return frozenset({_name(end.process), _name(end.peer.process)}) in self.cuts

    def carry(self, sender: End, data: bytes) -> None:
        """Takes a message to the other end, unless it is to be lost."""
        sender.unanswered = sender.asks
        self.loop.happened(sender.process)
        for one in self.tampering:
            if (one.sender, one.receiver) == (_name(sender.process), _name(sender.peer.process)):
                self.tampering.remove(one)
                self._tamper(sender, data, one)
                return
        sender.peer.expect(data)

    def _tamper(self, sender: End, data: bytes, tampering: Tampering) -> None:
        self.tampered.append(f"{tampering.does} {tampering.sender}→{tampering.receiver}")
        if tampering.does == "half":
            sender.peer.expect(data[: len(data) // 2])
        for end in (sender, sender.peer):
            end.give_up()
            end.expect(_reset())

    def waits(self, sender: str, receiver: str) -> bool:
        """Whether a request of one process to another is under way."""
        return any(end.unanswered and self.is_between(end, sender, receiver) for end in self.ends)

    def is_between(self, end: End, owner: str, other: str) -> bool:
        """Whether an end is of a connection between two processes, at the side of the first."""
        return (_name(end.process), _name(end.peer.process)) == (owner, other)

    def requests(self, sender: str, receiver: str) -> list[End]:
        """The ends at which one process waits for answers to what the other has got."""
        return [
            end
            for end in self.ends
            if end.unanswered and end.peer.has_all and self.is_between(end, sender, receiver)
        ]

    def drop(self, process: Process) -> None:
        """A process is gone: its ports are closed, and those that are connected to it learn that."""
        for address in [a for a, server in self.listeners.items() if server.process is process]:
            del self.listeners[address]
        for end in [end for end in self.ends if end.process is process]:
            self.ends.pop(end, None)
            end.peer.expect(_reset())


def _reset() -> ConnectionResetError:
    return ConnectionResetError(errno.ECONNRESET, "Connection reset by peer")


def _name(process: Process | None) -> str:
    return process.name if process else "teller"


class NetworkedLoop(SimulatedLoop):
    """The loop with its network in the place of sockets."""

    def __init__(self, chance: Random, *, shuffles: bool) -> None:
        super().__init__(chance, shuffles=shuffles)
        self.network = Network(self, chance)
        self._connecting: dict[int, Server] = {}
        self._ports = _numbers(20_000)

    async def create_server(  # type: ignore[override]
        self, factory: Any, host: Any = None, port: int | None = None, *, sock: Any = None, **_: Any
    ) -> Server:
        address = sock.getsockname() if sock else (host, port or next(self._ports))
        if address in self.network.listeners:
            raise OSError(errno.EADDRINUSE, "Address already in use")
        server = Server(self.network, address, factory)
        self.network.listeners[address] = server
        return server

    async def sock_connect(self, sock: Any, address: Any) -> None:
        process, tries = current(), 0
        while True:
            await asyncio.sleep(self.network.latency())
            server = self.network.listeners.get((address[0], address[1]))
            name = _name(server.process) if server else _owner(address[0])
            if frozenset({_name(process), name}) not in self.network.cuts:
                break
            tries += 1
            await asyncio.sleep(min(2.0**tries, 60))
        if server is None or (_name(process), name) in self.network.refused:
            raise ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused")
        self._connecting[sock.fileno()] = server

    async def create_connection(self, factory: Any, *_: Any, sock: Any = None, **__: Any) -> Any:  # type: ignore[override]
        server = self._connecting.pop(sock.fileno())
        sock.close()
        process = current()
        ours = End(self.network, process, (process.address if process else "127.0.0.9", next(self._ports)))
        theirs = End(self.network, server.process, server.address)
        ours.peer, theirs.peer, ours.asks = theirs, ours, True
        context = server.process.context.copy() if server.process else Context()
        ours.protocol, theirs.protocol = factory(), context.run(server.factory)
        self.network.ends |= {ours: None, theirs: None}
        ours.protocol.connection_made(ours)
        if server.process and not server.process.alive:
            ours.expect(_reset())
        self.call_soon(theirs.protocol.connection_made, theirs, context=context)
        return ours, ours.protocol


def _owner(address: str) -> str:
    return NAMES.get(address, address)


NAMES = {"127.0.0.1": "twilio", "127.0.0.2": "twenty", "127.0.0.3": "bridge"}
"""Which machine has which address."""


def _numbers(first: int) -> Iterator[int]:
    while True:
        yield first
        first += 1


def install() -> None:
    """The bridge binds its port in a network of its own."""
    sockets: Any = socket
    sockets.create_server = lambda address, **_: ListeningSocket(address[:2])
