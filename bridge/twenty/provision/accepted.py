"""Validates the set-up's mutations against the workspace's own /metadata before any is sent.

Twenty releases weekly, and inputs come and go: `gridPosition` of a widget is required up to 2.35, and
refused from 2.37 on.
"""

from collections.abc import Iterator, Mapping
from typing import Any, cast

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    IntrospectionQuery,
    VariableDefinitionNode,
    build_client_schema,
    is_input_type,
    is_required_input_field,
    type_from_ast,
    validate,
)
from graphql.utilities import validate_input_value

from bridge.twenty.provision.plan import Mutation
from bridge.twenty.schema.documents import definition_of, documents
from bridge.twenty.schema.introspection import reached

HINT = " Did you mean "


class Accepted:
    """A workspace's schema, as far as `documents.graphql` reaches into it."""

    def __init__(self, introspection: Mapping[str, Any]) -> None:
        part = cast("IntrospectionQuery", reached(introspection, documents().values()))
        # Only a part of the schema: types of which no field is selected have none.
        self._schema = build_client_schema(part, assume_valid=True)
        self._validated: dict[str, list[str]] = {}

    def has(self, type_name: str, field: str) -> bool:
        """Whether a type, of inputs or of answers, has a field that one of the operations reaches."""
        found = self._schema.type_map.get(type_name)
        return isinstance(found, GraphQLInputObjectType | GraphQLObjectType) and field in found.fields

    def refuses(self, mutation: Mutation) -> str | None:
        """Why the workspace would refuse a mutation; None where it would accept it."""
        return next(self._reasons(mutation), None)

    def _reasons(self, mutation: Mutation) -> Iterator[str]:
        document = documents()[mutation.operation]
        yield from self._drifts(mutation.operation, document)
        for variable in definition_of(document).variable_definitions or ():
            yield from _of_variable(self._schema, variable, mutation.variables)

    def _drifts(self, name: str, document: DocumentNode) -> list[str]:
        if name not in self._validated:
            errors = validate(self._schema, document)
            self._validated[name] = [error.message.partition(HINT)[0] for error in errors]
        return self._validated[name]


def _of_variable(
    schema: GraphQLSchema, variable: VariableDefinitionNode, variables: Mapping[str, Any]
) -> Iterator[str]:
    expected = type_from_ast(schema, variable.type)
    if is_input_type(expected):
        yield from _of_value(variables.get(variable.variable.name.value), expected)


def _of_value(value: object, expected: GraphQLInputType) -> Iterator[str]:
    """Messages name fields and types, never values: these may be secrets."""
    if isinstance(expected, GraphQLNonNull):
        yield from _of_value(value, expected.of_type) if value is not None else [f"'{expected}' is missing."]
    elif value is None:
        return
    elif isinstance(expected, GraphQLList):
        for one in value if isinstance(value, list | tuple) else [value]:
            yield from _of_value(one, expected.of_type)
    elif isinstance(expected, GraphQLInputObjectType) and isinstance(value, dict):
        yield from _of_fields(value, expected)
    elif not _is_valid(value, expected):
        yield f"Type '{expected}' does not have what is sent."


def _of_fields(value: Mapping[str, object], expected: GraphQLInputObjectType) -> Iterator[str]:
    for name in value:
        if name not in expected.fields:
            yield f"Field '{name}' is not defined by type '{expected}'."
    for name, field in expected.fields.items():
        if name in value:
            yield from _of_value(value[name], field.type)
        elif is_required_input_field(field):
            yield f"Field '{name}' of required type '{field.type}' is not known to the bridge."


def _is_valid(value: object, expected: GraphQLInputType) -> bool:
    errors: list[GraphQLError] = []
    validate_input_value(value, expected, lambda error, _: errors.append(error))
    return not errors
