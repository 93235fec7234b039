"""`conformance`."""

import typer

from bridge.sandbox.twenty.conformance_command import command

app = typer.Typer(add_completion=False)
app.command()(command)
