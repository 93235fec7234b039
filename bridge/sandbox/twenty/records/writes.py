"""Records are made, changed, deleted and restored: each root field in one transaction."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from bridge.sandbox.twenty.access import Caller
from bridge.sandbox.twenty.errors import ApiError, InternalError, InvalidData, InvalidQuery, RecordNotFound
from bridge.sandbox.twenty.kinds import moments, scalars
from bridge.sandbox.twenty.metadata.structure import TARGETING
from bridge.sandbox.twenty.model import ObjectType
from bridge.sandbox.twenty.records import filters, timeline, upserts
from bridge.sandbox.twenty.records.columns import DbRow
from bridge.sandbox.twenty.records.input import Columns, actor_columns, columns_of, complete
from bridge.sandbox.twenty.records.integrity import translated
from bridge.sandbox.twenty.workspace import Schema

BATCH_LIMIT = 200


def _holds_nul(value: object) -> bool:
    """Whether the character that PostgreSQL does not store is in a text, or in one within."""
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, dict):
        return any(_holds_nul(one) for one in value.values())
    return isinstance(value, list) and any(_holds_nul(one) for one in value)


@dataclass(frozen=True)
class Event:
    """A record was written: what webhooks tell."""

    owner: ObjectType
    action: str
    row: DbRow
    changed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Writer:
    """Writes records for one root field; what happened is noted in `events`."""

    connection: sa.Connection
    schema: Schema
    caller: Caller
    poison: str | None = None
    events: list[Event] = field(default_factory=list)

    def create(self, owner: ObjectType, records: list[dict[str, Any]], *, upsert: bool) -> Sequence[DbRow]:
        """Write all records or none; the rows come as written: first what existed, then what is new."""
        if timeline.typed(owner):
            timeline.check_new(records, upsert=upsert, active=self.schema.timeline_types)
        given = [self._checked(owner, record) for record in records]
        self._must("canUpdateAllObjectRecords", owner)
        if len(given) > BATCH_LIMIT:
            message = f"Maximum number of records to upsert is {BATCH_LIMIT}."
            raise ApiError(message, friendly=message, sub_code="TOO_MANY_RECORDS_TO_UPDATE")
        if not upsert:
            return self._rows(owner, self._insert(owner, given), "created")
        known, new = upserts.divide(self.connection, self.schema, owner, given)
        updated = self._update(owner, {row_id: {**one, "deletedAt": None} for row_id, one in known.items()})
        changed = tuple({name for one in known.values() for name in one})
        rows = self._rows(owner, updated, "updated", changed)
        return [*rows, *self._rows(owner, self._insert(owner, new), "created")]

    def _must(self, permission: str, owner: ObjectType) -> None:
        """No role guards what notes, tasks, files and the timeline are linked by."""
        if owner.name not in TARGETING:
            self.caller.must(permission)

    def _checked(self, owner: ObjectType, record: object) -> Columns:
        if not isinstance(record, dict):
            raise InvalidQuery('Invalid argument: "data" must hold objects')
        if record.get("id") and not scalars.is_uuid(record["id"]):
            raise InvalidQuery(f"{record['id']} is not a valid UUID")
        columns = columns_of(self.connection, self.schema, owner, record)
        if _holds_nul(record) or _holds_nul(columns):
            raise InternalError('invalid byte sequence for encoding "UTF8": 0x00')
        if self.poison and self.poison in json.dumps(record, ensure_ascii=False):
            raise InvalidData(f'Invalid value "{self.poison}"', friendly="Invalid value")
        return columns

    def _insert(self, owner: ObjectType, given: list[Columns]) -> list[str]:
        if not given:
            return []
        table = self.schema.tables[owner.name]
        top = self.connection.execute(sa.select(sa.func.min(table.c.position))).scalar() or 0
        actor = self.caller.actor
        rows = [
            complete(owner, columns, actor=actor, position=top - 1 - place)
            for place, columns in enumerate(given)
        ]
        self._execute(owner, sa.insert(table), rows)
        return [row["id"] for row in rows]

    def _update(self, owner: ObjectType, changes: dict[str, Columns]) -> list[str]:
        """Write each record's columns; records that set the same columns go together."""
        table = self.schema.tables[owner.name]
        always = {"updatedAt": moments.now(), **actor_columns("updatedBy", self.caller.actor)}
        groups: dict[tuple[str, ...], list[Columns]] = {}
        for row_id, columns in changes.items():
            values = {**always, **{k: v for k, v in columns.items() if not k.startswith("createdBy")}}
            values.pop("id", None)
            groups.setdefault(tuple(values), []).append({**values, "_key": row_id})
        statement = sa.update(table).where(table.c.id == sa.bindparam("_key"))
        for rows in groups.values():
            self._execute(owner, statement, rows)
        return list(changes)

    def _execute(self, owner: ObjectType, statement: sa.Executable, rows: list[Columns]) -> None:
        try:
            self.connection.execute(statement, rows)
        except IntegrityError as error:
            written = [{**row, "id": row.get("id") or row["_key"]} for row in rows]
            table = self.schema.tables[owner.name]
            raise translated(error, owner, self.connection, table, written) from None

    def _rows(
        self, owner: ObjectType, ids: Iterable[str], action: str, changed: tuple[str, ...] = ()
    ) -> list[DbRow]:
        """The rows of these ids, in their order."""
        wanted = list(ids)
        if not wanted:
            return []
        table = self.schema.tables[owner.name]
        query = sa.select(table).where(table.c.id.in_(wanted))
        by_id = {row["id"]: row for row in self.connection.execute(query).mappings()}
        rows = [by_id[row_id] for row_id in wanted]
        self.events.extend(Event(owner, action, row, changed) for row in rows)
        return rows

    def update(self, owner: ObjectType, arguments: dict[str, Any]) -> Sequence[DbRow]:
        if timeline.typed(owner):
            timeline.check_change(arguments["data"])
        columns = self._checked(owner, arguments["data"])
        self._must("canUpdateAllObjectRecords", owner)
        ids = self._found(owner, arguments, deleted=True)
        self._update(owner, dict.fromkeys(ids, columns))
        return self._rows(owner, ids, "updated", tuple(columns))

    def delete(self, owner: ObjectType, arguments: dict[str, Any]) -> Sequence[DbRow]:
        self._must("canSoftDeleteAllObjectRecords", owner)
        ids = self._found(owner, arguments, deleted="id" in arguments)
        moment = moments.now()
        self._update(owner, {row_id: {"deletedAt": moment} for row_id in ids})
        self._follow(owner, ids, moment)
        return self._rows(owner, ids, "deleted", ("deletedAt",))

    def restore(self, owner: ObjectType, arguments: dict[str, Any]) -> Sequence[DbRow]:
        self._must("canSoftDeleteAllObjectRecords", owner)
        ids = self._found(owner, arguments, deleted=True)
        self._update(owner, {row_id: {"deletedAt": None} for row_id in ids})
        self._follow(owner, ids, None)
        return self._rows(owner, ids, "restored", ("deletedAt",))

    def _follow(self, owner: ObjectType, ids: list[str], moment: str | None) -> None:
        """What a note or task stands on is deleted and restored with it."""
        targets = self.schema.tables.get(f"{owner.name}Target")
        if targets is not None:
            of_these = targets.c[f"{owner.name}Id"].in_(ids)
            self.connection.execute(sa.update(targets).where(of_these).values(deletedAt=moment))

    def destroying(self, owner: ObjectType, arguments: dict[str, Any]) -> Sequence[DbRow]:
        """The rows that `destroy` will drop, to be shown as they were."""
        self._must("canDestroyAllObjectRecords", owner)
        return self._rows(owner, self._found(owner, arguments, deleted=True), "destroyed")

    def destroy(self, owner: ObjectType, rows: Sequence[DbRow]) -> None:
        table = self.schema.tables[owner.name]
        self.connection.execute(sa.delete(table).where(table.c.id.in_([row["id"] for row in rows])))

    def _found(self, owner: ObjectType, arguments: dict[str, Any], *, deleted: bool = False) -> list[str]:
        """The ids that the arguments name; a single one must exist, many must not be too many."""
        single = "id" in arguments
        given = {"id": {"eq": arguments["id"]}} if single else arguments["filter"]
        table = self.schema.tables[owner.name]
        query = sa.select(table.c.id).where(filters.where(self.schema, owner, given, hops=0))
        if not deleted and not filters.mentions_deleted(given):
            query = query.where(table.c.deletedAt.is_(None))
        found = list(self.connection.execute(query.limit(BATCH_LIMIT + 1)).scalars())
        if single and not found:
            raise RecordNotFound
        if len(found) > BATCH_LIMIT:
            raise ApiError(
                f"Cannot update more than {BATCH_LIMIT} records at once",
                friendly=f"You can only update up to {BATCH_LIMIT} records at once.",
            )
        return found
