"""The time and the randomness of a simulated machine, installed before anything else is imported.

Both are the process's own: a simulation has a process to itself (`python -m tests.simulation`).
"""

import ctypes
import gc
import os
import random
import time
import uuid
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import Any

EPOCH = datetime(2026, 11, 23, 9, 0, tzinfo=UTC).timestamp()
"""When every simulation begins."""

REAL_SECONDS = time.perf_counter
"""The machine's own clock."""

BOOTED = 1000.0
"""The monotonic clock at that time, in seconds."""

skew: ContextVar[Callable[[], float]] = ContextVar("skew", default=float)
"""By how many seconds the wall clock of the running process is off."""


@dataclass
class Clock:
    """Virtual time: `now` is in seconds since the simulation began."""

    now: float = 0.0

    def monotonic(self) -> float:
        """As `time.monotonic`."""
        return BOOTED + self.now

    def wall(self) -> float:
        """As `time.time`, for the process that runs."""
        return EPOCH + self.now + skew.get()()


@dataclass
class Chance:
    """What `os.urandom` and all that is built on it give."""

    drawn: random.Random = field(default_factory=lambda: random.Random(0))

    def seed(self, seed: object) -> None:
        """Starts anew; the module `random`, too."""
        self.drawn = random.Random(f"bytes of {seed}")
        random.seed(f"random of {seed}")

    def draw(self, size: int) -> bytes:
        """As `os.urandom`."""
        return self.drawn.randbytes(size)


CLOCK, CHANCE = Clock(), Chance()


def install() -> None:
    """Replaces the clocks and the randomness of this process."""
    real: Any = time
    real.time, real.monotonic, real.perf_counter = CLOCK.wall, CLOCK.monotonic, CLOCK.monotonic
    real.time_ns = lambda: round(CLOCK.wall() * 1e9)
    real.monotonic_ns = real.perf_counter_ns = lambda: round(CLOCK.monotonic() * 1e9)
    # A type written in C has no attribute that can be set, but a dictionary.
    (members,) = gc.get_referents(datetime.__dict__)
    members["now"] = classmethod(_now)
    ctypes.pythonapi.PyType_Modified(ctypes.py_object(datetime))
    source: Any = random
    source._urandom = CHANCE.draw  # SystemRandom, and with it `secrets`, draws from there
    os.urandom = CHANCE.draw
    uuid.uuid4 = lambda: uuid.UUID(bytes=CHANCE.draw(16), version=4)


def _now(cls: type[datetime], tz: tzinfo | None = None) -> datetime:
    return cls.fromtimestamp(CLOCK.wall(), tz)
