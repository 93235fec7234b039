"""The sockets that systemd keeps."""

import asyncio
import os
import socket

import aiohttp
from aiohttp import web

from bridge.web.operation.listening import Listening
from bridge.wiring import systemd
from tests.support import BOUND


async def hello(_request: web.Request) -> web.Response:
    return web.Response(text="here")


async def test_a_request_waits_in_the_socket_until_the_bridge_has_started() -> None:
    with socket.create_server(("127.0.0.1", 0)) as kept:
        url = f"http://127.0.0.1:{kept.getsockname()[1]}/"
        async with aiohttp.ClientSession() as session:
            asking = asyncio.create_task(session.get(url))
            environ = {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "1"}
            found = systemd.sockets(environ, first=os.dup(kept.fileno()))
            listening = Listening("192.0.2.1", 1, settings="", inherited=found)
            app = web.Application()
            app.router.add_get("/", hello)
            runner = web.AppRunner(app)
            await runner.setup()
            await listening.start(runner)
            async with asyncio.timeout(BOUND), await asking as answer:
                assert await answer.text() == "here"
            listening.close()
            await runner.cleanup()


def test_sockets_of_another_process_are_left_alone() -> None:
    assert systemd.sockets({"LISTEN_PID": "1", "LISTEN_FDS": "1"}) == []
    assert systemd.sockets({}) == []
