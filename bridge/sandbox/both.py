"""`twenty-bridge sandbox`: a Twenty with a small company in it, and a Twilio, side by side."""

import asyncio
import json
import signal
import sys
from contextlib import AsyncExitStack

import structlog
import typer

from bridge.sandbox.company import PARTIES, move_in
from bridge.sandbox.ports import others_named
from bridge.sandbox.twenty import TwentySandbox, twenty_sandbox
from bridge.sandbox.twilio import TwilioSandbox, twilio_sandbox


def run(*, twenty_port: int, twilio_port: int, as_json: bool) -> None:
    """Runs both until they are interrupted."""
    # Standard output is for what is told when they are ready.
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    with others_named("--twenty-port 0 --twilio-port 0"):
        asyncio.run(_serve(twenty_port, twilio_port, as_json=as_json))


async def _serve(twenty_port: int, twilio_port: int, *, as_json: bool) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with AsyncExitStack() as stack:
        twenty = await stack.enter_async_context(twenty_sandbox(port=twenty_port))
        twilio = await stack.enter_async_context(twilio_sandbox(port=twilio_port))
        twilio.parties = dict(PARTIES)
        await move_in(twenty)
        typer.echo(_as_json(twenty, twilio) if as_json else _as_text(twenty, twilio))
        await stop.wait()


def _as_json(twenty: TwentySandbox, twilio: TwilioSandbox) -> str:
    return json.dumps(
        {
            "TWENTY_API_URL": twenty.url,
            "TWENTY_API_TOKEN": twenty.api_key,
            "TWILIO_API_URL": twilio.url,
            "TWILIO_ACCOUNT_SID": twilio.account_sid,
            "TWILIO_AUTH_TOKEN": twilio.auth_token,
        }
    )


def _as_text(twenty: TwentySandbox, twilio: TwilioSandbox) -> str:
    return (
        f"Twenty        {twenty.url}\n"
        f"API key       {twenty.api_key}\n"
        "\n"
        f"Twilio's API  {twilio.url}\n"
        f"Account SID   {twilio.account_sid}\n"
        f"Auth Token    {twilio.auth_token}\n"
        f"number        {twilio.phone_number}\n"
        "\n"
        "Both run until Ctrl-C, and forget everything then."
    )
