"""Which of the given records exist already: by id, or by any unique field."""

from collections.abc import Iterable

import sqlalchemy as sa

from bridge.sandbox.twenty.errors import ApiError, DuplicateEntry
from bridge.sandbox.twenty.model import ObjectType
from bridge.sandbox.twenty.records.input import Columns
from bridge.sandbox.twenty.workspace import Schema

Divided = tuple[dict[str, Columns], list[Columns]]


def divide(connection: sa.Connection, schema: Schema, owner: ObjectType, given: list[Columns]) -> Divided:
    """What to update, by id, and what to insert. Deleted records exist, too."""
    names = ["id", *(f.unique_column for f in owner.unique_fields if f.unique_column)]
    existing = {name: _existing(connection, schema, owner, name, given) for name in names}
    known: dict[str, Columns] = {}
    new: list[Columns] = []
    for columns in given:
        match = _match(columns, existing)
        if match is None:
            new.append(columns)
        elif match in known:  # the whole batch is refused, as it is where both are new
            raise DuplicateEntry
        else:
            known[match] = columns
    return known, new


def _existing(
    connection: sa.Connection, schema: Schema, owner: ObjectType, name: str, given: Iterable[Columns]
) -> dict[str, str]:
    """The ids of the records that have one of the given values, by value."""
    values = {columns[name] for columns in given if columns.get(name) is not None}
    if not values:
        return {}
    table = schema.tables[owner.name]
    query = sa.select(table.c[name], table.c.id).where(table.c[name].in_(sorted(values)))
    return {row[0]: row[1] for row in connection.execute(query)}


def _match(columns: Columns, existing: dict[str, dict[str, str]]) -> str | None:
    found = {ids[columns[name]] for name, ids in existing.items() if columns.get(name) in ids}
    if len(found) > 1:
        raise ApiError(
            "Multiple records found with the same unique field values",
            sub_code="UPSERT_MULTIPLE_MATCHING_RECORDS_CONFLICT",
        )
    return found.pop() if found else None
