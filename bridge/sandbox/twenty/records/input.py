"""What a client gives for a record becomes the columns that are written; what is wrong is refused."""

import uuid
from typing import Any

import sqlalchemy as sa

from bridge.sandbox.twenty.errors import ApiError, InvalidData
from bridge.sandbox.twenty.kinds import composites, moments, scalars
from bridge.sandbox.twenty.kinds.parts import Scalar, column_name, parts_of
from bridge.sandbox.twenty.model import Field, ObjectType
from bridge.sandbox.twenty.records import filters
from bridge.sandbox.twenty.workspace import Schema

Columns = dict[str, Any]


def columns_of(
    connection: sa.Connection, schema: Schema, owner: ObjectType, record: dict[str, Any]
) -> Columns:
    """The columns that a record given by a client sets; only those of the fields given."""
    columns: Columns = {}
    for key, value in record.items():
        field = owner.fields.get(key) or owner.joins.get(key)
        if field is None:
            raise InvalidData(f'Object {owner.name} doesn\'t have any "{key}" field.')
        if value is None and not field.nullable:
            _refuse_null(field, key)
            continue  # its default stands
        if field.relation:
            columns |= _relation(connection, schema, field, key, value)
        elif field.composite:
            stored = composites.stored(field.type, value, key)
            columns |= {column_name(key, part): one for part, one in stored.items()}
        else:
            columns[key] = None if value is None else _simple(field, key, value)
    return columns


def _refuse_null(field: Field, key: str) -> None:
    if field.default is None:
        raise InvalidData(
            f"Field {key} is not nullable and has no default value.", friendly="A required field is missing."
        )


def _simple(field: Field, key: str, value: object) -> object:
    (part,) = parts_of(field.type)
    if part.scalar is Scalar.ARRAY:
        return scalars.array(value, key, field.options)
    if part.scalar is Scalar.SELECT:
        return scalars.option(value, key, field.options)
    return scalars.CHECKS[part.scalar](value, key)


def _relation(connection: sa.Connection, schema: Schema, field: Field, key: str, value: object) -> Columns:
    if not field.to_one:
        raise InvalidData(f"One-to-many relation {key} field does not support write operations.")
    if key == field.join_name:
        return {key: None if value is None else scalars.identifier(value, key)}
    return {field.join_name: _connected(connection, schema, field, value)}


def _connected(connection: sa.Connection, schema: Schema, field: Field, value: object) -> object:
    """The id that `{connect: {where: …}}` finds, or none for `{disconnect: true}`."""
    if value is None or (isinstance(value, dict) and value.get("disconnect")):
        return None
    try:
        where: dict[str, Any] = value["connect"]["where"]  # type: ignore[index]
    except (TypeError, KeyError):
        raise InvalidData(f'Invalid value for relation field "{field.name}"') from None
    if field.relation is None:
        return None
    target = schema.catalog.target(field.relation)
    given = {
        key: {part: {"eq": one} for part, one in item.items()} if isinstance(item, dict) else {"eq": item}
        for key, item in where.items()
    }
    table = schema.tables[target.name]
    query = sa.select(table.c.id).where(filters.where(schema, target, given), table.c.deletedAt.is_(None))
    found = connection.execute(query.limit(2)).scalars().all()
    if len(found) != 1:
        raise ApiError(
            f"Expected 1 record to connect to {field.name}, but found {len(found)}.",
            sub_code="CONNECT_RECORD_NOT_FOUND",
        )
    return found[0]


def complete(owner: ObjectType, columns: Columns, *, actor: dict[str, Any], position: float) -> Columns:
    """A new record: what was given, and the defaults of what was not."""
    moment = moments.now()
    new: Columns = dict.fromkeys(owner.columns)
    new |= {"id": str(uuid.uuid4()), "createdAt": moment, "updatedAt": moment, "position": position}
    for name, field in owner.fields.items():
        if field.default == "now":
            new[name] = moment
        elif isinstance(field.default, str) and field.default.startswith("'"):
            new[name] = field.default.strip("'")
        elif isinstance(field.default, int | float):
            new[name] = field.default
    for name in ("createdBy", "updatedBy"):
        if not any(key.startswith(name) for key in columns):
            new |= actor_columns(name, actor)
    new |= columns
    if new["position"] in ("first", "last"):
        new["position"] = position
    _refuse_missing(owner, new)
    return new


def _refuse_missing(owner: ObjectType, new: Columns) -> None:
    for name, field in owner.fields.items():
        if not field.nullable and name in new and new[name] is None:
            _refuse_null(field, name)


def actor_columns(name: str, actor: dict[str, Any]) -> Columns:
    """The columns of `createdBy` or `updatedBy` for who writes."""
    stored = composites.stored("ACTOR", actor, name)
    return {column_name(name, part): value for part, value in stored.items()}
