"""`demo`."""

from typing import Annotated

import typer

from bridge.demo.command import run

app = typer.Typer(add_completion=False)


@app.command()
def demo(
    once: Annotated[bool, typer.Option(help="End when the calls are over.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object instead of a table.")
    ] = False,
) -> None:
    """Place calls, out and in, through a sandbox Twilio, the bridge and a sandbox Twenty."""
    raise typer.Exit(run(once=once, as_json=as_json))
