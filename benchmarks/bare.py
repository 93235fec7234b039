"""The floor: an aiohttp server that reads a body and answers the same bytes each time."""

import asyncio
import sys

import uvloop
from aiohttp import web


async def handle(request: web.Request) -> web.Response:
    """Does nothing with what it read."""
    await request.read()
    return web.Response(text="ok")


async def main() -> None:
    """Prints its URL, and serves until it is stopped."""
    app = web.Application()
    for path in ("/api/twilio/token", "/twilio/voice", "/twilio/status"):
        app.router.add_post(path, handle)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    sys.stdout.write(f"http://127.0.0.1:{runner.addresses[0][1]}\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(main())
