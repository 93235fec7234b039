"""Rows of the database become what the query selected of them, relations included."""

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa

from bridge.sandbox.twenty.documents import Selected
from bridge.sandbox.twenty.errors import ApiError
from bridge.sandbox.twenty.model import Field, ObjectType, Relation
from bridge.sandbox.twenty.records.columns import DbRow, Record, read_column
from bridge.sandbox.twenty.records.connections import connection_of
from bridge.sandbox.twenty.workspace import Schema

# Whatever a query asks for, a to-many relation gives no more than this.
RELATED_LIMIT = 60

# Through which kind of relation a record was reached.
Within = Literal["", "one", "many"]

# Join column → ids of deleted records, which are not shown there.
Hidden = Mapping[str, frozenset[str]]


@dataclass(frozen=True)
class Shaper:
    """Shapes the rows of one answer; all relations of one level are read at once."""

    connection: sa.Connection
    schema: Schema

    def records(
        self, owner: ObjectType, rows: Sequence[DbRow], selection: Iterable[Selected], *, within: Within = ""
    ) -> list[Record]:
        """What was selected of each row."""
        chosen = list(selection)
        hidden = self._hidden(owner, rows, chosen)
        columns = [self._values(owner, rows, one, within, hidden) for one in chosen]
        keys = [one.key for one in chosen]
        return (
            [dict(zip(keys, values, strict=True)) for values in zip(*columns, strict=True)]
            if chosen
            else [{} for _ in rows]
        )

    def _values(
        self, owner: ObjectType, rows: Sequence[DbRow], one: Selected, within: Within, hidden: Hidden
    ) -> list[Any]:
        field = owner.fields.get(one.name)
        if one.name in owner.joins:
            deleted = hidden.get(one.name, frozenset())
            return [None if row[one.name] in deleted else row[one.name] for row in rows]
        if field is None or field.type == "TS_VECTOR":
            # The original gives null for a selected field that does not exist.
            return [owner.type_name if one.name == "__typename" else None] * len(rows)
        if field.to_one and field.relation:
            return self._to_one(field, field.relation, rows, one, within)
        if field.relation:
            return self._to_many(field.relation, rows, one, within)
        return list(read_column(field, rows, one))

    def _hidden(self, owner: ObjectType, rows: Sequence[DbRow], chosen: Sequence[Selected]) -> Hidden:
        """Join column → ids of deleted records. The original gives null for the id of a deleted record
        where the record is selected beside it, and the id as it is stored where it stands alone.
        """
        names = {one.name for one in chosen}
        beside = [join for name, join in owner.joins.items() if {name, join.name} <= names]
        return {join.join_name: self._deleted(join, rows) for join in beside}

    def _deleted(self, join: Field, rows: Sequence[DbRow]) -> frozenset[str]:
        if join.relation is None:
            return frozenset()
        table = self.schema.tables[self.schema.catalog.target(join.relation).name]
        wanted = sorted({row[join.join_name] for row in rows} - {None})
        deleted: set[str] = set()
        for some in _chunks(wanted, 1000):
            query = sa.select(table.c.id).where(table.c.id.in_(some), table.c.deletedAt.is_not(None))
            deleted.update(self.connection.execute(query).scalars())
        return frozenset(deleted)

    def _to_one(
        self, field: Field, relation: Relation, rows: Sequence[DbRow], one: Selected, within: Within
    ) -> list[Any]:
        target = self.schema.catalog.target(relation)
        wanted = {row[field.join_name] for row in rows} - {None}
        found = self._by_ids(target, wanted)
        shaped = self.records(target, found, one.children, within=within or "one")
        by_id = dict(zip((row["id"] for row in found), shaped, strict=True))
        return [by_id.get(row[field.join_name]) for row in rows]

    def _by_ids(self, target: ObjectType, ids: Iterable[str]) -> Sequence[DbRow]:
        table = self.schema.tables[target.name]
        found: list[DbRow] = []
        for some in _chunks(sorted(ids), 1000):
            query = sa.select(table).where(table.c.id.in_(some), table.c.deletedAt.is_(None))
            found += self.connection.execute(query).mappings()
        return found

    def _to_many(self, relation: Relation, rows: Sequence[DbRow], one: Selected, within: Within) -> list[Any]:
        if within == "many":
            raise ApiError(
                "Query complexity is too high. One-to-Many relation cannot be nested in another"
                " One-to-Many relation.",
                sub_code="TOO_COMPLEX_QUERY",
            )
        target = self.schema.catalog.target(relation)
        if within == "one":  # empty in the original, without an error
            return [connection_of(target, [], one) for _ in rows]
        back = self.schema.catalog.fields_by_id[relation.target_field_id]
        related = self._related(target, back, [row["id"] for row in rows])
        edges = one.child("edges")
        node = edges.child("node") if edges else None
        shaped = self.records(target, related, node.children if node else (), within="many")
        by_parent: dict[str, list[tuple[DbRow, Record]]] = {row["id"]: [] for row in rows}
        for row, record in zip(related, shaped, strict=True):
            by_parent[row[back.join_name]].append((row, record))
        return [connection_of(target, by_parent[row["id"]], one) for row in rows]

    def _related(self, target: ObjectType, back: Field, parents: list[str]) -> Sequence[DbRow]:
        table = self.schema.tables[target.name]
        join = table.c[back.join_name]
        rowid: sa.ColumnElement[int] = sa.literal_column("rowid")
        place = sa.func.row_number().over(partition_by=join, order_by=rowid).label("place")
        found: list[DbRow] = []
        for some in _chunks(parents, 1000):
            query = sa.select(table, place).where(join.in_(some), table.c.deletedAt.is_(None)).subquery()
            limited = sa.select(query).where(query.c.place <= RELATED_LIMIT).order_by(query.c.place)
            found += self.connection.execute(limited).mappings()
        return found


def _chunks(items: list[str], size: int) -> Iterator[list[str]]:
    iterator = iter(items)
    while some := list(itertools.islice(iterator, size)):
        yield some
