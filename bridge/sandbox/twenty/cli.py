"""`twenty-bridge sandbox twenty`: starts the sandbox and prints how to use it."""

import asyncio
import json
import signal
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import structlog
import typer

from bridge.sandbox.ports import Port, others_named
from bridge.sandbox.twenty.seed import ADMIN_EMAIL, ADMIN_PASSWORD
from bridge.sandbox.twenty.server import TwentySandbox, twenty_sandbox


class Switch(StrEnum):
    """On or off."""

    ON = "on"
    OFF = "off"


class Version(StrEnum):
    """A version of Twenty that the sandbox can be."""

    V2_21 = "2.21"
    V2_33 = "2.33"
    V2_38 = "2.38"
    V2_43 = "2.43"


def command(
    *,
    port: Port = 0,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    as_json: Annotated[bool, typer.Option("--json", help="Print one line of JSON when ready.")] = False,
    provisioned: Annotated[
        bool, typer.Option("--provisioned/--bare", help="With phoneCall, or before setup twenty.")
    ] = True,
    rate_limit: Annotated[Switch, typer.Option(help="The token bucket of API keys.")] = Switch.OFF,
    database: Annotated[Path | None, typer.Option(help="A file that survives a restart.")] = None,
    generation: Annotated[Version, typer.Option(help="Its version.")] = Version.V2_21,
    application_page: Annotated[
        list[str] | None, typer.Option(help="An object that an application shows on a page of its own.")
    ] = None,
    safe_mode: Annotated[
        Switch, typer.Option(help="Drop webhooks to private addresses, as Twenty does unless told otherwise.")
    ] = Switch.OFF,
    allowed_host: Annotated[
        list[str] | None, typer.Option(help="A private host that safe mode lets through; since 2.33.")
    ] = None,
) -> None:
    """Run a Twenty to try things on, until Ctrl-C."""
    # Standard output is for what is told when it is ready.
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))

    async def serve() -> None:
        async with twenty_sandbox(
            port=port,
            host=host,
            database=database or ":memory:",
            provisioned=provisioned,
            rate_limit=rate_limit is Switch.ON,
            generation=generation,
            application_pages=application_page or (),
            safe_mode=safe_mode is Switch.ON,
            allowed_hosts=allowed_host or (),
        ) as sandbox:
            typer.echo(_as_json(sandbox) if as_json else _as_text(sandbox))
            await _interrupted()

    with others_named("--port 0"):
        asyncio.run(serve())


def _as_json(sandbox: TwentySandbox) -> str:
    names = ("url", "api_key", "user_token", "readonly_key")
    return json.dumps({name: getattr(sandbox, name) for name in names})


def _as_text(sandbox: TwentySandbox) -> str:
    return (
        f"Twenty sandbox    {sandbox.url}\n"
        f"sign in           {ADMIN_EMAIL} / {ADMIN_PASSWORD}\n"
        f"API key           {sandbox.api_key}\n"
        f"read-only key     {sandbox.readonly_key}\n"
        f"user's token      {sandbox.user_token}"
    )


async def _interrupted() -> None:
    """Return on SIGINT or SIGTERM."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await stop.wait()
