"""What /graphql offers beside the workspace's records: `search`, which introspection does not show."""

from graphql import (
    GraphQLArgument,
    GraphQLBoolean,
    GraphQLField,
    GraphQLFloat,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInt,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLString,
)

from bridge.sandbox.twenty.introspection import scalars

PAGE_INFO = GraphQLObjectType(
    "PageInfo",
    {
        "startCursor": GraphQLField(scalars.CONNECTION_CURSOR),
        "endCursor": GraphQLField(scalars.CONNECTION_CURSOR),
        "hasNextPage": GraphQLField(GraphQLNonNull(GraphQLBoolean)),
        "hasPreviousPage": GraphQLField(GraphQLNonNull(GraphQLBoolean)),
    },
)


_SEARCH_RECORD = GraphQLObjectType(
    "SearchRecord",
    {
        "recordId": GraphQLField(GraphQLNonNull(scalars.UUID)),
        "objectNameSingular": GraphQLField(GraphQLNonNull(GraphQLString)),
        "objectLabelSingular": GraphQLField(GraphQLNonNull(GraphQLString)),
        "label": GraphQLField(GraphQLNonNull(GraphQLString)),
        "imageUrl": GraphQLField(GraphQLString),
        "tsRank": GraphQLField(GraphQLNonNull(GraphQLFloat)),
        "tsRankCD": GraphQLField(GraphQLNonNull(GraphQLFloat)),
    },
)
_SEARCH_EDGE = GraphQLObjectType(
    "SearchResultEdge",
    {
        "node": GraphQLField(GraphQLNonNull(_SEARCH_RECORD)),
        "cursor": GraphQLField(GraphQLNonNull(GraphQLString)),
    },
)
_SEARCH_RESULT = GraphQLObjectType(
    "SearchResultConnection",
    {
        "edges": GraphQLField(GraphQLNonNull(GraphQLList(GraphQLNonNull(_SEARCH_EDGE)))),
        "pageInfo": GraphQLField(GraphQLNonNull(PAGE_INFO)),
    },
)


_NAMES = GraphQLList(GraphQLNonNull(GraphQLString))
_FILTER: GraphQLInputObjectType = GraphQLInputObjectType(
    "ObjectRecordFilterInput",
    lambda: {
        **{name: GraphQLInputField(GraphQLList(_FILTER)) for name in ("and", "or")},
        "not": GraphQLInputField(_FILTER),
        "id": GraphQLInputField(scalars.FILTERS["UUIDFilter"]),
        **{name: GraphQLInputField(scalars.FILTERS["DateTimeFilter"]) for name in ("createdAt", "updatedAt")},
    },
)
SEARCH = GraphQLField(
    GraphQLNonNull(_SEARCH_RESULT),
    {
        "searchInput": GraphQLArgument(GraphQLNonNull(GraphQLString)),
        "limit": GraphQLArgument(GraphQLNonNull(GraphQLInt)),
        "includedObjectNameSingulars": GraphQLArgument(_NAMES),
        "excludedObjectNameSingulars": GraphQLArgument(_NAMES),
        "filter": GraphQLArgument(_FILTER),
        "after": GraphQLArgument(GraphQLString),
    },
)

# What is left of /graphql for a caller without a workspace.
CORE = GraphQLSchema(query=GraphQLObjectType("Query", {"search": SEARCH}))
