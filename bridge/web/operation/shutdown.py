"""How a replica takes its leave: proxies are told before it stops to listen, so that none sends in vain."""

from aiohttp import hdrs, web


class Leaving:
    """Once begun, no connection outlives its next answer, and the bridge is not ready any more."""

    code = "server.stopping"

    def __init__(self) -> None:
        self.begun = False

    def begin(self) -> None:
        """New connections are still taken: not every proxy hears of it at once."""
        self.begun = True

    async def close(self, _request: web.Request, response: web.StreamResponse) -> None:
        """What to call before an answer is sent."""
        if self.begun:
            response.headers[hdrs.CONNECTION] = "close"
            response.force_close()
