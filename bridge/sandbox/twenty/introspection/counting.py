"""The aggregates that a connection type offers."""

from collections.abc import Iterator

from graphql import GraphQLField, GraphQLFloat, GraphQLInt, GraphQLOutputType

from bridge.sandbox.twenty.introspection import scalars
from bridge.sandbox.twenty.kinds.parts import parts_of
from bridge.sandbox.twenty.model import Field, ObjectType, pascal
from bridge.sandbox.twenty.records.aggregates import FUNCTIONS, NUMERIC


def aggregates_of(owner: ObjectType) -> Iterator[tuple[str, GraphQLField]]:
    for name, field in owner.fields.items():
        if field.relation or not field.columns:
            continue
        scalar = field.columns[0].part.scalar
        ordered = scalar in NUMERIC or field.type in ("DATE_TIME", "DATE")
        for function in FUNCTIONS:
            if function in ("min", "max") and not ordered:
                continue
            if function in ("avg", "sum") and scalar not in NUMERIC:
                continue
            yield f"{function}{pascal(name)}", GraphQLField(_aggregate_type(function, field))


def _aggregate_type(function: str, field: Field) -> GraphQLOutputType:
    if function.startswith("count"):
        return GraphQLInt
    if function in ("min", "max") and field.type in ("DATE_TIME", "DATE"):
        return scalars.SCALARS[parts_of(field.type)[0].scalar]
    return GraphQLFloat
