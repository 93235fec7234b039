"""`serve`."""

import asyncio

import typer
import uvloop

from bridge.cli.options import ConfigFile
from bridge.observability import logs
from bridge.settings import load, secrets_of
from bridge.wiring import serve as wiring

app = typer.Typer(add_completion=False)


@app.command()
def serve(config: ConfigFile = None) -> None:
    """Run the bridge."""
    settings = load(config)
    logs.configure(settings.log, secrets=secrets_of(settings))
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(wiring.serve(settings))
