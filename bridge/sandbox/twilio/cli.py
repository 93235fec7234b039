"""The command line of the sandbox."""

import asyncio
import json
import signal
import sys
from contextlib import AbstractAsyncContextManager
from typing import Annotated, cast

import structlog
import typer

from bridge.sandbox.ports import Port, others_named
from bridge.sandbox.twilio.control import describe_sandbox
from bridge.sandbox.twilio.faults import Delivery
from bridge.sandbox.twilio.sandbox import Credentials, TwilioSandbox
from bridge.sandbox.twilio.server import twilio_sandbox


def command(
    *,
    port: Port = 0,
    host: Annotated[
        str, typer.Option(help="The address to listen on; every machine that reaches it can place calls.")
    ] = "127.0.0.1",
    as_json: Annotated[bool, typer.Option("--json", help="One line of JSON when it is ready.")] = False,
    voice_url: Annotated[str, typer.Option(help="Where voice requests go.")] = "",
    status_url: Annotated[str, typer.Option(help="Where the end of a call is reported.")] = "",
    account_sid: Annotated[str, typer.Option(help="Invented if not given; so are the others.")] = "",
    auth_token: Annotated[str, typer.Option(envvar="TWILIO_AUTH_TOKEN")] = "",
    api_secret: Annotated[str, typer.Option(envvar="TWILIO_API_SECRET")] = "",
    phone_number: Annotated[str, typer.Option(help="The number that the account owns.")] = "",
    real_time: Annotated[
        bool, typer.Option("--real-time", help="A minute of a call takes a minute.")
    ] = False,
    seed: Annotated[int, typer.Option(help="What goes wrong is drawn from it.")] = 0,
    shuffle: Annotated[bool, typer.Option("--shuffle", help="Callbacks overtake each other.")] = False,
    duplicate: Annotated[float, typer.Option(help="The share of callbacks that come twice.")] = 0.0,
    drop: Annotated[float, typer.Option(help="The share of callbacks that are lost.")] = 0.0,
) -> None:
    """Run a Twilio to try things on, until Ctrl-C."""
    # Standard output is for what is told when it is ready.
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    given = {
        "account_sid": account_sid,
        "auth_token": auth_token,
        "api_secret": api_secret,
        "phone_number": phone_number,
    }
    credentials = cast("Credentials", {name: value for name, value in given.items() if value})
    delivery = Delivery(seed=seed, shuffle=shuffle, duplicate=duplicate, drop=drop)
    opening = twilio_sandbox(port=port, host=host, delivery=delivery, real_time=real_time, **credentials)
    with others_named("--port 0"):
        asyncio.run(_serve(opening, urls=(voice_url or None, status_url or None), as_json=as_json))


async def _serve(
    opening: AbstractAsyncContextManager[TwilioSandbox],
    *,
    urls: tuple[str | None, str | None],
    as_json: bool,
) -> None:
    stop = asyncio.Event()
    for signal_number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(signal_number, stop.set)
    async with opening as sandbox:
        sandbox.voice_url, sandbox.status_url = urls
        _tell(describe_sandbox(sandbox), as_json=as_json)
        await stop.wait()


def _tell(described: dict[str, str], *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(described))
        return
    for name, value in described.items():
        typer.echo(f"{name}: {value}")
