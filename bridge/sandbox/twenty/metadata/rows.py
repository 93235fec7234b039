"""Everything that is no record: objects, fields, views, webhooks, keys …, as rows of one table."""

import hashlib
import json
import uuid
from collections.abc import Iterator
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from bridge.sandbox.twenty.kinds import moments
from bridge.sandbox.twenty.model import Row

_TABLE = sa.Table(
    "_metadata",
    sa.MetaData(),
    sa.Column("sequence", sa.Integer, primary_key=True),
    sa.Column("id", sa.Text, unique=True, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
)

_STRUCTURE = ("object", "field", "timelineActivityType")
"""Kinds of rows from which the workspace's schema is made."""


class Rows:
    """Rows by kind and id, in memory; `save` writes what has changed."""

    def __init__(self) -> None:
        self._kinds: dict[str, dict[str, Row]] = {}
        self._changed: dict[str, tuple[str, Row | None]] = {}
        self.structure_changed = False
        self._structure: bytes | None = None

    def load(self, connection: sa.Connection) -> None:
        _TABLE.metadata.create_all(connection)
        for row in connection.execute(sa.select(_TABLE).order_by(_TABLE.c.sequence)):
            self._kinds.setdefault(row.kind, {})[row.id] = json.loads(row.body)

    def image(self) -> bytes:
        """All rows, for `copy`."""
        return orjson.dumps(self._kinds)

    def copy(self, image: bytes) -> None:
        """Become what `image` gave of others, which the database holds already."""
        self._kinds, self._structure = orjson.loads(image), None

    def structure(self) -> bytes:
        """A digest of all rows from which the schema is made."""
        if self._structure is None:
            image = orjson.dumps([self._kinds.get(kind) for kind in _STRUCTURE])
            self._structure = hashlib.sha256(image).digest()
        return self._structure

    def all(self, kind: str, **equal: Any) -> Iterator[Row]:
        """The rows of a kind in which these values stand, oldest first."""
        for row in list(self._kinds.get(kind, {}).values()):  # another thread may add some meanwhile
            if all(row.get(name) == value for name, value in equal.items()):
                yield row

    def first(self, kind: str, **equal: Any) -> Row | None:
        return next(self.all(kind, **equal), None)

    def get(self, kind: str, row_id: str) -> Row | None:
        return self._kinds.get(kind, {}).get(row_id)

    def add(self, kind: str, **values: Any) -> Row:
        """A new row, with an id and times of its own where none are given."""
        moment = moments.now()
        row = {
            "id": str(uuid.uuid4()),
            "createdAt": moment,
            "updatedAt": moment,
            "deletedAt": None,
            **{name: value for name, value in values.items() if name != "id" or value},
        }
        self._kinds.setdefault(kind, {})[row["id"]] = row
        self._note(kind, row["id"], row)
        return row

    def change(self, kind: str, row: Row, **values: Any) -> Row:
        row.update(values, updatedAt=moments.now())
        self._note(kind, row["id"], row)
        return row

    def drop(self, kind: str, row_id: str) -> Row:
        row = self._kinds[kind].pop(row_id)
        self._note(kind, row_id, None)
        return row

    def drop_all(self, kind: str, **equal: Any) -> list[Row]:
        return [self.drop(kind, row["id"]) for row in list(self.all(kind, **equal))]

    def _note(self, kind: str, row_id: str, row: Row | None) -> None:
        self._changed[row_id] = (kind, row)
        if kind in _STRUCTURE:
            self.structure_changed, self._structure = True, None

    def save(self, connection: sa.Connection) -> None:
        """Write what has changed since the last time."""
        gone = [row_id for row_id, (_, row) in self._changed.items() if row is None]
        if gone:
            connection.execute(sa.delete(_TABLE).where(_TABLE.c.id.in_(gone)))
        kept = [
            {"id": row_id, "kind": kind, "body": json.dumps(row)}
            for row_id, (kind, row) in self._changed.items()
            if row is not None
        ]
        if kept:
            new = insert(_TABLE)
            connection.execute(
                new.on_conflict_do_update(index_elements=["id"], set_={"body": new.excluded.body}), kept
            )
        self._changed.clear()
        self.structure_changed = False
