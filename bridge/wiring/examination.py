"""Runs doctor's checks by the bridge itself, for the status page: after the start, and then daily."""

import asyncio
from datetime import datetime, timedelta
from importlib import import_module

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
        # In a thread, as importing it takes longer than a caller should wait.
        doctor = await asyncio.to_thread(import_module, "bridge.doctor.all_checks")
        found = await doctor.examine_all(self._settings)
        self.last = Diagnosis(now, [Diagnosed(**one.as_json()) for one in found])
