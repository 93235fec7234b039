"""Runs within valgrind: the bridge without sockets, which gets prepared requests and is counted meanwhile.

`python -P inside.py LIBRARY REQUESTS`, in a folder with `config.yaml`, the settings in the environment.
REQUESTS is JSON: `{"places", "parts", "warm_up", "counted", "warm_up_parts", "by_part"}`, of which the last
four are `{"<kind>": [request]}`. It imports nothing of `benchmarks`: `bridge` can be another checkout's.
"""

import asyncio
import ctypes
import gc
import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from aiohttp import web

from bridge.cli.serve import fastest_loop
from bridge.inbox import writer
from bridge.observability import logs
from bridge.settings import load, secrets_of
from bridge.web.operation.protocol_errors import Runner
from bridge.wiring.application import open_app

CONNECTIONS = 16
STARTS_SECONDS = 2.0
SETTLES_SECONDS = 0.02
OF_REQUESTS = {"inbox writer", "events of calls", "conferences"}
"""Tasks that take part in requests. The others are cancelled: valgrind is slow, so they would always run."""

BARE = "bare"
"""A kind's requests to a handler that only reads the body: the floor."""

Requests = Mapping[str, Sequence[str]]


class Connection(asyncio.Transport):
    """Gives a protocol one request after the other, the next when the former was answered."""

    def __init__(self, protocol: asyncio.Protocol, requests: Sequence[str]) -> None:
        super().__init__({"peername": ("127.0.0.1", 1234)})
        self.done = asyncio.get_running_loop().create_future()
        self._loop = asyncio.get_running_loop()
        self._protocol = protocol
        self._waiting = iter([request.encode() for request in requests])
        protocol.connection_made(self)
        self._next()

    def _next(self) -> None:
        if (request := next(self._waiting, None)) is None:
            self.done.set_result(None)
        else:
            self._protocol.data_received(request)

    def write(self, data: Any) -> None:
        """An answer; aiohttp writes a small one at once."""
        if bytes(data[9:12]) not in (b"200", b"204"):
            self.done.set_exception(RuntimeError(bytes(data).decode()))
        self._loop.call_soon(self._next)

    def writelines(self, data: Any) -> None:
        self.write(b"".join(data))

    def is_closing(self) -> bool:
        return False

    def close(self) -> None:
        pass

    def abort(self) -> None:
        pass

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass


async def answer(server: web.Server, requests: Sequence[str]) -> None:
    """Back when all are answered."""
    opened = [Connection(server(), requests[n::CONNECTIONS]) for n in range(CONNECTIONS)]
    await asyncio.gather(*[connection.done for connection in opened])


async def _bare(request: web.BaseRequest) -> web.Response:
    await request.read()
    return web.Response(text="ok")


async def _run(library: ctypes.PyDLL, given: dict[str, Any]) -> None:
    # On a busy machine, in valgrind, a commit takes as long as it takes.
    writer.KEPT_WITHIN_SECONDS = 600
    settings = load(Path("config.yaml"))
    log_request = logs.configure(settings.log, secrets=secrets_of(settings))
    app = web.Application()
    for path in ("/api/twilio/token", "/twilio/voice", "/twilio/status"):
        app.router.add_post(path, _bare)
    floor = web.AppRunner(app, access_log=None)
    await floor.setup()
    assert floor.server
    async with open_app(settings, config=Path("config.yaml"), log_request=log_request) as bridge:
        runner = Runner(bridge, shutdown_timeout=1)
        await runner.setup()
        assert runner.server
        await asyncio.sleep(STARTS_SECONDS)
        await _only_requests()
        servers = {"bridge": runner.server, BARE: floor.server}
        for name, server in servers.items():
            await _each(server, given["warm_up"])
            await _each(server, given["counted"], counted_by=library, named=name)
        places, parts = _in_c(given["places"], given["parts"])
        library.count_parts(places, parts)
        await _each(runner.server, given["warm_up_parts"])
        await _each(runner.server, given["by_part"], counted_by=library, named="parts")
        # A whole shutdown takes a minute in valgrind.
        os._exit(0)


def _in_c(places: Sequence[str], parts: Sequence[int]) -> tuple[ctypes.Array[Any], ctypes.Array[Any]]:
    """Arrays, the first with a null at its end; the library reads them as long as the caller holds them."""
    texts = (ctypes.c_char_p * (len(places) + 1))(*[place.encode() for place in places])
    return texts, (ctypes.c_int * len(parts))(*parts)


async def _only_requests() -> None:
    gc.collect()
    gc.freeze()
    gc.disable()
    ours = asyncio.current_task()
    for task in asyncio.all_tasks():
        if task is not ours and task.get_name() not in OF_REQUESTS:
            task.cancel()
    await asyncio.sleep(SETTLES_SECONDS)


async def _each(
    server: web.Server, requests: Requests, *, counted_by: ctypes.PyDLL | None = None, named: str = ""
) -> None:
    for kind, some in requests.items():
        if counted_by:
            counted_by.count_from_here()
        await answer(server, some)
        if counted_by:
            counted_by.count_until_here(f"{named} {kind}".encode())
        await asyncio.sleep(SETTLES_SECONDS)


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=fastest_loop()) as running:
        running.run(_run(ctypes.PyDLL(sys.argv[1]), json.loads(Path(sys.argv[2]).read_text())))
