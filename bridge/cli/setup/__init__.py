"""`setup …`: prepares the Twilio account and the workspace in Twenty, with a button Call."""

import typer

from bridge.cli.setup.app import app as application
from bridge.cli.setup.twenty import twenty
from bridge.cli.setup.twilio import twilio

app = typer.Typer(no_args_is_help=True, add_completion=False)
app.command()(twenty)
app.command()(twilio)
app.command("app")(application)


@app.callback()
def setup() -> None:
    """Prepare Twilio and Twenty for the bridge."""
