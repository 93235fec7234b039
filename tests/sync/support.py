"""What a test of the worker may set."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from bridge.calls.people.matching import Several
from bridge.sync.worker import Worker


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Policies, and whether calls that go on are written."""

    several: Several = "oldest"
    nobody: Literal["log", "create", "skip"] = "log"
    emails: Mapping[str, str] = field(default_factory=dict)
    assignee: str | None = None
    cache_seconds: float = 60
    live: bool = True
    own_numbers: frozenset[str] = frozenset()
    forget_keys: tuple[str, ...] = ()


async def drain(worker: Worker) -> None:
    """Until nothing is due."""
    while await worker.drain_once():
        pass


def it_is(worker: Worker, now: datetime) -> None:
    """Sets the clock of a worker, and stops it."""
    pipeline = worker._pipeline
    pipeline._clock = pipeline._claim._clock = pipeline._settlement._clock = lambda: now
    if pipeline._reminding:
        pipeline._reminding._clock = lambda: now
