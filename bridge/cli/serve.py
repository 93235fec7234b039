"""`serve`."""

import asyncio
from collections.abc import Callable

import typer

from bridge.cli.options import ConfigFile
from bridge.observability import logs
from bridge.settings import load, secrets_of
from bridge.wiring import serve as wiring

app = typer.Typer(add_completion=False)


@app.command()
def serve(config: ConfigFile = None) -> None:
    """Run the bridge."""
    settings = load(config)
    log_request = logs.configure(settings.log, secrets=secrets_of(settings))
    with asyncio.Runner(loop_factory=fastest_loop()) as runner:
        serving = wiring.serve(settings, config=config, reread=lambda: load(config), log_request=log_request)
        runner.run(serving)


def fastest_loop() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """That of uvloop where it is installed, else that of asyncio."""
    try:
        import uvloop  # noqa: PLC0415 - not on every platform
    except ModuleNotFoundError:
        return None
    return uvloop.new_event_loop
