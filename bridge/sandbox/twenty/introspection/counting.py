"""The aggregates that a connection type offers."""

from collections.abc import Iterator

from graphql import GraphQLField, GraphQLFloat, GraphQLInt, GraphQLOutputType

from bridge.sandbox.twenty.introspection import scalars
from bridge.sandbox.twenty.kinds.parts import parts_of
from bridge.sandbox.twenty.model import ObjectType
from bridge.sandbox.twenty.records import aggregates


def aggregate_fields(owner: ObjectType) -> Iterator[tuple[str, GraphQLField]]:
    for name, one in aggregates.aggregates_of(owner).items():
        yield name, GraphQLField(_type(one))


def _type(one: aggregates.Aggregate) -> GraphQLOutputType:
    if one.function.startswith("count"):
        return GraphQLInt
    if one.function in ("min", "max") and one.field.type in ("DATE_TIME", "DATE"):
        return scalars.SCALARS[parts_of(one.field.type)[0].scalar]
    return GraphQLFloat
