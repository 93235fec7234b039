"""Compares a workspace's introspected schema with the bridge's operations."""

import asyncio
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
    ScalarLeafsRule,
    SelectionSetNode,
    build_client_schema,
    get_named_type,
    parse,
    specified_rules,
    type_from_ast,
    validate,
)

from bridge.twenty.client.client import UNLIMITED, Executes
from bridge.twenty.schema.composites import bare_lists
from bridge.twenty.schema.documents import definition_of, documents, without_entries
from bridge.twenty.schema.features import (
    GIVEN,
    RECORDS,
    SOME_GENERATIONS,
    TYPED_TIMELINE,
    Drift,
    Feature,
    Given,
    feature_of,
)
from bridge.twenty.schema.introspection import reached

EXECUTED_UNSEEN = tuple(rule for rule in specified_rules if rule is not ScalarLeafsRule)
"""/graphql does not validate: it answers objects without a selection, and JSON with one."""


async def find_drifts(client: Executes) -> list[Drift]:
    """What the workspace lacks for each operation of `documents.graphql`. Raises TwentyError."""
    left_out = UNLIMITED | SOME_GENERATIONS
    compared = {name: document for name, document in documents().items() if name not in left_out}
    records = {name: document for name, document in compared.items() if name in RECORDS}
    structure = {name: document for name, document in compared.items() if name not in RECORDS}
    of_records = await asyncio.to_thread(drifts, await client.execute("Introspection"), records)
    return of_records + await asyncio.to_thread(
        drifts, await client.execute_metadata("Introspection"), structure
    )


def drifts(introspection: Mapping[str, Any], compared: Mapping[str, DocumentNode]) -> list[Drift]:
    """What the schema lacks for each document (operation name → document of that operation)."""
    bare = bare_lists(introspection["__schema"]["types"])
    asked = {name: without_entries(document, bare) for name, document in compared.items()}
    part = cast("IntrospectionQuery", reached(introspection, asked.values()))
    # Only a part of the schema: types of which no field is selected have none.
    schema = build_client_schema(part, assume_valid=True)
    return [drift for name, document in asked.items() for drift in _drifts_of(schema, name, document)]


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
    fields = definition_of(parse(f"{{ {given.fields} }}", no_location=True)).selection_set
    for variable in definition_of(document).variable_definitions or ():
        if variable.variable.name.value == given.variable:
            taken = get_named_type(type_from_ast(schema, variable.type))
            if given.typed is None or given.typed == _has(taken, TYPED_TIMELINE):
                yield from _undefined(taken, fields)


def _has(taken: object, field: str) -> bool:
    return isinstance(taken, GraphQLInputObjectType) and field in taken.fields


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
