"""Where devices connect: `/signal`."""

import asyncio
from typing import Protocol

from aiohttp import web

from bridge.sandbox.twilio.rest.app_keys import SANDBOX
from bridge.sandbox.twilio.signalling.browser import Browser
from bridge.sandbox.twilio.signalling.connection import Connection
from bridge.sandbox.twilio.signalling.frames import HEARTBEAT
from bridge.sandbox.twilio.signalling.hub import Hub

SIGNAL = "/signal"


class Speaker(Protocol):
    """A device, as its connection sees it."""

    async def take(self, text: str) -> None:
        """A frame came in."""

    def close(self) -> None:
        """The connection is lost."""


async def signal(request: web.Request) -> web.StreamResponse:
    """The signalling server of browsers."""
    hub = request.app[SANDBOX].signalling
    if not hub.switches.available:
        raise web.HTTPServiceUnavailable
    connection = Connection(request)
    response = await connection.open()
    browser = Browser(hub, connection)
    hub.connect(browser)
    await converse(browser, connection, hub)
    return response


async def converse(device: Speaker, connection: Connection, hub: Hub, *, heartbeat: str = HEARTBEAT) -> None:
    """Takes what a device sends until it is gone."""
    every, silence = hub.switches.heartbeat, hub.switches.silence
    beating = asyncio.create_task(connection.beat(heartbeat, every=every, silence=silence)) if every else None
    try:
        while (text := await connection.next()) is not None:
            await device.take(text)
    finally:
        if beating is not None:
            beating.cancel()
        device.close()


ROUTES = [web.get(SIGNAL, signal)]
