"""Runs the application until told to stop."""

import asyncio
import gc
import signal
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from functools import partial
from pathlib import Path

import structlog
from aiohttp import web

from bridge.errors import SettingsInvalid
from bridge.observability.logs import LogRequest
from bridge.settings import MetricsSettings, Settings
from bridge.web.operation.listening import Listening
from bridge.web.operation.metrics import Scrape
from bridge.web.operation.protocol_errors import Runner
from bridge.wiring import systemd
from bridge.wiring.application import SCRAPE, SHUTDOWN, open_app

METRICS_STOP_SECONDS = 1
SERVER_IS_SET = "server.host and server.port, or BRIDGE_HOST and BRIDGE_PORT"
METRICS_ARE_SET = (
    "metrics.host and metrics.port, or BRIDGE_METRICS_HOST and BRIDGE_METRICS_PORT; "
    "with metrics.enabled: false there are none"
)

ON_THE_WAY_SECONDS = 0.2
"""For the request of a connection that was just accepted."""

SHUTDOWN_DELAY_SECONDS = 2
"""Seconds, unless set: about as often proxies check `/ready`."""

GARBAGE = 20_000
"""New objects that start a collection; Python's default of 700 is a handful of requests."""

log = structlog.get_logger()


async def serve(
    settings: Settings, *, config: Path | None, reread: Callable[[], Settings], log_request: LogRequest
) -> None:
    """Serves until SIGTERM or SIGINT; then stops listening and finishes open requests.

    SIGHUP logs what a restart would change of the settings: the bridge reads them at its start alone. SIGUSR1
    and SIGUSR2 change nothing.
    """
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stopped.set)
    loop.add_signal_handler(signal.SIGHUP, _log_changes, settings, reread)
    # Their default ends the process; other servers reopen their logs by them.
    for unused in (signal.SIGUSR1, signal.SIGUSR2):
        loop.add_signal_handler(unused, partial(log.warning, "signal.ignored", name=unused.name))
    server = settings.server
    async with open_app(settings, config=config, log_request=log_request) as app:
        runner = Runner(app, shutdown_timeout=server.stop_seconds)
        # Bound before the metrics' port: the error of a second bridge then names this port.
        inherited = systemd.sockets()
        opened = Listening(server.host, server.port, settings=SERVER_IS_SET, inherited=inherited)
        with closing(opened) as listening:
            async with _metrics(app[SCRAPE], settings.metrics), _serving(runner, listening):
                host, port = listening.address
                freeze_garbage_collector()
                log.info("bridge.ready", host=host, port=port, public_url=server.public_url, after=_age())
                async with systemd.watched():
                    await stopped.wait()
                log.info("bridge.stopping")
                app[SHUTDOWN].begin()
                if delay := _shutdown_delay(settings):
                    await asyncio.sleep(delay)
                    await listening.stop(runner)
                    await asyncio.sleep(ON_THE_WAY_SECONDS)
    log.info("bridge.stopped")


def _log_changes(settings: Settings, reread: Callable[[], Settings]) -> None:
    try:
        there = reread()
    except SettingsInvalid as invalid:
        log.error("settings.invalid", problems=invalid.problems)
        return
    changed = [name for name in Settings.model_fields if getattr(there, name) != getattr(settings, name)]
    if changed:
        log.warning("settings.restart_needed", sections=changed)
    else:
        log.info("settings.unchanged")


def freeze_garbage_collector() -> None:
    """Excludes what is loaded now from garbage collection, and collects less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE, 20, 50)


def _shutdown_delay(settings: Settings) -> int:
    """Seconds. Without replicas no other server takes the requests, so there the stop is immediate."""
    if settings.server.shutdown_delay_seconds is None:
        return SHUTDOWN_DELAY_SECONDS if settings.inbox.is_shared else 0
    return settings.server.shutdown_delay_seconds


@asynccontextmanager
async def _metrics(scrape: Scrape, settings: MetricsSettings) -> AsyncIterator[None]:
    if not settings.enabled:
        yield
        return
    runner = Runner(scrape.application(), shutdown_timeout=METRICS_STOP_SECONDS)
    listening = Listening(settings.host, settings.port, settings=METRICS_ARE_SET)
    async with _serving(runner, listening):
        host, port = listening.address
        log.info("metrics.ready", url=f"http://{host}:{port}/metrics")
        yield


@asynccontextmanager
async def _serving(runner: web.AppRunner, listening: Listening) -> AsyncIterator[None]:
    try:
        await runner.setup()
        await listening.start(runner)
        yield
    finally:
        listening.close()
        await runner.cleanup()


def _age() -> float | None:
    """Seconds since the process started, where the system tells (Linux)."""
    try:
        started = float(Path("/proc/self/stat").read_text().rsplit(")", 1)[1].split()[19]) / 100
    except OSError:
        return None
    return round(time.clock_gettime(time.CLOCK_BOOTTIME) - started, 2)
