"""What happened in a run, line by line, with its time: the trace that is printed, and compared."""

import logging
import sys
import traceback
from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any

import structlog

from tests.simulation.clock import CLOCK
from tests.simulation.loop import current

UNTOLD = frozenset({"request", "settings.changed"})


@dataclass
class Story:
    """The lines so far; `errors` are those that no operator should ever see."""

    lines: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    sometimes: set[str] = field(default_factory=set)
    """Which interesting things have happened."""

    watch: Callable[[str, Mapping[str, Any]], None] = lambda _event, _details: None
    """Sees each event of a log, before it is told."""

    def tell(self, what: str, *, who: str = "") -> None:
        """Adds a line."""
        process = current()
        self.lines.append(f"{CLOCK.now:9.3f}  {who or (process.name if process else 'teller'):8} {what}")

    def once(self, what: str) -> None:
        """Something interesting has happened."""
        self.sometimes.add(what)

    def listen(self) -> None:
        """Hears the log of all processes."""
        structlog.configure(
            processors=[self._hear],
            wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
            cache_logger_on_first_use=False,
        )
        logging.basicConfig(level=logging.WARNING, handlers=[_Handler(self)], force=True)

    def _hear(self, _logger: Any, level: str, event: MutableMapping[str, Any]) -> Any:
        process, name = current(), str(event.pop("event"))
        failure = event.pop("exc_info", None)
        if name == "bridge.ready":
            # Read from /proc, which knows nothing of simulated time.
            event.pop("after")
        details = " ".join(f"{key}={_short(value)}" for key, value in event.items())
        if name not in UNTOLD:
            self.tell(f"{name} {details}".rstrip())
        self.watch(name, event)
        # A traceback in the log of the bridge is an error that the code does not foresee.
        if failure and process and process.name == "bridge":
            self.errors.append(f"{name} {details}: {_cause(failure)}")
        raise structlog.DropEvent


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 70 else f"{text[:67]}…"


def _cause(failure: object) -> str:
    error = sys.exc_info()[1] if failure is True else failure
    if isinstance(error, tuple):
        error = error[1]
    if not isinstance(error, BaseException):
        return "?"
    return "".join(traceback.format_exception(error)[-6:])


class _Handler(logging.Handler):
    """What libraries log."""

    def __init__(self, story: Story) -> None:
        super().__init__(logging.WARNING)
        self._story = story

    def emit(self, record: logging.LogRecord) -> None:
        process = current()
        self._story.tell(f"{record.name}: {_short(record.getMessage())}")
        if process and process.name == "bridge" and record.exc_info:
            self._story.errors.append(f"{record.name}: {record.getMessage()}: {_cause(record.exc_info)}")
