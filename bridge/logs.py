"""Structured logs: JSON lines, or readable ones on a terminal. No secret gets past the last step."""

import logging
import sys
from collections.abc import Iterable
from types import TracebackType
from typing import Any

import structlog

from bridge.json_text import to_json
from bridge.log_lines import Lines
from bridge.redact import Redactor
from bridge.settings import LogSettings


def configure(settings: LogSettings, *, secrets: Iterable[str]) -> None:
    """Sets up logging for the process; what libraries log from WARNING on goes the same way.

    So does what Python would print of an exception that nobody caught. `secrets` are taken out of it all.
    """
    lines = Lines(sys.stderr)
    redact = Redactor(secrets, full_numbers=settings.full_numbers)
    level = logging.getLevelNamesMapping()[settings.level.upper()]
    as_json = settings.json_lines if settings.json_lines is not None else not sys.stderr.isatty()
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    *before, render = (
        _json_lines()
        if as_json
        else [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
    )
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


def _redacted(render: structlog.typing.Processor, redact: Redactor) -> structlog.typing.Processor:
    """The whole line is looked at, whatever its fields are and however they are nested."""

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
    ]


_without_meta = structlog.stdlib.ProcessorFormatter.remove_processors_meta
