"""`keys …`."""

from typing import Annotated

import typer

from bridge.cli.options import AsJson

group = typer.Typer(help="Keys for whoever asks for access tokens without being a user of Twenty.")


@group.callback()
def keys() -> None:
    """Keys for whoever asks for access tokens without being a user of Twenty."""


@group.command("new")
def new(
    name: Annotated[str, typer.Option(help="What it is called in logs and settings.")],
    identity: Annotated[list[str] | None, typer.Option(help="As whom; may be given again.")] = None,
    pattern: Annotated[str | None, typer.Option(help="As whom: a regular expression.")] = None,
    per_minute: Annotated[int | None, typer.Option(help="How many tokens.")] = None,
    expires: Annotated[str | None, typer.Option(help="Its last day, as 2027-01-31.")] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Make a key: it is printed once, with the line for config.yaml, which has only a hash of it."""
    from bridge.cli.keys import run

    wanted = {
        "name": name,
        "identities": identity,
        "pattern": pattern,
        "per_minute": per_minute,
        "expires": expires,
    }
    run({option: value for option, value in wanted.items() if value not in (None, [])}, as_json=as_json)
