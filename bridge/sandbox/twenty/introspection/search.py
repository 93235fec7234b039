"""What /graphql offers beside the workspace's records: `search`, which the sandbox does not answer."""

from graphql import (
    GraphQLArgument,
    GraphQLBoolean,
    GraphQLError,
    GraphQLField,
    GraphQLFloat,
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


def _refuse(*_: object, **__: object) -> None:
    raise GraphQLError("The sandbox does not search.")


SEARCH = GraphQLField(
    GraphQLNonNull(_SEARCH_RESULT),
    {
        "searchInput": GraphQLArgument(GraphQLNonNull(GraphQLString)),
        "limit": GraphQLArgument(GraphQLNonNull(GraphQLInt)),
        "includedObjectNameSingulars": GraphQLArgument(GraphQLList(GraphQLNonNull(GraphQLString))),
    },
    resolve=_refuse,
)

# What is left of /graphql for a caller without a workspace.
CORE = GraphQLSchema(query=GraphQLObjectType("Query", {"search": SEARCH}))
