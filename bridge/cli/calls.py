"""`calls …`."""

from typing import Annotated

import typer

from bridge.cli.options import ConfigFile

group = typer.Typer(help="The calls that the inbox knows.", no_args_is_help=True)


@group.callback()
def calls() -> None:
    """The calls that the inbox knows."""


@group.command()
def relink(
    config: ConfigFile = None,
    days: Annotated[int, typer.Option(min=1, help="How far back.")] = 3650,
) -> None:
    """Match calls without a person anew; the running bridge writes them."""
    from bridge.commands.calls_relink import run

    run(config, days=days)
