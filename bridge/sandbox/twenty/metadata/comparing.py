"""The filters of `objects` and `fields`."""

import fnmatch
import operator
from collections.abc import Callable
from typing import Any

from bridge.sandbox.twenty.model import Row


def _like(value: Any, pattern: Any) -> bool:
    return fnmatch.fnmatchcase(str(value), str(pattern).replace("%", "*"))


_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "is": operator.is_,
    "isNot": operator.is_not,
    "eq": operator.eq,
    "neq": operator.ne,
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
    "like": _like,
    "notLike": lambda value, pattern: not _like(value, pattern),
    "iLike": lambda value, pattern: _like(str(value).lower(), str(pattern).lower()),
    "notILike": lambda value, pattern: not _like(str(value).lower(), str(pattern).lower()),
    "in": lambda value, values: value in values,
    "notIn": lambda value, values: value not in values,
}


def matches(row: Row, given: Row) -> bool:
    """Whether a row passes a filter."""
    return all(_matches(row, key, value) for key, value in given.items())


def _matches(row: Row, key: str, value: Any) -> bool:
    if key == "and":
        return all(matches(row, one) for one in value)
    if key == "or":
        return any(matches(row, one) for one in value)
    return all(_OPERATORS[name](row.get(key), wanted) for name, wanted in value.items())
