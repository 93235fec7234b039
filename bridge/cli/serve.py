"""Runs the bridge."""

import asyncio
from pathlib import Path

import uvloop

from bridge.observability import logs
from bridge.settings import load, secrets_of
from bridge.wiring import serve


def run(config: Path | None) -> None:
    """Serves until told to stop."""
    settings = load(config)
    logs.configure(settings.log, secrets=secrets_of(settings))
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve.serve(settings))
