"""What a connection can count and sum: `totalCount`, `maxDurationInSeconds`, `countEmptyStatus` …"""

import re
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from bridge.sandbox.twenty.kinds.parts import Scalar
from bridge.sandbox.twenty.model import ObjectType
from bridge.sandbox.twenty.workspace import Schema

Column = sa.ColumnElement[Any]

_NAME = re.compile(
    "(countUniqueValues|countEmpty|countNotEmpty|percentageEmpty|percentageNotEmpty|min|max|avg|sum)([A-Z].*)"
)


def _share(count: Column) -> Column:
    return sa.cast(count, sa.Float) / sa.func.nullif(sa.func.count(), 0)


def _empty(column: Column) -> Column:
    return sa.func.count() - sa.func.count(column)


FUNCTIONS: dict[str, Callable[[Column], Column]] = {
    "countUniqueValues": lambda column: sa.func.count(column.distinct()),
    "countEmpty": _empty,
    "countNotEmpty": sa.func.count,
    "percentageEmpty": lambda column: _share(_empty(column)),
    "percentageNotEmpty": lambda column: _share(sa.func.count(column)),
    "min": sa.func.min,
    "max": sa.func.max,
    "avg": sa.func.avg,
    "sum": sa.func.sum,
}
NUMERIC = (Scalar.NUMBER, Scalar.NUMERIC)


def expression(schema: Schema, owner: ObjectType, name: str) -> Column | None:
    """The SQL of an aggregate; None for a name that is none."""
    if name == "totalCount":
        return sa.func.count()
    match = _NAME.fullmatch(name)
    if match is None:
        return None
    function, field_name = match[1], match[2][0].lower() + match[2][1:]
    field = owner.fields.get(field_name)
    if field is None or not field.columns:
        return None
    return FUNCTIONS[function](schema.column(owner, field.columns[0].name))
