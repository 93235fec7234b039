"""Tells systemd that the bridge is ready, that its event loop runs, and that it stops; takes its sockets.

Outside of systemd it does nothing. https://www.freedesktop.org/software/systemd/man/latest/sd_notify.html
"""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress

import structlog

from bridge import background

ADDRESS = "NOTIFY_SOCKET"
WATCHDOG_MICROSECONDS = "WATCHDOG_USEC"

FIRST_SOCKET = 3

log = structlog.get_logger()


def notify(state: str) -> None:
    """Sends a state (`READY=1`, `STOPPING=1`, `WATCHDOG=1`) where systemd listens."""
    address = os.environ.get(ADDRESS, "")
    if not address:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        try:
            # An abstract address is written with @ for its null byte.
            systemd.connect(address.replace("@", "\0", 1) if address.startswith("@") else address)
            systemd.sendall(state.encode())
        except OSError as problem:
            log.warning("systemd.not_notified", state=state, problem=problem.strerror)


def sockets(
    environ: Mapping[str, str] = os.environ, *, pid: int | None = None, first: int = FIRST_SOCKET
) -> list[socket.socket]:
    """The listening sockets that systemd keeps (`twenty-bridge.socket`); none without such a unit.

    A bridge that died leaves them open: connections wait there until it has started again.
    https://www.freedesktop.org/software/systemd/man/latest/sd_listen_fds.html
    """
    if environ.get("LISTEN_PID") != str(pid or os.getpid()):
        return []
    found = [socket.socket(fileno=first + n) for n in range(int(environ.get("LISTEN_FDS") or 0))]
    for one in found:
        one.setblocking(False)
        one.set_inheritable(False)
    return found


@asynccontextmanager
async def watched() -> AsyncIterator[None]:
    """Ready from here on, and stopping at the end; in between the watchdog hears of the event loop."""
    notify("READY=1")
    seconds = int(os.environ.get(WATCHDOG_MICROSECONDS) or 0) / 1_000_000
    pulse = background.start(_pulse(seconds / 2), name="systemd's watchdog") if seconds else None
    try:
        yield
    finally:
        if pulse:
            pulse.cancel()
            with suppress(asyncio.CancelledError):
                await pulse
        notify("STOPPING=1")


async def _pulse(seconds: float) -> None:
    while True:
        notify("WATCHDOG=1")
        await asyncio.sleep(seconds)
