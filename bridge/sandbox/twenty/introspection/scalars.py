"""Scalars, their filters, and the types of composite fields."""

from graphql import (
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLField,
    GraphQLFloat,
    GraphQLID,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInt,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLScalarType,
    GraphQLString,
)

from bridge.sandbox.twenty.kinds.parts import ACTOR_SOURCES, COMPOSITES, Part, Scalar
from bridge.sandbox.twenty.model import pascal
from bridge.sandbox.twenty.records.operators import OPERATORS

CURSOR = GraphQLScalarType("Cursor")
CONNECTION_CURSOR = GraphQLScalarType("ConnectionCursor")
UUID = GraphQLScalarType("UUID")

SCALARS: dict[Scalar, GraphQLScalarType] = {
    Scalar.ARRAY: GraphQLString,
    Scalar.BOOLEAN: GraphQLBoolean,
    Scalar.DATE: GraphQLScalarType("Date"),
    Scalar.DATE_TIME: GraphQLScalarType("DateTime"),
    Scalar.JSON: GraphQLScalarType("JSON"),
    Scalar.NUMBER: GraphQLFloat,
    Scalar.NUMERIC: GraphQLScalarType("BigFloat"),
    Scalar.POSITION: GraphQLScalarType("Position"),
    Scalar.SELECT: GraphQLString,
    Scalar.TEXT: GraphQLString,
    Scalar.TS_VECTOR: GraphQLScalarType("TSVector"),
    Scalar.UUID: UUID,
}


def _enum(name: str, *values: str) -> GraphQLEnumType:
    return GraphQLEnumType(name, {value: value for value in values})


FILTER_IS = _enum("FilterIs", "NULL", "NOT_NULL")
ORDER_BY = _enum("OrderByDirection", "AscNullsFirst", "AscNullsLast", "DescNullsFirst", "DescNullsLast")
ACTOR_SOURCE = _enum("ActorSourceEnum", *ACTOR_SOURCES)

_FILTER_NAMES: dict[Scalar, str] = {
    Scalar.ARRAY: "ArrayFilter",
    Scalar.BOOLEAN: "BooleanFilter",
    Scalar.DATE: "DateFilter",
    Scalar.DATE_TIME: "DateTimeFilter",
    Scalar.JSON: "RawJsonFilter",
    Scalar.NUMBER: "FloatFilter",
    Scalar.NUMERIC: "BigFloatFilter",
    Scalar.POSITION: "FloatFilter",
    Scalar.SELECT: "StringFilter",
    Scalar.TEXT: "StringFilter",
    Scalar.TS_VECTOR: "TSVectorFilter",
    Scalar.UUID: "UUIDFilter",
}


def _filter(name: str, scalar: Scalar, value: GraphQLScalarType) -> GraphQLInputObjectType:
    fields = {one: GraphQLInputField(value) for one in OPERATORS[scalar] if one not in ("in", "is")}
    if "in" in OPERATORS[scalar]:
        one = value if scalar is Scalar.UUID else GraphQLNonNull(value)
        fields["in"] = GraphQLInputField(GraphQLList(one))
    if "like" in fields:
        fields["like"] = GraphQLInputField(GraphQLString)
    if "isEmptyArray" in fields:
        fields["isEmptyArray"] = GraphQLInputField(GraphQLBoolean)
    return GraphQLInputObjectType(name, {**fields, "is": GraphQLInputField(FILTER_IS)})


def _filters() -> dict[str, GraphQLInputObjectType]:
    made = {
        name: _filter(name, scalar, GraphQLFloat if name == "FloatFilter" else SCALARS[scalar])
        for scalar, name in _FILTER_NAMES.items()
        if scalar is not Scalar.SELECT
    }
    texts = _filter("StringFilter", Scalar.TEXT, GraphQLString).fields
    listed = {name: GraphQLInputField(GraphQLString) for name in ("regex", "iregex")}
    made["StringFilter"] = GraphQLInputObjectType("StringFilter", {**texts, **listed})
    words = {"search": GraphQLInputField(GraphQLString)}
    made["TSVectorFilter"] = GraphQLInputObjectType("TSVectorFilter", words)
    made["IntFilter"] = _filter("IntFilter", Scalar.NUMBER, GraphQLInt)
    return made


FILTERS = _filters()


"""As the original's schema lists them: `regex` and `search` are refused all the same."""


def filter_of(scalar: Scalar) -> GraphQLInputObjectType:
    return FILTERS[_FILTER_NAMES[scalar]]


def enum_filter(enum: GraphQLEnumType) -> GraphQLInputObjectType:
    fields = {
        "eq": GraphQLInputField(enum),
        "neq": GraphQLInputField(enum),
        "in": GraphQLInputField(GraphQLList(enum)),
        "containsAny": GraphQLInputField(GraphQLList(enum)),
        "is": GraphQLInputField(FILTER_IS),
        "isEmptyArray": GraphQLInputField(GraphQLBoolean),
    }
    return GraphQLInputObjectType(f"{enum.name}Filter", fields)


def composite_name(field_type: str) -> str:
    """`FULL_NAME` → `FullName`"""
    return "".join(word.title() for word in field_type.split("_"))


def _part_type(part: Part) -> GraphQLScalarType | GraphQLEnumType:
    return ACTOR_SOURCE if part.scalar is Scalar.SELECT else SCALARS[part.scalar]


_ACTOR_FILTER = enum_filter(ACTOR_SOURCE)

_ENTRIES = {
    ("PHONES", "additionalPhones"): ("number", "callingCode", "countryCode"),
    ("LINKS", "secondaryLinks"): ("label", "url"),
}
"""What the entries of a list within a composite field hold."""


def _entries(kind: str, part: Part) -> GraphQLList[GraphQLObjectType]:
    names = _ENTRIES[kind, part.name]
    fields = {name: GraphQLField(GraphQLString) for name in names}
    return GraphQLList(GraphQLObjectType(composite_name(kind) + pascal(part.name), fields))


def _objects(*, typed: bool) -> dict[str, GraphQLObjectType]:
    """The types of composite fields; `typed`: lists within them have a type of their own."""

    def output(kind: str, part: Part) -> GraphQLOutputType:
        return _entries(kind, part) if typed and (kind, part.name) in _ENTRIES else _part_type(part)

    return {
        kind: GraphQLObjectType(
            composite_name(kind), {part.name: GraphQLField(output(kind, part)) for part in parts}
        )
        for kind, parts in COMPOSITES.items()
    }


OBJECTS = _objects(typed=False)
TYPED_OBJECTS = _objects(typed=True)


_READ_ONLY = (("ACTOR", "workspaceMemberId"), ("ACTOR", "name"))


def _composite_input(kind: str, suffix: str) -> GraphQLInputObjectType:
    parts = {
        part.name: GraphQLInputField(_part_type(part))
        for part in COMPOSITES[kind]
        if (kind, part.name) not in _READ_ONLY
    }
    return GraphQLInputObjectType(f"{composite_name(kind)}{suffix}", parts)


def _composite_filter(kind: str) -> GraphQLInputObjectType:
    parts = {
        part.name: GraphQLInputField(
            _ACTOR_FILTER if part.scalar is Scalar.SELECT else filter_of(part.scalar)
        )
        for part in COMPOSITES[kind]
    }
    return GraphQLInputObjectType(f"{composite_name(kind)}FilterInput", parts)


def _composite_order(kind: str) -> GraphQLInputObjectType:
    parts = {part.name: GraphQLInputField(ORDER_BY) for part in COMPOSITES[kind]}
    return GraphQLInputObjectType(f"{composite_name(kind)}OrderByInput", parts)


CREATE_INPUTS = {kind: _composite_input(kind, "CreateInput") for kind in COMPOSITES}
UPDATE_INPUTS = {kind: _composite_input(kind, "UpdateInput") for kind in COMPOSITES}
FILTER_INPUTS = {kind: _composite_filter(kind) for kind in COMPOSITES}
ORDER_INPUTS = {kind: _composite_order(kind) for kind in COMPOSITES}

ID = GraphQLID

FILE = GraphQLObjectType(
    "FileObject",
    {
        "fileId": GraphQLField(GraphQLNonNull(UUID)),
        "label": GraphQLField(GraphQLNonNull(GraphQLString)),
        "extension": GraphQLField(GraphQLString),
        "url": GraphQLField(GraphQLString),
    },
)
FILE_ITEM = GraphQLInputObjectType(
    "FileItemInput",
    {
        "fileId": GraphQLInputField(GraphQLNonNull(UUID)),
        "label": GraphQLInputField(GraphQLNonNull(GraphQLString)),
    },
)
