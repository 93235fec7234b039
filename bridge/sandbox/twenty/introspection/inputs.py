"""Input types of an object: create, update, filter, order, and connecting to it."""

from collections.abc import Iterator
from functools import cached_property

from graphql import (
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInt,
    GraphQLList,
    GraphQLNonNull,
    GraphQLScalarType,
    GraphQLString,
)
from graphql.type import GraphQLInputType

from bridge.sandbox.twenty.catalog import Catalog
from bridge.sandbox.twenty.introspection import scalars
from bridge.sandbox.twenty.kinds.parts import COMPOSITES, Scalar, parts_of
from bridge.sandbox.twenty.model import Field, ObjectType, pascal

_GIVEN = ("id", "createdAt", "updatedAt", "position", "createdBy", "updatedBy")
"""What every record gets where a client does not say it."""


class ObjectInputs:
    """The input types of one object; they refer to those of other objects by name."""

    def __init__(self, owner: ObjectType, catalog: Catalog, others: dict[str, "ObjectInputs"]) -> None:
        self.owner = owner
        self._catalog = catalog
        self._others = others
        self.enums = {
            name: GraphQLEnumType(
                f"{owner.type_name}{pascal(name)}Enum", {value: value for value in field.options}
            )
            for name, field in owner.fields.items()
            if field.options
        }
        self._enum_filters = {name: scalars.enum_filter(enum) for name, enum in self.enums.items()}

    def _target(self, field: Field) -> "ObjectInputs | None":
        return self._others[self._catalog.target(field.relation).name] if field.relation else None

    def _input(self, name: str, fields: Iterator[tuple[str, GraphQLInputType]]) -> GraphQLInputObjectType:
        made = {key: GraphQLInputField(kind) for key, kind in fields}
        return GraphQLInputObjectType(f"{self.owner.type_name}{name}", made)

    def _lazy(self, name: str, maker: str) -> GraphQLInputObjectType:
        """An input type that may lead back to itself."""
        return GraphQLInputObjectType(
            f"{self.owner.type_name}{name}",
            lambda: {key: GraphQLInputField(kind) for key, kind in getattr(self, maker)()},
        )

    @cached_property
    def create(self) -> GraphQLInputObjectType:
        return self._lazy("CreateInput", "_create_fields")

    @cached_property
    def update(self) -> GraphQLInputObjectType:
        return self._lazy("UpdateInput", "_update_fields")

    @cached_property
    def filter(self) -> GraphQLInputObjectType:
        return self._lazy("FilterInput", "_filter_fields")

    @cached_property
    def order(self) -> GraphQLInputObjectType:
        return self._lazy("OrderByInput", "_order_fields")

    @cached_property
    def relation(self) -> GraphQLInputObjectType:
        connect = self._input("ConnectInput", iter((("where", self._where_unique),)))
        fields: list[tuple[str, GraphQLInputType]] = [("connect", connect), ("disconnect", GraphQLBoolean)]
        return self._input("RelationInput", iter(fields))

    @cached_property
    def _where_unique(self) -> GraphQLInputObjectType:
        return self._input("WhereUniqueInput", self._unique_fields())

    def _unique_fields(self) -> Iterator[tuple[str, GraphQLInputType]]:
        yield "id", scalars.ID
        for field in self.owner.unique_fields:
            if field.composite and field.unique_column:
                part = field.unique_column.removeprefix(field.name)
                name = f"{pascal(field.name)}WhereInput"
                inner = self._input(name, iter(((part[:1].lower() + part[1:], GraphQLString),)))
                yield field.name, inner
            else:
                yield field.name, GraphQLString

    def _create_fields(self) -> Iterator[tuple[str, GraphQLInputType]]:
        for name, kind in self._written(scalars.CREATE_INPUTS):
            field = self.owner.fields.get(name)
            required = field and not field.nullable and field.default is None and name not in _GIVEN
            yield name, GraphQLNonNull(kind) if required and not isinstance(kind, GraphQLNonNull) else kind

    def _update_fields(self) -> Iterator[tuple[str, GraphQLInputType]]:
        return self._written(scalars.UPDATE_INPUTS)

    def _written(
        self, composites: dict[str, GraphQLInputObjectType]
    ) -> Iterator[tuple[str, GraphQLInputType]]:
        for name, field in self.owner.fields.items():
            target = self._target(field)
            if target and field.to_one:
                yield field.join_name, scalars.ID
                yield name, target.relation
            elif field.relation is None:
                yield name, composites.get(field.type) or self._simple(field)

    def _simple(self, field: Field) -> GraphQLInputType:
        if field.name in self.enums:
            enum = self.enums[field.name]
            return GraphQLList(enum) if field.type == "MULTI_SELECT" else enum
        if field.name == "id":
            return scalars.ID
        if field.type == "FILES":
            return GraphQLList(scalars.FILE_ITEM)
        return number_type(field) or scalars.SCALARS[parts_of(field.type)[0].scalar]

    def _filter_fields(self) -> Iterator[tuple[str, GraphQLInputType]]:
        for name, field in self.owner.fields.items():
            target = self._target(field)
            if target and field.to_one:
                yield field.join_name, scalars.FILTERS["UUIDFilter"]
                yield name, target.filter
            elif field.relation is None:
                yield name, self._filter(field)
        yield "and", GraphQLList(self.filter)
        yield "or", GraphQLList(self.filter)
        yield "not", self.filter

    def _filter(self, field: Field) -> GraphQLInputType:
        if field.type in COMPOSITES:
            return scalars.FILTER_INPUTS[field.type]
        if field.name in self._enum_filters:
            return self._enum_filters[field.name]
        if number_type(field) is GraphQLInt:
            return scalars.FILTERS["IntFilter"]
        return scalars.filter_of(parts_of(field.type)[0].scalar)

    def _order_fields(self) -> Iterator[tuple[str, GraphQLInputType]]:
        for name, field in self.owner.fields.items():
            target = self._target(field)
            if target and field.to_one:
                yield field.join_name, scalars.ORDER_BY
                yield name, target.order
            elif field.relation is None:
                yield name, scalars.ORDER_INPUTS.get(field.type, scalars.ORDER_BY)


def number_type(field: Field) -> GraphQLScalarType | None:
    """A whole number is an Int, whatever the column takes."""
    if parts_of(field.type)[0].scalar is Scalar.NUMBER and field.integer:
        return GraphQLInt
    return None
