"""Structured logs: JSON lines, or readable ones on a terminal."""

import logging
import sys

import structlog

from bridge.settings import LogSettings


def configure(settings: LogSettings) -> None:
    """Sets up logging for the process; what libraries log from WARNING on goes the same way."""
    level = logging.getLevelNamesMapping()[settings.level.upper()]
    as_json = settings.json_lines if settings.json_lines is not None else not sys.stderr.isatty()
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer = (
        _json_lines()
        if as_json
        else [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
    )
    structlog.configure(
        processors=[*shared, *renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=[_without_meta, *renderer])
    )
    logging.basicConfig(level=max(level, logging.WARNING), handlers=[handler], force=True)


def _json_lines() -> list[structlog.typing.Processor]:
    # Local variables hold secrets.
    tracebacks = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
    return [
        structlog.processors.ExceptionRenderer(tracebacks),
        structlog.processors.JSONRenderer(ensure_ascii=False),
    ]


_without_meta = structlog.stdlib.ProcessorFormatter.remove_processors_meta
