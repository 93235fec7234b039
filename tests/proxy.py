"""A TCP proxy that can stop forwarding without closing anything: to both sides the network is gone."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field


@dataclass
class Proxy:
    """Listens on loopback."""

    port: int = 0
    flowing: asyncio.Event = field(default_factory=asyncio.Event)

    def freeze(self) -> None:
        """Nothing arrives any more, on connections of before and of after."""
        self.flowing.clear()

    def thaw(self) -> None:
        """What was on its way arrives."""
        self.flowing.set()


@asynccontextmanager
async def proxy(*, host: str, port: int) -> AsyncIterator[Proxy]:
    """A way to a server."""
    here, tasks = Proxy(), set[asyncio.Task[None]]()
    here.thaw()

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(65536):
                await here.flowing.wait()
                writer.write(data)
                await writer.drain()
        await here.flowing.wait()
        writer.close()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await here.flowing.wait()
        far_reader, far_writer = await asyncio.open_connection(host, port)
        pumps = (pump(reader, far_writer), pump(far_reader, writer))
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
