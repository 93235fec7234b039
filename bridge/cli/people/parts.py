"""What the commands on people's numbers share: a part of the budget, and rows for people to look at."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import typer

from bridge.cli import terminal
from bridge.cli.terminal import show
from bridge.language.phrase import phrase
from bridge.observability import logs
from bridge.settings import Settings, secrets_of
from bridge.twenty.client.client import open_client
from bridge.twenty.client.retrying import RetryingClient
from bridge.twenty.people.normalise import Kept

AT_ONCE = 20
"""So many rows are read again right before they are written."""

STOPPED = 130
"""The exit status of a command that was stopped by Ctrl-C."""


def stopped() -> typer.Exit:
    """Says so."""
    terminal.say(phrase("Stopped. Run it again to go on."), err=True)
    return typer.Exit(STOPPED)


def log_errors_alone(settings: Settings) -> None:
    """What goes on is told by the progress bar."""
    logs.configure(settings.log.model_copy(update={"level": "error"}), secrets=secrets_of(settings))


@asynccontextmanager
async def half_the_budget(settings: Settings) -> AsyncIterator[RetryingClient]:
    """A client; the bridge that runs has the other half."""
    rate = max(1, settings.twenty.requests_per_minute // 2)
    async with open_client(settings.twenty.model_copy(update={"requests_per_minute": rate})) as client:
        yield RetryingClient(client)


def rows_of(kept: Sequence[Kept]) -> list[dict[str, str]]:
    """As they are printed."""
    return [
        {"person": one.row.id, "name": one.row.name, "number": one.number, "why": one.why} for one in kept
    ]


def show_kept(kept: Sequence[Kept], heading: str) -> None:
    """A table under its own sentence, if there are any."""
    if kept:
        terminal.say("", heading)
        show(rows_of(kept), as_json=False, nothing="")
