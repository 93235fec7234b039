"""Whether an answer is one: a proxy or a failing server may send anything that is JSON."""

from typing import Any

from graphql import FieldNode, OperationDefinitionNode, OperationType

from bridge.errors import TwentyUnavailable
from bridge.twenty.client.documents import operations

WRITE_ONE = frozenset({"updatePerson"})
"""Mutations that answer with the record."""


def understood(name: str, data: Any) -> dict[str, Any]:
    """The data of an answer to an operation on records; raises TwentyUnavailable for what is none.

    A query's root fields are connections, a mutation's are lists, or one record where it writes one;
    introspection's are whatever they are.
    """
    (definition,) = operations()[name][1].definitions
    if not isinstance(data, dict) or not isinstance(definition, OperationDefinitionNode):
        raise TwentyUnavailable(f"{name}: an answer that nobody understands")
    for field in definition.selection_set.selections:
        if isinstance(field, FieldNode) and not _is_answer(field, data, definition.operation):
            raise TwentyUnavailable(f"{name}: an answer that nobody understands")
    return data


def _is_answer(field: FieldNode, data: dict[str, Any], operation: OperationType) -> bool:
    key = field.alias.value if field.alias else field.name.value
    if field.name.value.startswith("__"):
        return key in data
    value = data.get(key)
    if operation is OperationType.QUERY:
        return isinstance(value, dict) and isinstance(value.get("edges"), list)
    return isinstance(value, dict if field.name.value in WRITE_ONE else list)
