"""Graceful shutdown: `/ready` turns 503 first, so that proxies stop routing before it stops listening."""

from aiohttp import hdrs, web


class Shutdown:
    """Once begun, `/ready` is 503 and every connection is closed with its next answer."""

    code = "server.stopping"

    def __init__(self) -> None:
        self.begun = False

    def begin(self) -> None:
        """Begins; new connections are still accepted, since proxies notice it only at their next check."""
        self.begun = True


def close_connection(response: web.StreamResponse) -> None:
    """Closes the connection with this answer."""
    response.headers[hdrs.CONNECTION] = "close"
    response.force_close()
