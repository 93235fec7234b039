"""`phoneCallsGroupBy(…)`: records counted and summed by up to two of their values."""

from collections.abc import Callable, Iterator
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
from bridge.sandbox.twenty.records.order import DIRECTIONS
from bridge.sandbox.twenty.workspace import Schema

DIMENSIONS = 2
GROUPS = 50

WEEK_STARTS = {"MONDAY": 0, "SUNDAY": 6, "SATURDAY": 5}
"""The first day of a week, as Python counts days."""

Value = sa.ColumnElement[Any]
Bucket = Callable[[Any], Any]


@dataclass(frozen=True)
class Dimension:
    """What is grouped by: a column, and for times the period that one falls into."""

    path: tuple[str, ...]
    column: Value
    bucket: Bucket = lambda value: value


@dataclass(frozen=True)
class Group:
    """Records that share their values."""

    values: tuple[Any, ...]
    ids: list[str]


@dataclass(frozen=True)
class Sort:
    """One sort key of groups: a dimension by its place, or else an aggregate by its name."""

    direction: str
    place: int | None = None
    aggregate: str = ""


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
    found = [Group(values, ids) for values, ids in groups.items()]

    def aggregate(group: Group, name: str) -> Any:
        return _aggregate(connection, schema, owner, group.ids, name)

    shown = _sorted(found, list(_sorts(dimensions, arguments.get("orderBy"))), aggregate)
    missing = (None,) * (len(dimensions) - DIMENSIONS)
    return [
        {
            child.key: [*group.values, *missing]
            if child.name == "groupByDimensionValues"
            else aggregate(group, child.name)
            for child in one.children
        }
        for group in shown[: arguments.get("limit") or GROUPS]
    ]


def _sorts(dimensions: list[Dimension], given: object) -> Iterator[Sort]:
    """The sort keys of an orderBy argument; raises InvalidQuery."""
    for entry in given if isinstance(given, list) else [given] if given else []:
        for path, direction in _leaves(entry):
            if direction not in DIRECTIONS:
                raise InvalidQuery(f"Invalid orderBy direction {direction}")
            if path[0] == "aggregate":
                yield Sort(direction, aggregate=path[-1])
                continue
            places = [n for n, one in enumerate(dimensions[:DIMENSIONS]) if one.path == path]
            if not places:
                raise InvalidQuery(f"Cannot order by {'.'.join(path)}: it is not grouped by")
            yield Sort(direction, place=places[0])


def _leaves(entry: object, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """Each field that is sorted by, with its direction; of a date the direction stands beside a period."""
    if not isinstance(entry, dict):
        yield path, str(entry)
    elif "orderBy" in entry:
        yield path, str(entry["orderBy"])
    else:
        for name, inner in entry.items():
            yield from _leaves(inner, (*path, name))


def _sorted(groups: list[Group], sorts: list[Sort], aggregate: Callable[[Group, str], Any]) -> list[Group]:
    """By the keys given, and the largest first where these are equal."""
    ordered = sorted(groups, key=lambda group: -len(group.ids))
    for sort in reversed(sorts):
        keyed = [
            (group.values[sort.place] if sort.place is not None else aggregate(group, sort.aggregate), group)
            for group in ordered
        ]
        empty = [group for value, group in keyed if value is None]
        rest = [(value, group) for value, group in keyed if value is not None]
        rest.sort(key=lambda pair: pair[0], reverse=sort.direction.startswith("Desc"))
        full = [group for _, group in rest]
        ordered = [*empty, *full] if sort.direction.endswith("First") else [*full, *empty]
    return ordered


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
        return Dimension((name,), schema.column(owner, name))
    field = owner.fields.get(name)
    if field is None:
        raise InvalidQuery(f'Unidentified field "{name}" in groupBy of object {owner.name}')
    if field.relation:
        return _related(schema, owner, field, how)
    if field.composite:
        part = _part(field, how)
        return Dimension((name, part), schema.column(owner, column_name(name, part)))
    if field.type in ("DATE_TIME", "DATE"):
        return Dimension((name,), schema.column(owner, name), _period(field, how))
    return Dimension((name,), schema.column(owner, name))


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
    chosen = sa.select(inner.column).where(table.c.id == join, table.c.deletedAt.is_(None)).scalar_subquery()
    return Dimension((field.name, *inner.path), chosen, inner.bucket)


def _period(field: Field, how: object) -> Bucket:
    """The period of a time in the zone that was given, by the day on which it begins."""
    options = how if isinstance(how, dict) else {}
    granularity = options.get("granularity", "DAY")
    first = options.get("weekStartDay") or "MONDAY"
    zone = _zone(options.get("timeZone")) if field.type == "DATE_TIME" else None
    if granularity not in GRANULARITIES or first not in WEEK_STARTS:
        raise InvalidQuery(f"Invalid date granularity {granularity}")

    def bucket(value: Any) -> Any:
        if value is None:
            return None
        moment = datetime.fromisoformat(value)
        day = moment.astimezone(zone).date() if zone else moment.date()
        return _week(day, WEEK_STARTS[first]) if granularity == "WEEK" else _PERIODS[granularity](day)

    return bucket


def _zone(name: object) -> ZoneInfo:
    if not name:
        raise ApiError("Missing time zone", sub_code="MISSING_TIMEZONE_FOR_DATE_GROUP_BY")
    try:
        return ZoneInfo(str(name))
    except (ZoneInfoNotFoundError, ValueError):
        raise InvalidQuery(f"Invalid time zone {name}") from None


def _week(day: date, first: int) -> str:
    return (day - timedelta(days=(day.weekday() - first) % 7)).isoformat()


def _months(every: int) -> Callable[[date], str]:
    return lambda day: day.replace(month=(day.month - 1) // every * every + 1, day=1).isoformat()


_PERIODS: dict[str, Callable[[date], Any]] = {
    "DAY": date.isoformat,
    "MONTH": _months(1),
    "QUARTER": _months(3),
    "YEAR": _months(12),
    "DAY_OF_THE_WEEK": lambda day: day.strftime("%A"),
    "MONTH_OF_THE_YEAR": lambda day: day.strftime("%B"),
    "QUARTER_OF_THE_YEAR": lambda day: f"Q{(day.month - 1) // 3 + 1}",
    "NONE": date.isoformat,
}
GRANULARITIES = ("DAY", "MONTH", "QUARTER", "YEAR", "WEEK", *list(_PERIODS)[4:])
