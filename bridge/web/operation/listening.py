"""Listening sockets; after the server stops listening, it still serves open connections."""

import asyncio
import socket
from collections.abc import Sequence
from contextlib import suppress

from aiohttp import web

from bridge.errors import CannotListen


class Listening:
    """Listening sockets at an address, or those that were `inherited`.

    Raises CannotListen, which names the `settings` of the address.
    """

    def __init__(
        self, host: str, port: int, *, settings: str, inherited: Sequence[socket.socket] = ()
    ) -> None:
        try:
            self._sockets = list(inherited) or _sockets(host, port)
        except OSError as problem:
            where = f"{host}:{port} ({settings})"
            raise CannotListen(f"Cannot listen on {where}: {problem.strerror or problem}.") from problem
        self._sites: list[web.SockSite] = []

    @property
    def address(self) -> tuple[str, int]:
        """Host and port; the real port where port 0 was asked for."""
        host, port = self._sockets[0].getsockname()[:2]
        return host, port

    async def start(self, runner: web.AppRunner) -> None:
        """Starts accepting connections."""
        for listener in self._sockets:
            # The loop closes the socket it gets, so it gets a duplicate.
            site = web.SockSite(runner, listener.dup())
            await site.start()
            self._sites.append(site)

    async def stop(self, runner: web.AppRunner) -> None:
        """Stops listening: the system refuses new connections, so that proxies use another replica.

        Connections in the system's queue would be reset with their requests, so they are accepted first.
        """
        for site in self._sites:
            await site.stop()
        waiting = [connection for listener in self._sockets for connection in _accept_all(listener)]
        self.close()
        for connection in waiting:
            with suppress(OSError):
                await asyncio.get_running_loop().connect_accepted_socket(_server_of(runner), connection)

    def close(self) -> None:
        """Closes the listening sockets."""
        for listener in self._sockets:
            listener.close()


def _sockets(host: str, port: int) -> list[socket.socket]:
    """One socket for each address of the host, all with the same port."""
    opened: list[socket.socket] = []
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    try:
        for family, _, _, _, address in dict.fromkeys(found):
            chosen = opened[0].getsockname()[1] if opened else port
            opened.append(socket.create_server((address[0], chosen, *address[2:]), family=family))
            opened[-1].setblocking(False)
    except OSError:
        for listener in opened:
            listener.close()
        raise
    return opened


def _accept_all(listener: socket.socket) -> list[socket.socket]:
    taken = []
    with suppress(BlockingIOError):
        while True:
            taken.append(listener.accept()[0])
    return taken


def _server_of(runner: web.AppRunner) -> web.Server:
    if runner.server is None:
        raise RuntimeError("the runner was not set up")
    return runner.server
