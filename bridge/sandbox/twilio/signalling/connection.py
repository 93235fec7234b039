"""A WebSocket of a device: what it sends is lost once the connection is."""

import asyncio
from contextlib import suppress

from aiohttp import WSMsgType, web
from aiohttp.client_exceptions import ClientConnectionResetError

LARGEST_FRAME = 256 * 1024
SILENT_BEATS = 3


class Connection:
    """Sends frames, beats, and tells when the device was heard last."""

    def __init__(self, request: web.Request) -> None:
        self._request = request
        self._socket = web.WebSocketResponse(max_msg_size=LARGEST_FRAME, timeout=1.0)
        self._heard_at = 0.0

    async def open(self) -> web.WebSocketResponse:
        """Answers the upgrade."""
        await self._socket.prepare(self._request)
        return self._socket

    async def next(self) -> str | None:
        """What the device sends next; None once it is gone."""
        async for message in self._socket:
            self._heard_at = asyncio.get_running_loop().time()
            if message.type is WSMsgType.TEXT:
                return str(message.data)
        return None

    async def send(self, text: str) -> None:
        """Sends a frame."""
        with suppress(ClientConnectionResetError, ConnectionError):
            await self._socket.send_str(text)

    async def beat(self, text: str, *, every: float, silence: float | None) -> None:
        """Sends heartbeats until the device was silent for so many seconds, or has not answered three."""
        loop = asyncio.get_running_loop()
        silence = silence or every * SILENT_BEATS
        self._heard_at = loop.time()
        while loop.time() - self._heard_at < silence:
            await self.send(text)
            await asyncio.sleep(every)
        self.drop()

    def drop(self) -> None:
        """Ends the connection without a word: the device sees code 1006."""
        if self._request.transport is not None:
            self._request.transport.abort()

    async def close(self, code: int = 1001) -> None:
        """Closes the connection."""
        with suppress(ClientConnectionResetError, ConnectionError):
            await self._socket.close(code=code)
