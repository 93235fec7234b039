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
    probe_webhook: Annotated[
        bool,
        typer.Option(
            "--probe-webhook",
            help="Where no delivery of Twenty's webhook arrived lately: ask, create a person, wait for the "
            "delivery, and destroy the person.",
        ),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before that.")] = False,
) -> None:
    """Check every setting and connection, and say what mends it; the exit status is 1 where one fails."""
    from bridge.cli.doctor import run

    if not run(config, names or (), as_json=as_json, probe_webhook=probe_webhook, yes=yes):
        raise typer.Exit(1)
