"""Options that several commands have."""

from pathlib import Path
from typing import Annotated

import typer

ConfigFile = Annotated[
    Path | None, typer.Option("--config", help="The settings' file; config.yaml here, if there is one.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
