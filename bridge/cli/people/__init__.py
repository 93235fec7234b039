"""`people …`: the telephone numbers of the people in Twenty."""

import typer

from bridge.cli.people.normalise import normalise

app = typer.Typer(no_args_is_help=True, add_completion=False)
app.command()(normalise)


@app.callback()
def people() -> None:
    """The people that Twenty knows."""
