"""What the database refuses, in the words of the original."""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from bridge.sandbox.twenty.errors import ApiError, DuplicateEntry, ForeignKey
from bridge.sandbox.twenty.model import ObjectType


def foreign_key(owner: ObjectType) -> ForeignKey:
    """A relation's record is not there; a custom object's table has an underscore before its name."""
    table = owner.name if owner.system else f"_{owner.name}"
    digest = hashlib.sha256(table.encode()).hexdigest()[:27]
    return ForeignKey(table=table, constraint=f"FK_{digest}")


def translated(
    error: IntegrityError,
    owner: ObjectType,
    connection: sa.Connection,
    table: sa.Table,
    written: Iterable[Mapping[str, Any]],
) -> ApiError:
    """The API's error for a constraint that did not hold. `written` are the rows, by id."""
    text = str(error.orig)
    if not text.startswith("UNIQUE"):
        return foreign_key(owner)
    column = text.rpartition(".")[2]
    field = next((one for one in owner.unique_fields if one.unique_column == column), None)
    rows = list(written)
    values = [row[column] for row in rows if row.get(column) is not None]
    query = sa.select(table.c.id).where(
        table.c[column].in_(values), table.c.id.not_in([row["id"] for row in rows])
    )
    conflicting = connection.execute(query.where(table.c.deletedAt.is_(None))).scalar()
    if field is None or conflicting is None:  # the other one is in the batch, or deleted
        return DuplicateEntry()
    return DuplicateEntry(
        friendly=f"This {field.label} value is already in use. Please check your data and try again.",
        conflict={"conflictingRecordId": conflicting, "conflictingObjectNameSingular": owner.name},
    )
