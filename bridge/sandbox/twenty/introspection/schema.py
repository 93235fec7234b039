"""The whole schema: output types, connections, and the root fields with their arguments."""

from collections.abc import Iterator
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInt,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLString,
)
from graphql.type import GraphQLInputType

from bridge.sandbox.twenty.catalog import Catalog
from bridge.sandbox.twenty.introspection import scalars
from bridge.sandbox.twenty.introspection.counting import aggregate_fields
from bridge.sandbox.twenty.introspection.grouping import Grouping
from bridge.sandbox.twenty.introspection.inputs import ObjectInputs, number_type
from bridge.sandbox.twenty.introspection.search import PAGE_INFO
from bridge.sandbox.twenty.kinds.parts import parts_of
from bridge.sandbox.twenty.model import Field, ObjectType, RootField

# What a field that is no relation can be.
_Plain = GraphQLScalarType | GraphQLEnumType | GraphQLObjectType | GraphQLList[Any]


class Builder:
    """Builds the types of all objects; those that refer to others do so when asked."""

    def __init__(self, catalog: Catalog, *, typed: bool) -> None:
        self._catalog = catalog
        self._composites = scalars.TYPED_OBJECTS if typed else scalars.OBJECTS
        self._inputs: dict[str, ObjectInputs] = {}
        self._grouping: dict[str, Grouping] = {}
        for one in catalog.by_name.values():
            self._inputs[one.name] = ObjectInputs(one, catalog, self._inputs)
            self._grouping[one.name] = Grouping(one, catalog, self._grouping, self._inputs)
        self._types = {one.name: self._object(one) for one in catalog.by_name.values()}
        self._connections = {one.name: self._connection(one) for one in catalog.by_name.values()}

    def schema(self) -> GraphQLSchema:
        queries = {name: self._root(root) for name, root in self._catalog.queries.items()}
        mutations = {name: self._root(root) for name, root in self._catalog.mutations.items()}
        return GraphQLSchema(
            query=GraphQLObjectType("Query", queries),
            mutation=GraphQLObjectType("Mutation", mutations) if mutations else None,
        )

    def _object(self, owner: ObjectType) -> GraphQLObjectType:
        return GraphQLObjectType(owner.type_name, lambda: dict(self._fields(owner)))

    def _fields(self, owner: ObjectType) -> Iterator[tuple[str, GraphQLField]]:
        for name, field in owner.fields.items():
            if field.relation is None:
                kind = self._output(owner, field)
                yield name, GraphQLField(kind if field.nullable else GraphQLNonNull(kind))
                continue
            target = self._catalog.target(field.relation)
            if field.to_one:
                yield field.join_name, GraphQLField(scalars.ID)
                yield name, GraphQLField(self._types[target.name])
            else:
                yield name, GraphQLField(self._connections[target.name], self._page_arguments(target))

    def _output(self, owner: ObjectType, field: Field) -> _Plain:
        enum = self._inputs[owner.name].enums.get(field.name)
        if enum:
            return GraphQLList(enum) if field.type == "MULTI_SELECT" else enum
        if field.composite:
            return self._composites[field.type]
        if field.type == "FILES":
            return GraphQLList(scalars.FILE)
        return number_type(field) or scalars.SCALARS[parts_of(field.type)[0].scalar]

    def _connection(self, owner: ObjectType) -> GraphQLObjectType:
        edge = GraphQLObjectType(
            f"{owner.type_name}Edge",
            lambda: {
                "node": GraphQLField(GraphQLNonNull(self._types[owner.name])),
                "cursor": GraphQLField(GraphQLNonNull(scalars.CURSOR)),
            },
        )
        fields = {
            "totalCount": GraphQLField(GraphQLInt),
            **dict(aggregate_fields(owner)),
            "edges": GraphQLField(GraphQLNonNull(GraphQLList(GraphQLNonNull(edge)))),
            "pageInfo": GraphQLField(GraphQLNonNull(PAGE_INFO)),
        }
        return GraphQLObjectType(f"{owner.type_name}Connection", fields)

    def _page_arguments(self, owner: ObjectType) -> dict[str, GraphQLArgument]:
        inputs = self._inputs[owner.name]
        return {
            **{name: GraphQLArgument(GraphQLInt) for name in ("first", "last", "offset")},
            **{name: GraphQLArgument(GraphQLString) for name in ("before", "after")},
            "filter": GraphQLArgument(inputs.filter),
            "orderBy": GraphQLArgument(GraphQLList(inputs.order)),
        }

    def _group_arguments(self, name: str) -> dict[str, GraphQLArgument]:
        inputs, grouping = self._inputs[name], self._grouping[name]
        dimensions = GraphQLNonNull(GraphQLList(GraphQLNonNull(grouping.dimensions)))
        return {
            "groupBy": GraphQLArgument(dimensions),
            "filter": GraphQLArgument(inputs.filter),
            "orderBy": GraphQLArgument(GraphQLList(grouping.order)),
            "orderByForRecords": GraphQLArgument(GraphQLList(inputs.order)),
            "viewId": GraphQLArgument(scalars.UUID),
            "limit": GraphQLArgument(GraphQLInt),
            "offsetForRecords": GraphQLArgument(GraphQLInt),
        }

    def _root(self, root: RootField) -> GraphQLField:
        name = root.object.name
        if root.action == "findMany":
            return GraphQLField(self._connections[name], self._page_arguments(root.object))
        if root.action == "groupBy":
            groups = self._grouping[name].groups(self._connections[name])
            return GraphQLField(GraphQLList(GraphQLNonNull(groups)), self._group_arguments(name))
        kind: GraphQLOutputType = self._types[name]
        if root.action.endswith("Many"):
            kind = GraphQLList(GraphQLNonNull(self._types[name]))
        return GraphQLField(kind, dict(self._arguments(root)))

    def _arguments(self, root: RootField) -> Iterator[tuple[str, GraphQLArgument]]:
        inputs = self._inputs[root.object.name]
        many = root.action.endswith("Many")
        if root.action.startswith("create"):
            record: GraphQLInputType = GraphQLNonNull(inputs.create)
            yield "data", GraphQLArgument(GraphQLNonNull(GraphQLList(record)) if many else record)
            yield "upsert", GraphQLArgument(GraphQLBoolean)
            return
        if many or root.action == "findOne":
            yield "filter", GraphQLArgument(GraphQLNonNull(inputs.filter))
        else:
            yield "id", GraphQLArgument(GraphQLNonNull(scalars.UUID))
        if root.action.startswith("update"):
            yield "data", GraphQLArgument(GraphQLNonNull(inputs.update))
