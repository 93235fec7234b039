"""The SQLite table of each object, and how one set of tables becomes the next."""

from collections.abc import Iterator, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.schema import CreateTable
from sqlalchemy.types import UserDefinedType

from bridge.sandbox.twenty.catalog import Catalog
from bridge.sandbox.twenty.kinds.parts import Scalar
from bridge.sandbox.twenty.model import Column, ObjectType


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


def build(catalog: Catalog, before: Mapping[str, sa.Table]) -> dict[str, sa.Table]:
    """The table of each object, by the object's name; those of `before` that are the same stay."""
    metadata = next((table.metadata for table in before.values()), sa.MetaData())
    return {
        one.name: _same_or_new(one, catalog, metadata, before.get(one.name))
        for one in catalog.by_name.values()
    }


def _same_or_new(
    one: ObjectType, catalog: Catalog, metadata: sa.MetaData, before: sa.Table | None
) -> sa.Table:
    shape = _shape(one, catalog)
    if before is not None and before.info["shape"] == shape:
        return before
    former = metadata.tables.get(one.name)
    if former is not None:
        metadata.remove(former)
    table = _table(one, catalog, metadata)
    table.info["shape"] = shape
    return table


def _shape(one: ObjectType, catalog: Catalog) -> tuple[object, ...]:
    """All that a table is made of."""
    joins = [
        (join, catalog.target(f.relation).name, f.relation.on_delete)
        for join, f in one.joins.items()
        if f.relation
    ]
    return tuple(one.columns.values()), joins, [f.unique_column for f in one.unique_fields]


def _table(one: ObjectType, catalog: Catalog, metadata: sa.MetaData) -> sa.Table:
    keys = {
        join: sa.ForeignKey(
            f"{catalog.target(f.relation).name}.id", ondelete=f.relation.on_delete.replace("_", " ")
        )
        for join, f in one.joins.items()
        if f.relation
    }
    columns = [_column(column, keys.get(column.name)) for column in one.columns.values()]
    indexes = [
        sa.Index(f"unique_{one.name}_{f.unique_column}", f.unique_column, unique=True)
        for f in one.unique_fields
        if f.unique_column
    ]
    lookups = [sa.Index(f"join_{one.name}_{join}", join) for join in one.joins]
    return sa.Table(one.name, metadata, *columns, *indexes, *lookups)


def _column(column: Column, key: sa.ForeignKey | None) -> sa.Column[Any]:
    kind: sa.types.TypeEngine[Any] = _TYPES.get(column.part.scalar, sa.Text())
    arguments = [key] if key else []
    return sa.Column(column.name, kind, *arguments, primary_key=column.name == "id")


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
