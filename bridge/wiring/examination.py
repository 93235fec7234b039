"""Runs doctor's checks by the bridge itself, for the status page: after the start, and then daily."""

import asyncio
from contextlib import suppress
from datetime import datetime, timedelta
from importlib import import_module
from threading import Thread

from bridge.settings import Settings
from bridge.web.status.report import Diagnosed, Diagnosis

EVERY = timedelta(days=1)
FIRST_IN = 30
"""Seconds: by then the bridge serves, and a start is not slower for it."""


class Examination:
    """`last` is what was found; each replica examines what it sees itself."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.last: Diagnosis | None = None

    async def once(self, now: datetime) -> None:
        """Runs the checks."""
        self.last = Diagnosis(now, await _beside(self._settings))


async def _beside(settings: Settings) -> list[Diagnosed]:
    """Examines in a thread and an event loop of its own: the checks take half a second of CPU time.

    A daemon, so that a bridge that ends does not wait for systems that do not answer.
    """
    loop = asyncio.get_running_loop()
    found: asyncio.Future[list[Diagnosed]] = loop.create_future()

    def examine() -> None:
        with suppress(RuntimeError):  # The bridge has ended meanwhile.
            try:
                doctor = import_module("bridge.doctor.all_checks")
                result = [Diagnosed(**one.as_json()) for one in asyncio.run(doctor.examine_all(settings))]
            except Exception as error:
                loop.call_soon_threadsafe(_settle, found, error)
            else:
                loop.call_soon_threadsafe(_settle, found, result)

    Thread(target=examine, name="doctor", daemon=True).start()
    return await found


def _settle(found: asyncio.Future[list[Diagnosed]], result: list[Diagnosed] | Exception) -> None:
    if found.done():
        return
    if isinstance(result, Exception):
        found.set_exception(result)
    else:
        found.set_result(result)
