"""`calls …`: what the inbox holds, and what an operator can do about it."""

import typer

from bridge.cli.calls.forget import forget
from bridge.cli.calls.list import list_
from bridge.cli.calls.retry import relink, retry
from bridge.cli.calls.show import show

app = typer.Typer(no_args_is_help=True, add_completion=False)
app.command("list")(list_)
app.command()(show)
app.command()(retry)
app.command()(relink)
app.command()(forget)


@app.callback()
def calls() -> None:
    """The calls that the inbox knows."""
