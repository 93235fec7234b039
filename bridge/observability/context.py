"""Fields that all log lines of one request have: bound within its task, and in the tasks that it starts.

As structlog's `contextvars`, in one variable instead of one for each field, at a fifth of the cost.
"""

from collections.abc import Mapping
from contextvars import ContextVar
from types import MappingProxyType
from typing import Any

import structlog

_bound: ContextVar[Mapping[str, Any]] = ContextVar("bound", default=MappingProxyType({}))


def bind(**more: Any) -> None:
    """Adds fields; a later value replaces an earlier one."""
    _bound.set({**_bound.get(), **more})


def bound() -> Mapping[str, Any]:
    """The fields."""
    return _bound.get()


def merge(_logger: Any, _name: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """The processor that adds them to a line, where it does not name them itself."""
    return {**_bound.get(), **event}
