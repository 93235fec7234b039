"""`people(…)` and `person(…)`: filter, sort, page, count."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from bridge.sandbox.twenty.documents import Selected
from bridge.sandbox.twenty.errors import ApiError, RecordNotFound
from bridge.sandbox.twenty.model import ObjectType
from bridge.sandbox.twenty.records import aggregates, filters, order
from bridge.sandbox.twenty.records.columns import DbRow
from bridge.sandbox.twenty.records.connections import edge
from bridge.sandbox.twenty.records.shapes import Shaper
from bridge.sandbox.twenty.workspace import Schema

PAGE_LIMIT = 200

Arguments = dict[str, Any]


@dataclass(frozen=True)
class Reader:
    """Reads records for one root field."""

    connection: sa.Connection
    schema: Schema

    def find_one(self, owner: ObjectType, arguments: Arguments, selected: Selected) -> dict[str, Any]:
        """The first record that the filter finds; raises RecordNotFound."""
        table = self.schema.tables[owner.name]
        query = sa.select(table).where(*self._conditions(owner, arguments.get("filter")))
        row = self.connection.execute(query.order_by(table.c.id).limit(1)).mappings().first()
        if row is None:
            raise RecordNotFound
        return self.shaped(owner, [row], selected)[0]

    def find_many(self, owner: ObjectType, arguments: Arguments, selected: Selected) -> dict[str, Any]:
        """A connection of the records that the filter finds: by default the first 200 by id."""
        check_page(arguments)
        sort = order.keys(self.schema, owner, arguments.get("orderBy"))
        page = self._page(owner, arguments, sort)
        cursors = [order.cursor(sort, row) for row in page.rows]
        return self._connection(owner, arguments, selected, page, cursors)

    def shaped(self, owner: ObjectType, rows: Sequence[DbRow], selected: Selected) -> list[dict[str, Any]]:
        return Shaper(self.connection, self.schema).records(owner, rows, selected.children)

    def _conditions(self, owner: ObjectType, given: object) -> list[sa.ColumnElement[bool]]:
        condition = filters.where(self.schema, owner, given)
        if filters.mentions_deleted(given):
            return [condition]
        return [condition, self.schema.column(owner, "deletedAt").is_(None)]

    def _page(self, owner: ObjectType, arguments: Arguments, sort: Sequence[order.Key]) -> "Page":
        backward = bool(arguments.get("before"))
        limit = _first_given(arguments.get("first"), arguments.get("last"), PAGE_LIMIT)
        directed = [key.reversed() for key in sort] if backward else sort
        query = sa.select(self.schema.tables[owner.name], *order.labelled(sort))
        query = query.where(*self._conditions(owner, arguments.get("filter")))
        start = arguments.get("before") or arguments.get("after")
        if start:
            query = query.where(order.after(directed, order.position(start)))
        query = query.order_by(*(key.clause() for key in directed)).limit(limit + 1)
        found = list(self.connection.execute(query.offset(arguments.get("offset") or 0)).mappings())
        rows = found[:limit]
        return Page(rows[::-1] if backward else rows, more=len(found) > limit, backward=backward)

    def _connection(
        self,
        owner: ObjectType,
        arguments: Arguments,
        selected: Selected,
        page: "Page",
        cursors: list[str],
    ) -> dict[str, Any]:
        answer: dict[str, Any] = {}
        for one in selected.children:
            if one.name == "edges":
                answer[one.key] = self._edges(owner, one, page, cursors)
            elif one.name == "pageInfo":
                info = page.info(cursors)
                answer[one.key] = {inner.key: info.get(inner.name) for inner in one.children}
            elif one.name == "__typename":
                answer[one.key] = f"{owner.type_name}Connection"
            else:
                answer[one.key] = self._aggregate(owner, arguments, one.name)
        return answer

    def _edges(
        self, owner: ObjectType, selected: Selected, page: "Page", cursors: list[str]
    ) -> list[dict[str, Any]]:
        node = selected.child("node")
        shaper = Shaper(self.connection, self.schema)
        records = shaper.records(owner, page.rows, node.children if node else ())
        return [edge(owner, selected, record, at) for record, at in zip(records, cursors, strict=True)]

    def _aggregate(self, owner: ObjectType, arguments: Arguments, name: str) -> Any:
        expression = aggregates.expression(self.schema, owner, name)
        if expression is None:
            return None
        conditions = self._conditions(owner, arguments.get("filter"))
        query = sa.select(expression).select_from(self.schema.tables[owner.name]).where(*conditions)
        return self.connection.execute(query).scalar()


@dataclass(frozen=True)
class Page:
    """The rows of a page. As in the original, only the way in which one pages is known to go on."""

    rows: list[DbRow]
    more: bool
    backward: bool

    def info(self, cursors: list[str]) -> dict[str, Any]:
        return {
            "hasNextPage": self.more and not self.backward,
            "hasPreviousPage": self.more and self.backward,
            "startCursor": cursors[0] if cursors else None,
            "endCursor": cursors[-1] if cursors else None,
            "__typename": "PageInfo",
        }


def _first_given(*values: int | None) -> int:
    return next(value for value in values if value is not None)


def check_page(arguments: Arguments) -> None:
    """Raise ApiError for arguments that page both ways, or a negative number of records."""
    for one, other in (("first", "last"), ("before", "after"), ("before", "first"), ("after", "last")):
        if arguments.get(one) and arguments.get(other):
            raise ApiError(f"Cannot provide both {one} and {other}", sub_code="ARGS_CONFLICT")
    for name in ("first", "last"):
        if (arguments.get(name) or 0) < 0:
            raise ApiError(
                f"{name.title()} argument must be non-negative", sub_code=f"INVALID_ARGS_{name.upper()}"
            )
