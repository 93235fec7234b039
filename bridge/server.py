"""Runs the application until told to stop."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import structlog
from aiohttp import web

from bridge.app import SCRAPE, open_app
from bridge.errors import CannotListen
from bridge.settings import MetricsSettings, Settings
from bridge.web.protocol import Runner
from bridge.web.scrape import Scrape

METRICS_STOP_SECONDS = 1

log = structlog.get_logger()


async def serve(settings: Settings) -> None:
    """Serves until SIGTERM or SIGINT; then takes nothing new, and ends what it began."""
    stopped = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stopped.set)
    server = settings.server
    async with open_app(settings) as app:
        runner = Runner(app, shutdown_timeout=server.stop_seconds)
        async with _metrics(app[SCRAPE], settings.metrics), _serving(runner):
            await _listen(runner, server.host, server.port, "BRIDGE_HOST, BRIDGE_PORT")
            host, port = runner.addresses[0][:2]
            log.info("bridge.ready", host=host, port=port, public_url=server.public_url, after=_age())
            await stopped.wait()
            log.info("bridge.stopping")
    log.info("bridge.stopped")


@asynccontextmanager
async def _metrics(scrape: Scrape, settings: MetricsSettings) -> AsyncIterator[None]:
    if not settings.enabled:
        yield
        return
    runner = Runner(scrape.application(), shutdown_timeout=METRICS_STOP_SECONDS)
    async with _serving(runner):
        await _listen(runner, settings.host, settings.port, "BRIDGE_METRICS_HOST, BRIDGE_METRICS_PORT")
        host, port = runner.addresses[0][:2]
        log.info("metrics.ready", url=f"http://{host}:{port}/metrics")
        yield


@asynccontextmanager
async def _serving(runner: web.AppRunner) -> AsyncIterator[None]:
    await runner.setup()
    try:
        yield
    finally:
        await runner.cleanup()


async def _listen(runner: web.AppRunner, host: str, port: int, settings: str) -> None:
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError as problem:
        where = f"{host}:{port} ({settings})"
        raise CannotListen(f"Cannot listen on {where}: {problem.strerror or problem}.") from problem


def _age() -> float | None:
    """Seconds since the process started, where the system tells (Linux)."""
    try:
        started = float(Path("/proc/self/stat").read_text().rsplit(")", 1)[1].split()[19]) / 100
    except OSError:
        return None
    return round(time.clock_gettime(time.CLOCK_BOOTTIME) - started, 2)
