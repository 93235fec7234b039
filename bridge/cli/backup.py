"""`backup` copies the database while the bridge runs."""

from pathlib import Path
from typing import Annotated

import typer

from bridge.cli import terminal
from bridge.cli.options import ConfigFile
from bridge.inbox.backup import back_up
from bridge.language.phrase import phrase
from bridge.settings import load

app = typer.Typer(add_completion=False)


@app.command()
def backup(
    to: Annotated[Path, typer.Argument(metavar="FILE", help="Where the copy goes; it must not exist yet.")],
    config: ConfigFile = None,
) -> None:
    """Copy the database as of this moment, while the bridge runs. For PostgreSQL it prints the command."""
    file = back_up(load(config).inbox.database_url.get_secret_value(), to)
    size = to.stat().st_size / 2**20
    terminal.say(phrase("{file} was copied to {to} ({size:.1f} MB).", file=file, to=to, size=size))
    terminal.say(phrase("Keep .env and your config.yaml or config.local.yaml with it."))
