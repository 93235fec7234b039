"""`doctor`."""

from typing import Annotated

import typer

from bridge.cli.options import ConfigFile


def doctor(
    names: Annotated[
        list[str] | None, typer.Argument(help="Checks or themes, such as twenty; all if not given.")
    ] = None,
    config: ConfigFile = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of lines.")] = False,
) -> None:
    """Check every setting and connection, and say what mends it; the exit status is 1 where one fails."""
    from bridge.commands.doctor import run

    if not run(config, names or (), as_json=as_json):
        raise typer.Exit(1)
