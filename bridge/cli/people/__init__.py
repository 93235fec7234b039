"""`people …`."""

from pathlib import Path
from typing import Annotated

import typer

from bridge.cli.options import AsJson, ConfigFile

group = typer.Typer(help="The people that Twenty knows.", no_args_is_help=True)


@group.callback()
def people() -> None:
    """The people that Twenty knows."""


@group.command()
def normalise(
    config: ConfigFile = None,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")] = False,
    file: Annotated[
        Path | None,
        typer.Option(
            "--file", help="Where to keep what stood there before; phones-….jsonl here, if not said."
        ),
    ] = None,
    undo: Annotated[
        Path | None,
        typer.Option("--undo", help="Put back what this file kept, where nobody changed it since."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Rewrite people's numbers in Twenty's own form, so that calls find them. Twice it changes nothing."""
    from bridge.cli.people.normalise import run as rewrite
    from bridge.cli.people.undo import run as put_back

    if undo and (dry_run or file):
        raise typer.BadParameter("--undo takes neither --dry-run nor --file")
    if undo:
        well = put_back(config, file=undo, as_json=as_json)
    else:
        well = rewrite(config, dry_run=dry_run, file=file, as_json=as_json)
    if not well:
        raise typer.Exit(1)
