"""`setup twenty` gives the workspace phone calls, and says what was done."""

import asyncio
import sys
from pathlib import Path
from typing import Annotated

import typer

from bridge.cli import terminal
from bridge.cli.options import ConfigFile
from bridge.cli.setup.app import offer_app
from bridge.language.phrase import phrase
from bridge.settings.load import load_as
from bridge.settings.parts import SetUpTwenty
from bridge.twenty.client.client import open_client
from bridge.twenty.client.retrying import RetryingClient
from bridge.twenty.provision import (
    DashboardOutcome,
    Provisioned,
    Result,
    StepResult,
    Watch,
    add_dashboard,
    report,
    set_up,
    webhook,
)
from bridge.twenty.provision.plan import Step


def twenty(
    config: ConfigFile = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the plan, and change nothing.")] = False,
    restore: Annotated[
        bool,
        typer.Option("--restore", help="Make views, tabs and sidebar items again that users removed."),
    ] = False,
    dashboard: Annotated[
        bool | None,
        typer.Option(
            "--dashboard/--no-dashboard",
            help="Make a dashboard of calls, too; at a terminal it is asked for.",
        ),
    ] = None,
) -> None:
    """Prepare the workspace: phone calls, their fields and views. Running it again changes nothing.

    Views, tabs and sidebar items that users removed stay removed.
    """
    done = provide(config, dry_run=dry_run, restore=restore)
    at_terminal = sys.stdin.isatty() and sys.stdout.isatty()
    if done and (at_terminal if dashboard is None else dashboard):
        done = _with_dashboard(config, dry_run=dry_run, restore=restore, ask=dashboard is None)
    if done and at_terminal and not dry_run:
        offer_app(config)
    if not done:
        raise typer.Exit(1)


def _with_dashboard(config: Path | None, *, dry_run: bool, restore: bool, ask: bool) -> bool:
    """Whether the dashboard is there, would be, was declined, or is not possible in this version."""
    settings = load_as(SetUpTwenty, config)
    before, _, after = settings.voice.spoken.call_back.partition("{name}")

    def carried_out(*, dry_run: bool) -> DashboardOutcome:
        async def added() -> DashboardOutcome:
            async with open_client(settings.twenty) as client:
                call_back = before.strip() or after.strip()
                patient = RetryingClient(client)
                return await add_dashboard(
                    patient, call_back=call_back, dry_run=dry_run, restore=restore, tell=_tell
                )

        return asyncio.run(added())

    done = carried_out(dry_run=dry_run or ask)
    if done.left_out:
        terminal.say(done.left_out)
    if done.is_removed:
        terminal.say(report.restoring("--dashboard", "--restore"))
    if ask and not dry_run and done.is_planned:
        if not terminal.confirm(phrase("Make this dashboard, which all users see?")):
            return True
        done = carried_out(dry_run=False)
    return done.complete


def provide(config: Path | None, *, dry_run: bool, restore: bool = False, ask: bool = False) -> bool:
    """Whether all of it is there now, or would be; where it is to `ask`, it shows its plan first."""
    settings = load_as(SetUpTwenty, config)
    webhook_to = webhook.wanted(settings.server.public_url, settings.twenty.webhook_secret)
    phone_at = settings.server.phone_page

    def carried_out(*, dry_run: bool) -> Provisioned:
        async def provisioned(watch: Watch) -> Provisioned:
            async with open_client(settings.twenty) as client:
                patient = RetryingClient(client)
                return await set_up(
                    patient,
                    webhook_to=webhook_to,
                    phone_at=phone_at,
                    restore=restore,
                    dry_run=dry_run,
                    tell=_tell,
                    watch=watch,
                )

        return asyncio.run(provisioned(_Shown() if sys.stdout.isatty() else Watch()))

    done = carried_out(dry_run=dry_run or ask)
    if ask and not dry_run and done.steps(Result.PLANNED):
        if not terminal.confirm(phrase("Go on?")):
            return False
        done = carried_out(dry_run=False)
    for line in report.notes(done, with_webhook=webhook_to is not None):
        terminal.say(line)
    for problem in report.problems(done):
        terminal.say(problem, err=True)
    return done.complete


class _Shown(Watch):
    """A line for how far it is, below those of what is done, which it makes room for; on a terminal alone."""

    def __init__(self) -> None:
        self._total = 0

    def planned(self, steps: int) -> None:
        self._total = steps

    def begins(self, number: int, step: Step) -> None:
        shown = {"number": number, "total": self._total, "step": step.sentence}
        terminal.progress(phrase("{number} of {total} · {step}", **shown))


def _tell(outcome: StepResult) -> None:
    if sys.stdout.isatty():
        terminal.no_progress()
    terminal.say(outcome.sentence, err=not outcome.well)
