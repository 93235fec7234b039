"""One operator on one column: which are allowed, what values they take, and the SQL of each."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from bridge.sandbox.twenty.errors import ApiError, InvalidFilter, InvalidQuery
from bridge.sandbox.twenty.kinds import moments, scalars
from bridge.sandbox.twenty.kinds.parts import Part, Scalar
from bridge.sandbox.twenty.kinds.wording import inspect

_NUMBERS = (Scalar.NUMBER, Scalar.NUMERIC, Scalar.POSITION)

Condition = sa.ColumnElement[bool]
Value = sa.ColumnElement[Any]

_ORDERED = ("eq", "neq", "gt", "gte", "lt", "lte", "in", "is")
OPERATORS: dict[Scalar, tuple[str, ...]] = {
    Scalar.ARRAY: ("containsAny", "containsIlike", "is", "isEmptyArray"),
    Scalar.BOOLEAN: ("eq", "is"),
    Scalar.DATE: _ORDERED,
    Scalar.DATE_TIME: _ORDERED,
    Scalar.JSON: ("is", "like"),
    Scalar.NUMBER: _ORDERED,
    Scalar.NUMERIC: _ORDERED,
    Scalar.POSITION: _ORDERED,
    Scalar.SELECT: ("eq", "neq", "in", "containsAny", "is", "isEmptyArray"),
    Scalar.TEXT: (*_ORDERED, "like", "ilike", "startsWith", "endsWith"),
    Scalar.TS_VECTOR: ("eq", "neq", "is"),
    Scalar.UUID: _ORDERED,
}

_COMPARE: dict[str, Callable[[Value, Any], Condition]] = {
    "eq": lambda column, value: column == value,
    "neq": lambda column, value: column != value,
    "gt": lambda column, value: column > value,
    "gte": lambda column, value: column >= value,
    "lt": lambda column, value: column < value,
    "lte": lambda column, value: column <= value,
    "in": lambda column, value: column.in_(value),
    "like": lambda column, value: column.like(value),
    "ilike": lambda column, value: column.ilike(value),
    "startsWith": lambda column, value: column.startswith(value, autoescape=True),
    "endsWith": lambda column, value: column.endswith(value, autoescape=True),
    "containsIlike": lambda column, value: column.ilike(f"%{value}%"),
    "containsAny": lambda column, value: sa.or_(*(column.contains(one, autoescape=True) for one in value)),
    "isEmptyArray": lambda column, value: column.is_(None) if value else column.is_not(None),
}


def operator_of(part: Part, name: str, given: object) -> tuple[str, Any]:
    """The one operator of a filter on a column, and its value."""
    if not isinstance(given, dict):
        raise InvalidFilter(f'Filter value for field "{name}" must be an object')
    if len(given) != 1:
        raise InvalidFilter(
            f'Filter for field "{name}" must have exactly one operator',
            friendly="Invalid filter: exactly one operator per field is required",
        )
    ((operator, value),) = given.items()
    allowed = OPERATORS[part.scalar]
    if operator not in allowed:
        raise InvalidFilter(
            f'Operator "{operator}" is not valid for field "{name}" of type {part.scalar}'
            f" - Allowed operators: {', '.join(allowed)}",
            friendly=f'Invalid filter : Operator "{operator}" is not valid for this "{name}"'
            f" {part.scalar} field",
        )
    return operator, value


def compare(column: Value, part: Part, name: str, given: object, options: tuple[str, ...]) -> Condition:
    operator, value = operator_of(part, name, given)
    if operator == "is":
        return _is(column, value)
    if value is None and part.scalar is not Scalar.TEXT and operator not in ("in", "containsAny"):
        return sa.false()
    if operator in ("in", "containsAny"):
        value = [_checked(part, name, one, options) for one in _list(operator, name, value)]
    elif operator in ("like", "ilike", "startsWith", "endsWith", "containsIlike"):
        value = _text(operator, name, value)
    elif operator != "isEmptyArray":
        value = _checked(part, name, value, options)
    condition = _COMPARE[operator](column, value)
    return _or_empty(column, operator, value, condition) if part.scalar is Scalar.TEXT else condition


def _or_empty(column: Value, operator: str, value: object, condition: Condition) -> Condition:
    """An empty text is kept as NULL; comparing with it must find it."""
    if operator == "eq" and value == "":
        return column.is_(None)
    if operator == "neq" and value == "":
        return column.is_not(None)
    if operator in ("like", "ilike") and isinstance(value, str) and not value.strip("%"):
        return sa.or_(condition, column.is_(None))
    return condition


def _is(column: Value, value: object) -> Condition:
    if value not in ("NULL", "NOT_NULL"):
        raise InvalidFilter(f"Invalid filter value for is operator: {inspect(value)}")
    return column.is_(None) if value == "NULL" else column.is_not(None)


def _list(operator: str, name: str, value: object) -> list[Any]:
    if not isinstance(value, list):
        raise InvalidFilter(f'Filter operator "{operator}" requires an array value for field {name}')
    if not value:
        short = name.rpartition(".")[2]
        raise InvalidQuery(
            f"Invalid filter value for field {short}. Expected non-empty array",
            friendly='Invalid filter value: ""',
        )
    return value


def _text(operator: str, name: str, value: object) -> str:
    if not isinstance(value, str):
        raise InvalidFilter(f'Filter value for "{operator}" on field "{name}" must be a string')
    return value


def _checked(part: Part, name: str, value: object, options: tuple[str, ...]) -> object:
    """A value of the column's own type, in the form in which it is stored."""
    if options and value not in options:
        # The database refuses it, not the check of the arguments, and so without a subCode.
        raise ApiError(f'invalid input value for enum: "{value}"')
    try:
        if part.scalar is Scalar.DATE_TIME and isinstance(value, str):
            return moments.to_filter_instant(value)
        if part.scalar in (Scalar.TEXT, Scalar.SELECT, Scalar.ARRAY):
            return value
        if part.scalar in _NUMBERS and isinstance(value, str):
            return scalars.leading_number(value)
        return scalars.CHECKS[part.scalar](value, name)
    except (ApiError, ValueError):
        raise InvalidFilter(f'Invalid filter value {inspect(value)} for field "{name}"') from None
