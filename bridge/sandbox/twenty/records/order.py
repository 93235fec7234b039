"""Sorting, and the cursors that continue it: keyset paging, with the id as the last key."""

import base64
import binascii
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.base import ReadOnlyColumnCollection

from bridge.sandbox.twenty.errors import ApiError, InvalidQuery
from bridge.sandbox.twenty.kinds.parts import Scalar, column_name
from bridge.sandbox.twenty.model import Field, ObjectType
from bridge.sandbox.twenty.workspace import Schema

DIRECTIONS = ("AscNullsFirst", "AscNullsLast", "DescNullsFirst", "DescNullsLast")


@dataclass(frozen=True)
class Key:
    """One sort key; `name` is its label in the row and in the cursor."""

    name: str
    column: sa.ColumnElement[Any]
    descending: bool
    nulls_first: bool

    def reversed(self) -> "Key":
        return Key(self.name, self.column, not self.descending, not self.nulls_first)

    def clause(self) -> sa.ColumnElement[Any]:
        ordered = self.column.desc() if self.descending else self.column.asc()
        return ordered.nulls_first() if self.nulls_first else ordered.nulls_last()

    def beyond(self, value: object) -> sa.ColumnElement[bool]:
        """The rows that this key alone places after a row of this value."""
        if value is None:
            return self.column.is_not(None) if self.nulls_first else sa.false()
        further = self.column < value if self.descending else self.column > value
        return further if self.nulls_first else sa.or_(further, self.column.is_(None))

    def same(self, value: object) -> sa.ColumnElement[bool]:
        return self.column.is_(None) if value is None else self.column == value


Columns = ReadOnlyColumnCollection[str, Any]


def keys(schema: Schema, owner: ObjectType, given: object) -> tuple[Key, ...]:
    """The sort keys of an orderBy argument; the id always decides in the end."""
    rows = given if isinstance(given, list) else [given] if given else []
    columns = schema.tables[owner.name].c
    found = [key for row in rows for key in _keys(schema, owner, columns, row)]
    return (*found, Key("id", columns["id"], descending=False, nulls_first=False))


def _keys(schema: Schema, owner: ObjectType, columns: Columns, row: Any) -> Iterator[Key]:
    if not isinstance(row, dict):
        raise InvalidQuery('Invalid argument: "orderBy" must hold objects')
    for name, value in row.items():
        field = owner.fields.get(name)
        if field and field.composite and isinstance(value, dict):
            for part, direction in value.items():
                yield _key(owner, columns, column_name(name, part), direction)
        elif field and field.to_one and isinstance(value, dict):
            yield from _related(schema, columns, field, value)
        else:
            yield _key(owner, columns, name, value)


def _key(owner: ObjectType, columns: Columns, name: str, direction: object) -> Key:
    if name not in owner.columns or direction not in DIRECTIONS:
        raise InvalidQuery(f'Object {owner.name} doesn\'t have any "{name}" field.')
    expression: sa.ColumnElement[Any] = columns[name]
    if owner.columns[name].part.scalar is Scalar.TEXT:
        expression = sa.collate(expression, "NOCASE")  # as the collation of the original's database sorts
    text = str(direction)
    return Key(name, expression, text.startswith("Desc"), text.endswith("First"))


def _related(schema: Schema, columns: Columns, field: Field, value: Any) -> Iterator[Key]:
    """Keys of the record that a to-one relation leads to, each as a subquery."""
    if field.relation is None:
        return
    target = schema.catalog.target(field.relation)
    table = schema.tables[target.name].alias()
    for key in _keys(schema, target, table.c, value):
        there = table.c.id == columns[field.join_name], table.c.deletedAt.is_(None)
        chosen = sa.select(key.column).where(*there).scalar_subquery()
        yield Key(f"{field.name}.{key.name}", chosen, key.descending, key.nulls_first)


def after(sort: Sequence[Key], values: dict[str, Any]) -> sa.ColumnElement[bool]:
    """The rows that come after the row of which these are the values."""
    branches = []
    for position, key in enumerate(sort):
        same = [one.same(values.get(one.name)) for one in sort[:position]]
        branches.append(sa.and_(*same, key.beyond(values.get(key.name))))
    return sa.or_(*branches)


def cursor(sort: Sequence[Key], row: Any) -> str:
    """Where a row stands, as text; to be handed back, not to be read."""
    values = {key.name: row[f"order:{key.name}"] for key in sort}
    return base64.b64encode(json.dumps(values, separators=(",", ":")).encode()).decode()


def position(text: str) -> dict[str, Any]:
    """The values that a cursor holds; raises ApiError for what is no cursor."""
    try:
        values = json.loads(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError):
        values = None
    if not isinstance(values, dict) or "id" not in values:
        raise ApiError(f"Invalid cursor: {text}", sub_code="INVALID_CURSOR")
    return values


def labelled(sort: Sequence[Key]) -> list[sa.ColumnElement[Any]]:
    """The sort keys as columns, so that cursors can be made of the rows."""
    return [key.column.label(f"order:{key.name}") for key in sort]
