"""The schema of /metadata, from its definition files and the resolvers of each area."""

from functools import cache
from importlib.resources import files
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLNonNull,
    GraphQLOutputType,
    GraphQLResolveInfo,
    GraphQLSchema,
    GraphQLUnionType,
    build_ast_schema,
    get_named_type,
    is_list_type,
    is_object_type,
    parse,
)

from bridge.sandbox.twenty.generation import Generation
from bridge.sandbox.twenty.metadata import (
    applications,
    definitions,
    hooks,
    keys,
    layouts,
    objects,
    timeline_types,
    users,
    views,
)

_PARTS = ("structure", "views", "layouts", "charts", "accounts", "applications")
_AREAS = (objects, views, layouts, users, keys, hooks, timeline_types, applications)
_ZEROS: dict[str, object] = {"Boolean": False, "String": "", "Float": 0, "Int": 0, "JSON": None}


@cache
def metadata_schema(generation: Generation) -> GraphQLSchema:
    """The schema of a generation, with its resolvers."""
    names = (*_PARTS, *(f"changes-{version}" for version in generation.schema_changes))
    schema = build_ast_schema(definitions.merged(map(_read, names)))
    for area in _AREAS:
        for (type_name, field_name), resolver in area.REGISTRY.resolvers.items():
            owner = schema.type_map[type_name]
            if is_object_type(owner) and field_name in owner.fields:
                owner.fields[field_name].resolve = resolver
    _union(schema, "WidgetConfiguration").resolve_type = layouts.configuration_type
    _union(schema, "PageLayoutWidgetPosition").resolve_type = layouts.position_type
    return schema


def _read(name: str) -> DocumentNode:
    return parse((files(__package__) / f"{name}.graphql").read_text("utf-8"))


def _union(schema: GraphQLSchema, name: str) -> GraphQLUnionType:
    union = schema.type_map[name]
    if not isinstance(union, GraphQLUnionType):
        raise TypeError(name)
    return union


def read_row(row: Any, info: GraphQLResolveInfo[Any], **_: object) -> Any:
    """A value of a row. What the sandbox does not keep reads as false, empty or zero."""
    value = row.get(info.field_name)
    if value is None and isinstance(info.return_type, GraphQLNonNull):
        return _zero(info.return_type.of_type, info)
    return value


def _zero(kind: GraphQLOutputType, info: GraphQLResolveInfo[Any]) -> object:
    if is_list_type(kind):
        return []
    if get_named_type(kind).name == "UUID":
        return info.context.issuer.workspace_id
    return _ZEROS.get(get_named_type(kind).name)
