"""Reading a field out of the columns in which it is kept."""

from collections.abc import Iterable, Iterator
from typing import Any

import sqlalchemy as sa

from bridge.sandbox.twenty.documents import Selected
from bridge.sandbox.twenty.kinds import scalars
from bridge.sandbox.twenty.kinds.parts import column_name, parts_of
from bridge.sandbox.twenty.model import Field

DbRow = sa.RowMapping
Record = dict[str, Any]


def read_column(field: Field, rows: Iterable[DbRow], one: Selected) -> Iterator[Any]:
    """A field's value in each row; of a composite field what was selected of it."""
    if field.composite:
        return (read_composite(field, row, one) for row in rows)
    (part,) = parts_of(field.type)
    stored = (row[field.name] for row in rows)
    return (part.empty if value is None else scalars.read(part.scalar, value) for value in stored)


def read_composite(field: Field, row: DbRow, one: Selected | None = None) -> Record:
    """A composite field as an object, whole or as selected."""
    value: Record = {}
    for part in parts_of(field.type):
        stored = row[column_name(field.name, part.name)]
        value[part.name] = part.empty if stored is None else scalars.read(part.scalar, stored)
    if one is None:
        return value
    typename = {"__typename": _composite_type(field.type)}
    return {child.key: (value | typename).get(child.name) for child in one.children}


def _composite_type(field_type: str) -> str:
    return "".join(word.title() for word in field_type.split("_"))
