"""Opens the sandbox: one session for its webhooks, one server for its REST API."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Unpack

import aiohttp
from aiohttp import web

from bridge.sandbox.twilio.delivery import Postman
from bridge.sandbox.twilio.faults import Delivery
from bridge.sandbox.twilio.rest.application import rest_application
from bridge.sandbox.twilio.sandbox import Credentials, TwilioSandbox


@asynccontextmanager
async def twilio_sandbox(
    *,
    port: int = 0,
    host: str = "127.0.0.1",
    delivery: Delivery | None = None,
    start: datetime | None = None,
    real_time: bool = False,
    routes: Mapping[str, str] | None = None,
    **credentials: Unpack[Credentials],
) -> AsyncIterator[TwilioSandbox]:
    """Runs a sandbox; port 0 takes a free one.

    `routes` says where public origins are served; `credentials` are named as in TwilioSandbox.
    """
    delivery = delivery or Delivery()
    sandbox = TwilioSandbox(delivery=delivery, start=start, real_time=real_time, **credentials)
    async with _session() as session:
        sandbox.postman = Postman(
            session,
            sandbox.account,
            chunked=delivery.chunked,
            retry_pause=delivery.retry_pause,
        )
        sandbox.routes = dict(routes or {})
        runner = web.AppRunner(rest_application(sandbox), access_log=None, shutdown_timeout=1)
        await runner.setup()
        try:
            site = web.TCPSite(runner, host, port)
            await site.start()
            sandbox.url = sandbox.account.api_url = f"http://{host}:{runner.addresses[0][1]}"
            yield sandbox
        finally:
            await sandbox.close()
            await runner.cleanup()


def _session() -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0), cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False
    )
