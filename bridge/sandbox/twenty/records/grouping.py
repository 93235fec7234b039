"""`phoneCallsGroupBy(…)`: records counted and summed by up to two of their values."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import sqlalchemy as sa

from bridge.sandbox.twenty.documents import Selected
from bridge.sandbox.twenty.errors import ApiError, InvalidQuery
from bridge.sandbox.twenty.kinds.parts import column_name, parts_of
from bridge.sandbox.twenty.model import Field, ObjectType
from bridge.sandbox.twenty.records import aggregates, filters
from bridge.sandbox.twenty.workspace import Schema

DIMENSIONS = 2
GROUPS = 50

Value = sa.ColumnElement[Any]
Bucket = Callable[[Any], Any]


@dataclass(frozen=True)
class Dimension:
    """What is grouped by: a column, and for times the period that one falls into."""

    column: Value
    bucket: Bucket = lambda value: value


def group(
    connection: sa.Connection, schema: Schema, owner: ObjectType, arguments: dict[str, Any], one: Selected
) -> list[dict[str, Any]]:
    """The groups as selected, the largest first; raises ApiError."""
    given = arguments.get("groupBy") or []
    dimensions = [_dimension(schema, owner, entry) for entry in given]
    table = schema.tables[owner.name]
    where = [filters.where(schema, owner, arguments.get("filter"))]
    if not filters.mentions_deleted(arguments.get("filter")):
        where.append(table.c.deletedAt.is_(None))
    columns = [dimension.column for dimension in dimensions[:DIMENSIONS]]
    rows = connection.execute(sa.select(table.c.id, *columns).where(*where)).all()
    groups: dict[tuple[Any, ...], list[str]] = {}
    for row in rows:
        key = tuple(d.bucket(value) for d, value in zip(dimensions, row[1:], strict=False))
        groups.setdefault(key, []).append(row[0])
    largest = sorted(groups.items(), key=lambda item: -len(item[1]))[: arguments.get("limit") or GROUPS]
    missing = (None,) * (len(dimensions) - DIMENSIONS)
    return [
        {
            child.key: [*key, *missing]
            if child.name == "groupByDimensionValues"
            else _aggregate(connection, schema, owner, ids, child.name)
            for child in one.children
        }
        for key, ids in largest
    ]


def _aggregate(
    connection: sa.Connection, schema: Schema, owner: ObjectType, ids: list[str], name: str
) -> Any:
    """What an aggregate gives for the records of a group."""
    expression = aggregates.expression(schema, owner, name)
    if expression is None:
        return None
    table = schema.tables[owner.name]
    return connection.execute(sa.select(expression).where(table.c.id.in_(ids))).scalar()


def _dimension(schema: Schema, owner: ObjectType, entry: object) -> Dimension:
    if not isinstance(entry, dict) or len(entry) != 1:
        raise InvalidQuery("Each groupBy must name one field")
    ((name, how),) = entry.items()
    if name in owner.joins:
        return Dimension(schema.column(owner, name))
    field = owner.fields.get(name)
    if field is None:
        raise InvalidQuery(f'Unidentified field "{name}" in groupBy of object {owner.name}')
    if field.relation:
        return _related(schema, owner, field, how)
    if field.composite:
        return Dimension(schema.column(owner, column_name(name, _part(field, how))))
    if field.type in ("DATE_TIME", "DATE"):
        return Dimension(schema.column(owner, name), _period(field, how))
    return Dimension(schema.column(owner, name))


def _part(field: Field, how: object) -> str:
    part = next(iter(how), "") if isinstance(how, dict) else ""
    if part not in {one.name for one in parts_of(field.type)}:
        raise InvalidQuery(f'Unidentified sub field "{part}" in groupBy of field {field.name}')
    return part


def _related(schema: Schema, owner: ObjectType, field: Field, how: object) -> Dimension:
    if field.relation is None or not field.to_one:
        raise InvalidQuery(f'Cannot group by relation field "{field.name}"')
    target = schema.catalog.target(field.relation)
    inner = _dimension(schema, target, how)
    table = schema.tables[target.name]
    join = schema.column(owner, field.join_name)
    return Dimension(sa.select(inner.column).where(table.c.id == join).scalar_subquery(), inner.bucket)


def _period(field: Field, how: object) -> Bucket:
    """The period of a time in the zone that was given, by the day on which it begins."""
    options = how if isinstance(how, dict) else {}
    granularity = options.get("granularity", "DAY")
    zone = _zone(options.get("timeZone")) if field.type == "DATE_TIME" else None
    if granularity not in _PERIODS:
        raise InvalidQuery(f"Invalid date granularity {granularity}")

    def bucket(value: Any) -> Any:
        if value is None:
            return None
        moment = datetime.fromisoformat(value)
        return _PERIODS[granularity](moment.astimezone(zone).date() if zone else moment.date())

    return bucket


def _zone(name: object) -> ZoneInfo:
    if not name:
        raise ApiError("Missing time zone", sub_code="MISSING_TIMEZONE_FOR_DATE_GROUP_BY")
    try:
        return ZoneInfo(str(name))
    except (ZoneInfoNotFoundError, ValueError):
        raise InvalidQuery(f"Invalid time zone {name}") from None


def _months(every: int) -> Callable[[date], str]:
    return lambda day: day.replace(month=(day.month - 1) // every * every + 1, day=1).isoformat()


_PERIODS: dict[str, Callable[[date], Any]] = {
    "DAY": date.isoformat,
    "WEEK": lambda day: (day - timedelta(days=day.weekday())).isoformat(),
    "MONTH": _months(1),
    "QUARTER": _months(3),
    "YEAR": _months(12),
    "DAY_OF_THE_WEEK": lambda day: day.strftime("%A"),
    "MONTH_OF_THE_YEAR": lambda day: day.strftime("%B"),
    "QUARTER_OF_THE_YEAR": lambda day: f"Q{(day.month - 1) // 3 + 1}",
    "NONE": date.isoformat,
}
