"""Gives the workspace phone calls, and says what was done."""

import asyncio
from pathlib import Path

import typer

from bridge.settings.load import load_as
from bridge.settings.parts import SetUpTwenty
from bridge.twenty.client import open_client
from bridge.twenty.patience import Patient
from bridge.twenty.provision import Outcome, Provisioned, Result, report, set_up, webhook


def run(config: Path | None, *, dry_run: bool, ask: bool = False) -> bool:
    """Whether all of it is there now, or would be; where it is to `ask`, it shows its plan first."""
    settings = load_as(SetUpTwenty, config)
    webhook_to = webhook.wanted(settings.server.public_url, settings.twenty.webhook_secret)

    def carried_out(*, dry_run: bool) -> Provisioned:
        async def provisioned() -> Provisioned:
            async with open_client(settings.twenty) as client:
                return await set_up(Patient(client), webhook_to=webhook_to, dry_run=dry_run, tell=_tell)

        return asyncio.run(provisioned())

    done = carried_out(dry_run=dry_run or ask)
    if ask and not dry_run and done.steps(Result.PLANNED):
        if not typer.confirm("Go on?"):
            return False
        done = carried_out(dry_run=False)
    for line in report.notes(done, with_webhook=webhook_to is not None):
        typer.echo(line)
    for problem in report.problems(done):
        typer.echo(problem, err=True)
    return done.complete


def _tell(outcome: Outcome) -> None:
    typer.echo(str(outcome), err=not outcome.well)
