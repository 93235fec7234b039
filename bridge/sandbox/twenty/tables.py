"""The SQLite table of each object, and how one set of tables becomes the next."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.schema import CreateTable
from sqlalchemy.types import UserDefinedType

from bridge.sandbox.twenty.catalog import Catalog
from bridge.sandbox.twenty.kinds.parts import Scalar
from bridge.sandbox.twenty.model import ObjectType


class Number(UserDefinedType[float]):
    """A number as it came, whole or not; SQLAlchemy's own types would make all of them floats."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        return "NUMERIC"


_TYPES: dict[Scalar, sa.types.TypeEngine[Any]] = {
    Scalar.BOOLEAN: sa.Integer(),
    Scalar.NUMBER: Number(),
    Scalar.NUMERIC: Number(),
    Scalar.POSITION: Number(),
}


def build(catalog: Catalog) -> dict[str, sa.Table]:
    """The table of each object, by the object's name; objects of one shape have one table in a process."""
    return {one.name: _table(one.name, *_shape(one, catalog)) for one in catalog.by_name.values()}


Join = tuple[str, str | None, str]
"""A column that holds the id of another table's row, that table, and what follows when the row goes."""


Columns = tuple[tuple[str, Scalar], ...]
"""Name and type of each."""


def _shape(one: ObjectType, catalog: Catalog) -> tuple[Columns, tuple[Join, ...], tuple[str, ...]]:
    """All that a table is made of: columns, joins, and the columns that are unique."""
    joins = tuple(
        (join, catalog.target(f.relation).name, f.relation.on_delete) if f.relation else (join, None, "")
        for join, f in one.joins.items()
    )
    unique = tuple(f.unique_column for f in one.unique_fields if f.unique_column)
    return tuple((c.name, c.part.scalar) for c in one.columns.values()), joins, unique


@lru_cache(maxsize=1024)
def _table(name: str, columns: Columns, joins: tuple[Join, ...], unique: tuple[str, ...]) -> sa.Table:
    """Stands alone, beside bare tables for what it refers to: so it depends on no other table's shape."""
    metadata = sa.MetaData()
    keys = {
        join: sa.ForeignKey(f"{target}.id", ondelete=on_delete.replace("_", " "))
        for join, target, on_delete in joins
        if target
    }
    for target in {target for _, target, _ in joins if target} - {name}:
        sa.Table(target, metadata, sa.Column("id", sa.Text()))
    indexes = [sa.Index(f"unique_{name}_{column}", column, unique=True) for column in unique]
    lookups = [sa.Index(f"join_{name}_{join}", join) for join, _, _ in joins]
    made = [_column(column, scalar, keys.get(column)) for column, scalar in columns]
    return sa.Table(name, metadata, *made, *indexes, *lookups)


def _column(name: str, scalar: Scalar, key: sa.ForeignKey | None) -> sa.Column[Any]:
    kind: sa.types.TypeEngine[Any] = _TYPES.get(scalar, sa.Text())
    arguments = [key] if key else []
    return sa.Column(name, kind, *arguments, primary_key=name == "id")


def migrate(connection: sa.Connection, before: dict[str, sa.Table], after: dict[str, sa.Table]) -> None:
    """Make of the tables that are there those that shall be there."""
    for statement in _changes(connection, before, after):
        connection.execute(statement)


def _changes(
    connection: sa.Connection, before: dict[str, sa.Table], after: dict[str, sa.Table]
) -> Iterator[sa.Executable]:
    quote = connection.dialect.identifier_preparer.quote
    for name, table in after.items():
        if name not in before:
            yield CreateTable(table)
            yield from (sa.schema.CreateIndex(index) for index in table.indexes)
            continue
        old = before[name].columns
        for column in table.columns:
            if column.name not in old:
                yield sa.text(f"ALTER TABLE {quote(name)} ADD COLUMN {_definition(connection, column)}")
        known = {index.name for index in before[name].indexes}
        yield from (sa.schema.CreateIndex(i) for i in table.indexes if i.name not in known)
    for name, table in before.items():
        if name in after:
            yield from _drops(quote(name), table, after[name], connection)
    yield from (sa.schema.DropTable(before[name]) for name in before if name not in after)


def _drops(
    quoted: str, table: sa.Table, wanted: sa.Table, connection: sa.Connection
) -> Iterator[sa.Executable]:
    kept = {index.name for index in wanted.indexes}
    yield from (sa.schema.DropIndex(index) for index in table.indexes if index.name not in kept)
    quote = connection.dialect.identifier_preparer.quote
    for column in table.columns:
        if column.name not in wanted.columns:
            yield sa.text(f"ALTER TABLE {quoted} DROP COLUMN {quote(column.name)}")


def _definition(connection: sa.Connection, column: sa.Column[Any]) -> str:
    """A column for ALTER TABLE, which takes its foreign key inline."""
    text = str(sa.schema.CreateColumn(column).compile(dialect=connection.dialect))
    quote = connection.dialect.identifier_preparer.quote
    for key in column.foreign_keys:
        target, _, _ = key.target_fullname.partition(".")
        text += f" REFERENCES {quote(target)} (id) ON DELETE {key.ondelete}"
    return text
