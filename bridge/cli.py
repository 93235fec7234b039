"""The command line. What only one command needs is imported by that command."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from bridge.errors import BridgeError

app = typer.Typer(
    name="twenty-bridge",
    help="A bridge between Twilio Voice and Twenty CRM.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
setup = typer.Typer(help="Prepare the systems that the bridge stands between.", no_args_is_help=True)
app.add_typer(setup, name="setup")

ConfigFile = Annotated[
    Path | None, typer.Option("--config", help="The settings' file; config.yaml here, if there is one.")
]


def main() -> None:
    """Runs a command; what goes wrong is told in a sentence, not in a traceback."""
    try:
        app()
    except BridgeError as error:
        typer.echo(str(error), err=True)
        raise SystemExit(2) from None


@app.command()
def serve(config: ConfigFile = None) -> None:
    """Run the bridge."""
    import uvloop

    from bridge import logs, server
    from bridge.settings import load

    settings = load(config)
    logs.configure(settings.log)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(server.serve(settings))
