"""`setup …`."""

from typing import Annotated

import typer

from bridge.cli.options import ConfigFile

group = typer.Typer(help="Prepare the systems that the bridge stands between.", no_args_is_help=True)


@group.callback()
def setup() -> None:
    """Prepare the systems that the bridge stands between."""


@group.command()
def twenty(
    config: ConfigFile = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the plan, and change nothing.")] = False,
) -> None:
    """Give the workspace phone calls, as if Twenty had brought them along. Run twice it changes nothing."""
    from bridge.cli.setup.twenty import run

    if not run(config, dry_run=dry_run):
        raise typer.Exit(1)


@group.command()
def twilio(
    config: ConfigFile = None,
    name: Annotated[
        str, typer.Option(help="The friendly name of TwiML App and API key.")
    ] = "twenty-twilio-bridge",
    number: Annotated[
        list[str] | None, typer.Option(help="A number to attach beside TWILIO_PHONE_NUMBER; several times.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the plan, and change nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Make the API key and the TwiML App, and attach numbers. What is right already stays."""
    from bridge.cli.setup.twilio import run

    if not run(config, name=name, numbers=number or [], dry_run=dry_run, yes=yes):
        raise typer.Exit(1)
