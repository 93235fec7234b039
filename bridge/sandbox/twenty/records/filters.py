"""A filter argument becomes a condition in SQL; what the original refuses is refused."""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from bridge.sandbox.twenty.errors import InvalidFilter, InvalidQuery
from bridge.sandbox.twenty.kinds.parts import Part, Scalar, column_name, parts_of
from bridge.sandbox.twenty.model import Field, ObjectType
from bridge.sandbox.twenty.records.operators import Condition, compare, operator_of
from bridge.sandbox.twenty.workspace import Schema


def where(schema: Schema, owner: ObjectType, given: object, *, hops: int = 1) -> Condition:
    """The condition that a filter is; it does not leave out deleted records.

    It can lead over so many relations: over one in a read, over none in a mutation.
    """
    if given is None:
        return sa.true()
    if not isinstance(given, dict):
        raise InvalidQuery('Invalid argument: "filter" must be an object')
    return sa.and_(sa.true(), *_conditions(schema, owner, given, hops))


def mentions_deleted(given: object) -> bool:
    """Whether the filter asks for `deletedAt` itself, and so sees deleted records."""
    if isinstance(given, dict):
        return "deletedAt" in given or any(mentions_deleted(value) for value in given.values())
    return isinstance(given, list) and any(mentions_deleted(one) for one in given)


def _conditions(schema: Schema, owner: ObjectType, given: dict[str, Any], hops: int) -> Iterator[Condition]:
    for key, value in given.items():
        if key in ("and", "or"):
            parts = [where(schema, owner, one, hops=hops) for one in value or ()]
            combine = sa.and_ if key == "and" else sa.or_
            yield combine(*parts) if parts else sa.true()
        elif key == "not":
            yield sa.not_(where(schema, owner, value, hops=hops))
        else:
            yield _field(schema, owner, key, value, hops)


def _field(schema: Schema, owner: ObjectType, key: str, value: object, hops: int) -> Condition:
    field = owner.fields.get(key)
    if key in owner.joins:
        return compare(schema.column(owner, key), Part("", Scalar.UUID), key, value, ())
    if field is None:
        raise InvalidFilter(
            f'Object {owner.name} doesn\'t have any "{key}" field.',
            friendly=f'Invalid filter : {owner.name} object doesn\'t have any "{key}" field.',
        )
    if field.relation:
        return _through_relation(schema, owner, field, value, hops)
    if field.composite:
        return _composite(schema, owner, field, value)
    (part,) = parts_of(field.type)
    if part.scalar is Scalar.TS_VECTOR:
        operator_of(part, key, value)
        return sa.false()
    return compare(schema.column(owner, key), part, key, value, field.options)


def _through_relation(schema: Schema, owner: ObjectType, field: Field, value: object, hops: int) -> Condition:
    if not field.to_one or field.relation is None:
        raise InvalidFilter(f'Cannot filter by relation field "{field.name}"')
    target = schema.catalog.target(field.relation)
    known = {*target.fields, *target.joins, "and", "or", "not"}
    if not isinstance(value, dict) or not known & set(value):
        raise InvalidFilter(
            f'Cannot filter by relation field "{field.name}": use "{field.join_name}" instead',
            friendly=f'Invalid filter: use "{field.join_name}" to filter by this relation field',
        )
    if not hops:
        raise InvalidFilter("Relation filter nesting deeper than 1 hop is not supported")
    # The original joins: a record that is missing or deleted has nothing but NULL.
    table = schema.tables[target.name]
    there = sa.and_(table.c.id == schema.column(owner, field.join_name), table.c.deletedAt.is_(None))
    joined = sa.select(sa.literal(1)).subquery().outerjoin(table, there)
    holds = sa.select(where(schema, target, value, hops=hops - 1)).select_from(joined)
    return sa.type_coerce(holds.scalar_subquery(), sa.Boolean())


def _composite(schema: Schema, owner: ObjectType, field: Field, given: object) -> Condition:
    if not isinstance(given, dict):
        raise InvalidFilter(f'Filter value for field "{field.name}" must be an object')
    parts = {part.name: part for part in parts_of(field.type)}
    conditions = []
    for name, value in given.items():
        if name not in parts:
            raise InvalidFilter(f'Sub field "{name}" not found for composite type: {field.type}')
        column = schema.column(owner, column_name(field.name, name))
        conditions.append(compare(column, parts[name], f"{field.name}.{name}", value, ()))
    return sa.and_(sa.true(), *conditions)
