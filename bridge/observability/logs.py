"""Structured logs: JSON lines, or readable ones on a terminal; the last step redacts secrets.

All lines of one turn of the event loop are one write.
"""

import asyncio
import atexit
import logging
import sys
import textwrap
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from io import StringIO
from threading import Lock
from types import TracebackType
from typing import Any, TextIO

import orjson
import structlog

from bridge.json_text import to_json
from bridge.observability import context, printable
from bridge.observability.colour import in_colour
from bridge.observability.output import Output
from bridge.observability.redactor import Redactor
from bridge.settings import LogSettings

MOST_WAITING = 10_000
"""Lines that wait for a stream that takes none; of more the oldest are lost, and counted."""

RETRY_SECONDS = 1.0
"""Until lines are written for which the stream had no room."""

END_SECONDS = 1.0
"""How long the end of the process waits for a stream that takes nothing."""


class LogStream:
    """Writes lines to a stream: at the end of the loop's turn, or at once where no loop runs.

    Lines for which the stream has no room (a full disk, a pipe whose reader stands still) wait for it, and
    nothing else does.
    """

    def __init__(self, stream: TextIO) -> None:
        self._output = Output(stream)
        self._gathered: deque[str] = deque()
        self._lost = 0
        self._comes_to_write = False
        self._lock = Lock()
        atexit.register(self.flush, within=END_SECONDS)

    def msg(self, line: str) -> None:
        """One line, without its end."""
        self.write(f"{line}\n")
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self.flush()
            return
        # The first line of a turn schedules one write for all.
        if not self._comes_to_write:
            self._comes_to_write = True
            loop.call_soon(self._end_of_turn)

    debug = info = warning = error = critical = exception = msg

    def write(self, text: str) -> None:
        """Some text, in its turn."""
        self._gathered.append(text)
        if len(self._gathered) > MOST_WAITING:
            self._gathered.popleft()
            self._lost += 1

    def flush(self, *, within: float = 0.0) -> bool:
        """Writes all gathered lines, once the stream has taken those before them; whether it took all."""
        # Threads may append meanwhile; what they append is written by them, or here.
        with self._lock:
            lost = self._write_gathered() if self._output.is_free(within=within) else 0
            is_written = self._output.is_free(within=within)
        if lost:
            structlog.get_logger().warning("log.lines_lost", lines=lost)
        return is_written

    def _write_gathered(self) -> int:
        """How many lines before these were lost."""
        lost, self._lost = self._lost, 0
        if text := "".join([self._gathered.popleft() for _ in range(len(self._gathered))]):
            self._output.write(text)
        return lost

    def _end_of_turn(self) -> None:
        self._comes_to_write = False
        if not self.flush() and not self._comes_to_write:
            self._comes_to_write = True
            asyncio.get_running_loop().call_later(RETRY_SECONDS, self._end_of_turn)


LONGEST_VALUE = 2_000
"""Characters of one field; what is longer is text from outside, and is cut."""


LogRequest = Callable[[Mapping[str, Any]], None]
"""Logs one request, by fields of which the `method` alone comes from outside."""


def log_request(fields: Mapping[str, Any]) -> None:
    """As any other event."""
    structlog.get_logger().info(REQUEST, **fields)


REQUEST = "request"


class RequestLines:
    """Logs requests as JSON lines, equal to those of `log_request`, at a third of the cost.

    The redactor reads only what comes from outside. Where it would change anything, or a text needs escapes,
    the line is made as any other.
    """

    def __init__(self, lines: LogStream, redact: Redactor) -> None:
        self._lines = lines
        self._redact = redact

    def __call__(self, fields: Mapping[str, Any]) -> None:
        """Logs a request, with what was bound to its context."""
        bound = context.bound()
        foreign = " ".join([fields["method"], *[value for value in bound.values() if type(value) is str]])
        if len(foreign) > LONGEST_VALUE or not foreign.isprintable() or self._redact(foreign) != foreign:
            log_request(fields)
            return
        line = {**bound, **fields, "event": REQUEST, "level": "info", "timestamp": datetime.now(UTC)}
        self._lines.msg(orjson.dumps(line, option=orjson.OPT_UTC_Z).decode())


def configure(settings: LogSettings, *, secrets: Iterable[str]) -> LogRequest:
    """Sets up logging for the process; libraries' logs from WARNING on are included.

    So do uncaught exceptions. `secrets` are removed from every line. Returns what logs requests.
    """
    lines = LogStream(sys.stderr)
    redact = Redactor(secrets, full_numbers=settings.full_numbers)
    level = logging.getLevelNamesMapping()[settings.level.upper()]
    as_json = settings.json_lines if settings.json_lines is not None else not sys.stderr.isatty()
    shared: list[structlog.typing.Processor] = [
        context.merge,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _cut(redact),
    ]
    *before, render = _json_lines() if as_json else _console_lines()
    renderer = [*before, _redacted(render, redact)]
    structlog.configure(
        processors=[*shared, *renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_names: lines,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(lines)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=[_without_meta, *renderer])
    )
    logging.basicConfig(level=max(level, logging.WARNING), handlers=[handler], force=True)
    logging.captureWarnings(True)
    sys.excepthook = _last_words
    return RequestLines(lines, redact) if as_json and level <= logging.INFO else log_request


def _cut(redact: Callable[[str], str]) -> structlog.typing.Processor:
    """Cuts long fields after redacting them: the redactor does not recognise a cut secret."""

    def cut(_logger: Any, _name: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
        for name, value in event.items():
            if isinstance(value, str) and len(value) > LONGEST_VALUE:
                event[name] = f"{redact(value)[:LONGEST_VALUE]}…"
        return event

    return cut


def _redacted(render: structlog.typing.Processor, redact: Redactor) -> structlog.typing.Processor:
    """Redacts the rendered line, so that nested fields are covered, too."""

    def rendered(logger: Any, name: str, event: structlog.typing.EventDict) -> str:
        return redact(str(render(logger, name, event)))

    return rendered


def _last_words(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    structlog.get_logger().critical("bridge.crashed", exc_info=(kind, error, trace))


def _json_lines() -> list[structlog.typing.Processor]:
    # Local variables hold secrets.
    tracebacks = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
    return [
        structlog.processors.ExceptionRenderer(tracebacks),
        structlog.processors.JSONRenderer(serializer=to_json),
        _printable_json,
    ]


def _printable_json(_logger: Any, _name: str, line: Any) -> str:
    return printable.in_json(str(line))


def _console_lines() -> list[structlog.typing.Processor]:
    lines = structlog.dev.ConsoleRenderer(colors=in_colour(sys.stderr), exception_formatter=_traceback)
    return [_printable_values, lines]


class _Printable:
    """A value that is not text, as its `repr` on one line."""

    def __init__(self, value: object) -> None:
        self._value = value

    def __repr__(self) -> str:
        return printable.line(repr(self._value))


def _printable_values(
    _logger: Any, _name: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Before the renderer adds its colours, which are control characters as well."""
    whole = {name: event.pop(name) for name in ("exc_info", "_record", "_from_structlog") if name in event}
    shown = {printable.line(name): _printable_value(value) for name, value in event.items()}
    return {**shown, **whole}


def _printable_value(value: object) -> object:
    return printable.line(value) if isinstance(value, str) else _Printable(value)


def _traceback(stream: TextIO, trace: structlog.typing.ExcInfo) -> None:
    """Indented, so that no line of an error's text looks like a line of the log."""
    text = StringIO()
    structlog.dev.plain_traceback(text, trace)
    stream.write("\n" + textwrap.indent(printable.lines(text.getvalue().strip("\n")), "    "))


_without_meta = structlog.stdlib.ProcessorFormatter.remove_processors_meta
