"""twilio's own client, over our session."""

import asyncio
from importlib import import_module
from typing import Any

from bridge.settings.systems import TwilioAccount
from bridge.twilio.rest.http import Http
from bridge.twilio.rest.login import neighbour


async def load_client(settings: TwilioAccount, http: Http) -> Any:
    """Loaded beside the event loop: it takes 100 ms and 14 MB. Its `…_async` methods raise TwilioError."""
    module = await asyncio.to_thread(import_module, "twilio.rest")
    client = module.Client(
        settings.account_sid,
        "the session logs in",
        settings.account_sid,
        http_client=http,
        # Of the process's own environment it would take an edge and a region.
        environment={"TWILIO_EDGE": ""},
    )
    client.api.base_url = settings.api_url
    client.voice.base_url = neighbour(settings.api_url, "voice")
    client.webhooks.base_url = neighbour(settings.api_url, "webhooks")
    return client
