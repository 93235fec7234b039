"""`setup app` gives Twenty a button Call, or takes it away again."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Annotated

import typer

from bridge.cli import terminal
from bridge.cli.options import ConfigFile
from bridge.errors import TwentyDenied, TwentyError
from bridge.language.phrase import Phrase, phrase, phrase_of
from bridge.settings.load import load_as
from bridge.settings.parts import SetUpTwenty
from bridge.twenty.application.setup import SECONDS, AppSetup, AppStep
from bridge.twenty.client.client import open_client

GIVE = phrase("Give Twenty a button Call on people, companies and phone calls (setup app)?")


def app(
    config: ConfigFile = None,
    remove: Annotated[bool, typer.Option("--remove", help="Take the app away again.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the plan, and change nothing.")] = False,
) -> None:
    """Give Twenty a button Call on people, companies and phone calls. Running it again changes nothing."""
    if not (take_away if remove else provide_app)(config, dry_run=dry_run):
        raise typer.Exit(1)


def provide_app(config: Path | None, *, dry_run: bool) -> bool:
    """Whether the app is there now, or would be."""

    async def provide(setup: AppSetup) -> None:
        steps = await setup.missing()
        await _carry_out(setup, steps, dry_run=dry_run, nothing=phrase("Nothing to do: the app is there."))

    return _asked_of_twenty(config, provide)


def take_away(config: Path | None, *, dry_run: bool) -> bool:
    """Whether nothing is left of the app, or would be."""

    async def remove(setup: AppSetup) -> None:
        steps = await setup.removal()
        await _carry_out(
            setup, steps, dry_run=dry_run, nothing=phrase("Nothing to do: the app is not there.")
        )

    return _asked_of_twenty(config, remove)


def offer_app(config: Path | None) -> None:
    """Asks the operator whether to install it, where it is missing; what Twenty refuses is only reported."""

    async def offer(setup: AppSetup) -> None:
        steps = await setup.missing()
        if steps and terminal.confirm(GIVE):
            await setup.carry_out(steps, _tell)

    _asked_of_twenty(config, offer)


def _asked_of_twenty(config: Path | None, act: Callable[[AppSetup], Awaitable[None]]) -> bool:
    settings = load_as(SetUpTwenty, config)
    patient = settings.twenty.model_copy(update={"timeout_seconds": SECONDS})

    async def done() -> None:
        async with open_client(patient) as client:
            await act(AppSetup(client, address=settings.server.phone_page))

    try:
        asyncio.run(done())
    except TwentyError as error:
        _report(error)
        return False
    return True


async def _carry_out(setup: AppSetup, steps: Sequence[AppStep], *, dry_run: bool, nothing: Phrase) -> None:
    if not steps:
        terminal.say(nothing)
    elif dry_run:
        terminal.say(*(phrase("- {step}", step=step.sentence) for step in steps))
    else:
        await setup.carry_out(steps, _tell)


def _tell(step: AppStep) -> None:
    terminal.say(phrase("done: {step}", step=step.sentence))


def _report(error: TwentyError) -> None:
    terminal.say(phrase("The app: {reason}", reason=phrase_of(error)), err=True)
    if isinstance(error, TwentyDenied) and error.code == "twenty.forbidden":
        terminal.say(
            phrase(
                "The key's role needs the settings permissions Applications, Marketplace apps, and "
                "API keys & webhooks: Twenty → Settings → Roles."
            ),
            err=True,
        )
    terminal.say(phrase("Everything else of the bridge works without the app."), err=True)
