"""Compares a workspace's introspected schema with the bridge's operations."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, cast

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLError,
    GraphQLInputObjectType,
    GraphQLSchema,
    IntrospectionQuery,
    OperationDefinitionNode,
    ScalarLeafsRule,
    SelectionSetNode,
    build_client_schema,
    get_named_type,
    parse,
    specified_rules,
    type_from_ast,
    validate,
)
from msgspec import Struct

from bridge.twenty.client.documents import without_entries
from bridge.twenty.schema.composites import bare_lists
from bridge.twenty.schema.features import GIVEN, RECORDS, TYPED_TIMELINE, Feature, Given, feature_of
from bridge.twenty.schema.introspection import reached

EXECUTED_UNSEEN = tuple(rule for rule in specified_rules if rule is not ScalarLeafsRule)
"""/graphql does not validate: it answers objects without a selection, and JSON with one."""


class Drift(Struct, frozen=True):
    """What an operation lacks, as messages of GraphQL's validation, and the feature that it disables."""

    operation: str
    missing: tuple[str, ...]
    disables: Feature


def drifts(introspection: Mapping[str, Any], documents: Mapping[str, DocumentNode]) -> list[Drift]:
    """What the schema lacks for each document (operation name → document of that operation)."""
    bare = bare_lists(introspection["__schema"]["types"])
    documents = {name: without_entries(document, bare) for name, document in documents.items()}
    part = cast("IntrospectionQuery", reached(introspection, documents.values()))
    # Only a part of the schema: types of which no field is selected have none.
    schema = build_client_schema(part, assume_valid=True)
    return [drift for name, document in documents.items() for drift in _drifts_of(schema, name, document)]


def _drifts_of(schema: GraphQLSchema, name: str, document: DocumentNode) -> Iterator[Drift]:
    missing: defaultdict[Feature, list[str]] = defaultdict(list)
    for error in validate(schema, document, EXECUTED_UNSEEN if name in RECORDS else None):
        lacks = feature_of(name, _field(error))
        missing[lacks].append(error.message.partition(" Did you mean ")[0])
    for given in GIVEN:
        if given.operation == name:
            missing[given.feature] += _not_taken(schema, document, given)
    for feature, messages in missing.items():
        if messages:
            yield Drift(name, tuple(messages), feature)


def _field(error: GraphQLError) -> str | None:
    """The selected field that an error is about, if it is about one."""
    node = error.nodes[0] if error.nodes else None
    return node.name.value if isinstance(node, FieldNode) else None


def _not_taken(schema: GraphQLSchema, document: DocumentNode, given: Given) -> Iterator[str]:
    """The fields that a variable's type lacks; a missing type is reported by validation."""
    fields = _operation(parse(f"{{ {given.fields} }}", no_location=True)).selection_set
    for variable in _operation(document).variable_definitions or ():
        if variable.variable.name.value == given.variable:
            taken = get_named_type(type_from_ast(schema, variable.type))
            if given.typed is None or given.typed == _has(taken, TYPED_TIMELINE):
                yield from _undefined(taken, fields)


def _has(taken: object, field: str) -> bool:
    return isinstance(taken, GraphQLInputObjectType) and field in taken.fields


def _operation(document: DocumentNode) -> OperationDefinitionNode:
    return next(one for one in document.definitions if isinstance(one, OperationDefinitionNode))


def _undefined(taken: object, selection_set: SelectionSetNode | None) -> Iterator[str]:
    if not isinstance(taken, GraphQLInputObjectType) or selection_set is None:
        return
    for node in selection_set.selections:
        if not isinstance(node, FieldNode):
            continue
        field = taken.fields.get(node.name.value)
        if field is None:
            yield f"Field '{node.name.value}' is not defined by type '{taken.name}'."
        else:
            yield from _undefined(get_named_type(field.type), node.selection_set)
