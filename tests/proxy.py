"""A TCP proxy that counts round trips, and can stop forwarding: to both sides the network is gone."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field


@dataclass
class Proxy:
    """Listens on loopback."""

    port: int = 0
    flowing: asyncio.Event = field(default_factory=asyncio.Event)
    round_trips: int = 0
    """How often a client sent something after an answer."""
    clients: list[asyncio.StreamWriter] = field(default_factory=list)

    def freeze(self) -> None:
        """Nothing arrives any more, on connections of before and of after."""
        self.flowing.clear()

    def say(self, data: bytes) -> None:
        """Every client hears this from its server."""
        for client in self.clients:
            client.write(data)

    def thaw(self) -> None:
        """What was on its way arrives."""
        self.flowing.set()


@asynccontextmanager
async def proxy(*, host: str, port: int) -> AsyncIterator[Proxy]:
    """A way to a server; a `host` that is a folder has PostgreSQL's Unix socket."""
    here, tasks = Proxy(), set[asyncio.Task[None]]()
    here.thaw()
    answered = True

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, asks: bool) -> None:
        nonlocal answered
        with suppress(OSError):
            while data := await reader.read(65536):
                await here.flowing.wait()
                here.round_trips += asks and answered
                answered = not asks
                writer.write(data)
                await writer.drain()
        await here.flowing.wait()
        writer.close()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await here.flowing.wait()
        far_reader, far_writer = await (
            asyncio.open_unix_connection(f"{host}/.s.PGSQL.{port}")
            if host.startswith("/")
            else asyncio.open_connection(host, port)
        )
        here.clients.append(writer)
        pumps = (pump(reader, far_writer, asks=True), pump(far_reader, writer, asks=False))
        tasks.update(asyncio.create_task(one) for one in pumps)

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    here.port = server.sockets[0].getsockname()[1]
    try:
        yield here
    finally:
        here.thaw()
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
