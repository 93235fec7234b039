"""What a connection can count and sum: `totalCount`, `maxDurationInSeconds`, `countEmptyStatus` …"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from bridge.sandbox.twenty.kinds.parts import Scalar
from bridge.sandbox.twenty.model import Field, ObjectType, pascal
from bridge.sandbox.twenty.workspace import Schema

Column = sa.ColumnElement[Any]
Function = Callable[[Column], Column]


def _share(count: Column) -> Column:
    return sa.cast(count, sa.Float) / sa.func.nullif(sa.func.count(), 0)


def _empty(column: Column) -> Column:
    return sa.func.count() - sa.func.count(column)


_COUNTS: dict[str, Function] = {
    "countUniqueValues": lambda column: sa.func.count(column.distinct()),
    "countEmpty": _empty,
    "countNotEmpty": sa.func.count,
    "percentageEmpty": lambda column: _share(_empty(column)),
    "percentageNotEmpty": lambda column: _share(sa.func.count(column)),
}
_BOOLEANS: dict[str, Function] = {
    "countTrue": lambda column: sa.func.count().filter(column.is_(sa.true())),
    "countFalse": lambda column: sa.func.count().filter(column.is_(sa.false())),
}
_BOUNDS: dict[str, Function] = {"min": sa.func.min, "max": sa.func.max}
_SUMS: dict[str, Function] = {"avg": sa.func.avg, "sum": sa.func.sum}
_NUMERIC = (Scalar.NUMBER, Scalar.NUMERIC)
_DATES = ("DATE_TIME", "DATE")
_AMOUNT = "amountMicros"


@dataclass(frozen=True)
class Aggregate:
    """What an aggregate computes, and of which column; of none where the sandbox keeps none."""

    name: str
    function: str
    apply: Function
    field: Field
    column: str | None


def aggregates_of(owner: ObjectType) -> dict[str, Aggregate]:
    """The aggregates of an object by name, without `totalCount`."""
    return {one.name: one for field in owner.fields.values() for one in _of_field(field)}


def _of_field(field: Field) -> Iterator[Aggregate]:
    if field.relation and not (field.to_one and field.type == "MORPH_RELATION"):
        return
    column = field.columns[0].name if field.columns else None
    yield from _named(field, field.name, _COUNTS, column)
    if field.relation:
        return
    if field.type == "CURRENCY":
        amount = f"{field.name}{pascal(_AMOUNT)}"
        yield from _named(field, amount, _BOUNDS | _SUMS, amount)
    elif field.type == "BOOLEAN":
        yield from _named(field, field.name, _BOOLEANS, column)
    elif field.type in _DATES:
        yield from _named(field, field.name, _BOUNDS, column)
    elif column and field.columns[0].part.scalar in _NUMERIC:
        yield from _named(field, field.name, _BOUNDS | _SUMS, column)


def _named(
    field: Field, subject: str, functions: dict[str, Function], column: str | None
) -> Iterator[Aggregate]:
    for name, apply in functions.items():
        yield Aggregate(f"{name}{pascal(subject)}", name, apply, field, column)


def expression(schema: Schema, owner: ObjectType, name: str) -> Column | None:
    """The SQL of an aggregate; None for a name that is none."""
    if name == "totalCount":
        return sa.func.count()
    one = aggregates_of(owner).get(name)
    if one is None or one.column is None:
        return None
    return one.apply(schema.column(owner, one.column))
