"""The types of `…GroupBy`: what can be grouped by, how groups are sorted, and what each gives."""

from collections.abc import Iterator, Mapping
from functools import cached_property

from graphql import (
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLString,
)
from graphql.type import GraphQLInputType

from bridge.sandbox.twenty.catalog import Catalog
from bridge.sandbox.twenty.introspection import scalars
from bridge.sandbox.twenty.introspection.inputs import ObjectInputs
from bridge.sandbox.twenty.kinds.parts import COMPOSITES, Scalar
from bridge.sandbox.twenty.model import Field, ObjectType
from bridge.sandbox.twenty.records.aggregates import aggregates_of
from bridge.sandbox.twenty.records.grouping import GRANULARITIES, WEEK_STARTS

_GRANULARITY = GraphQLEnumType("DateGranularityEnum", {one: one for one in GRANULARITIES})
_WEEK_START = GraphQLEnumType("FirstDayOfTheWeek", {one: one for one in WEEK_STARTS})
_PERIOD = GraphQLInputObjectType(
    "GroupByDateGranularityInput",
    {
        "granularity": GraphQLInputField(_GRANULARITY),
        "weekStartDay": GraphQLInputField(_WEEK_START),
        "timeZone": GraphQLInputField(GraphQLString),
    },
)
_PERIOD_ORDER = GraphQLInputObjectType(
    "OrderByDateGranularityInput",
    {"orderBy": GraphQLInputField(scalars.ORDER_BY), "granularity": GraphQLInputField(_GRANULARITY)},
)
_COMPOSITES = {
    kind: GraphQLInputObjectType(
        f"{scalars.composite_name(kind)}GroupByInput",
        {part.name: GraphQLInputField(GraphQLBoolean) for part in parts if part.scalar is not Scalar.JSON},
    )
    for kind, parts in COMPOSITES.items()
}
_DATES = ("DATE_TIME", "DATE")
_NEVER_TYPES = ("RAW_JSON", "FILES", "TS_VECTOR", "POSITION", "ACTOR")
_NEVER: Mapping[str, tuple[str, ...]] = {
    "person": ("avatarUrl",),
    "workspaceMember": (
        *("colorScheme", "locale", "avatarUrl", "userEmail", "jobTitle", "timeZone"),
        *("calendarStartDay", "dateFormat", "timeFormat", "numberFormat", "userId"),
    ),
    "attachment": ("fullPath", "fileCategory"),
    "timelineActivity": ("linkedRecordCachedName", "linkedRecordId", "linkedObjectMetadataId"),
}
"""Fields that are the original's own, and not for users."""


class Grouping:
    """The types by which records of one object are grouped; they refer to those of other objects."""

    def __init__(
        self,
        owner: ObjectType,
        catalog: Catalog,
        others: Mapping[str, "Grouping"],
        inputs: Mapping[str, ObjectInputs],
    ) -> None:
        self._owner = owner
        self._catalog = catalog
        self._others = others
        self._inputs = inputs

    def _lazy(self, name: str, maker: str) -> GraphQLInputObjectType:
        return GraphQLInputObjectType(
            f"{self._owner.type_name}{name}",
            lambda: {key: GraphQLInputField(kind) for key, kind in getattr(self, maker)()},
        )

    @cached_property
    def dimensions(self) -> GraphQLInputObjectType:
        return self._lazy("GroupByInput", "_dimension_fields")

    @cached_property
    def order(self) -> GraphQLInputObjectType:
        return self._lazy("OrderByWithGroupByInput", "_order_fields")

    @cached_property
    def _aggregates(self) -> GraphQLInputObjectType:
        return self._lazy("OrderByWithGroupByAggregateInput", "_aggregate_fields")

    def groups(self, connection: GraphQLObjectType) -> GraphQLObjectType:
        """A group: what a connection has, and the values that its records share."""
        return GraphQLObjectType(
            f"{self._owner.type_name}GroupByConnection",
            lambda: {
                **connection.fields,
                "groupByDimensionValues": GraphQLField(GraphQLNonNull(scalars.SCALARS[Scalar.JSON])),
            },
        )

    def _target(self, field: Field) -> "Grouping | None":
        return self._others[self._catalog.target(field.relation).name] if field.relation else None

    def _dimension_fields(self) -> Iterator[tuple[str, GraphQLInputType]]:
        for name, field in self._owner.fields.items():
            target = self._target(field)
            if target and field.to_one:
                yield name, target.dimensions
            elif field.relation is None and self._groupable(name, field):
                yield name, _PERIOD if field.type in _DATES else _COMPOSITES.get(field.type, GraphQLBoolean)

    def _groupable(self, name: str, field: Field) -> bool:
        hidden = name in ("id", "deletedAt") or name in _NEVER.get(self._owner.name, ())
        return not hidden and field.type not in _NEVER_TYPES

    def _order_fields(self) -> Iterator[tuple[str, GraphQLInputType]]:
        yield "aggregate", self._aggregates
        for name, field in self._owner.fields.items():
            target = self._target(field)
            if target and field.to_one:
                yield field.join_name, scalars.ORDER_BY
                yield name, target.order
            elif field.relation is None:
                simple = _PERIOD_ORDER if field.type in _DATES else scalars.ORDER_BY
                yield name, scalars.ORDER_INPUTS.get(field.type, simple)

    def _aggregate_fields(self) -> Iterator[tuple[str, GraphQLInputType]]:
        yield "totalCount", scalars.ORDER_BY
        for name, one in aggregates_of(self._owner).items():
            if one.field.relation is None:
                yield name, scalars.ORDER_BY
        for name, field in self._owner.fields.items():
            if field.to_one and field.relation:
                yield field.join_name, scalars.ORDER_BY
                yield name, self._inputs[self._catalog.target(field.relation).name].order
