"""Reduces an introspection to the part that operations reach; the whole is many times larger."""

from collections.abc import Iterable, Mapping
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    InlineFragmentNode,
    ListTypeNode,
    NamedTypeNode,
    NonNullTypeNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    TypeNode,
)

Json = Mapping[str, Any]


def reached(introspection: Json, documents: Iterable[DocumentNode]) -> dict[str, Any]:
    """An introspection of what the documents select, with the whole of the input types that they name.

    What they name and the workspace lacks is left to validation.
    """
    schema = introspection["__schema"]
    reach = _Reach(schema)
    for document in documents:
        for definition in document.definitions:
            if isinstance(definition, OperationDefinitionNode):
                reach.follow(definition)
    of_documents = {"types": reach.types(), "directives": [], "subscriptionType": None}
    return {"__schema": {**schema, **of_documents}}


class _Reach:
    """Type → the fields of it that were selected, of each type that was reached."""

    def __init__(self, schema: Json) -> None:
        self._types: Mapping[str, Json] = {one["name"]: one for one in schema["types"]}
        self._roots = {
            OperationType.QUERY: schema["queryType"],
            OperationType.MUTATION: schema["mutationType"],
        }
        self._selected: dict[str, set[str]] = {}
        for root in filter(None, self._roots.values()):
            self._add(root["name"])

    def follow(self, operation: OperationDefinitionNode) -> None:
        for variable in operation.variable_definitions or ():
            self._add(_named_in(variable.type))
        if root := self._roots[operation.operation]:
            self._select(root["name"], operation.selection_set)

    def types(self) -> list[Json]:
        return [self._reduced(self._types[name], fields) for name, fields in self._selected.items()]

    def _select(self, type_name: str, selection_set: SelectionSetNode) -> None:
        for selection in selection_set.selections:
            if isinstance(selection, FieldNode):
                self._follow_field(type_name, selection)
            elif isinstance(selection, InlineFragmentNode):
                condition = selection.type_condition
                narrowed = condition.name.value if condition else type_name
                self._add(narrowed)
                self._select(narrowed, selection.selection_set)

    def _follow_field(self, type_name: str, node: FieldNode) -> None:
        fields = self._types.get(type_name, {}).get("fields") or ()
        field = next((field for field in fields if field["name"] == node.name.value), None)
        if field is None:
            return
        self._selected[type_name].add(field["name"])
        for argument in field["args"]:
            self._add(_named(argument["type"]))
        target = _named(field["type"])
        self._add(target)
        if node.selection_set:
            self._select(target, node.selection_set)

    def _add(self, type_name: str) -> None:
        if type_name in self._selected or type_name not in self._types:
            return
        self._selected[type_name] = set()
        for field in self._types[type_name].get("inputFields") or ():
            self._add(_named(field["type"]))

    def _reduced(self, one: Json, selected: set[str]) -> Json:
        return {
            **one,
            "fields": [field for field in one.get("fields") or () if field["name"] in selected],
            "interfaces": [],
            "possibleTypes": [p for p in one.get("possibleTypes") or () if p["name"] in self._selected],
        }


def _named(reference: Json) -> str:
    """The type within lists and non-nulls."""
    while reference.get("ofType"):
        reference = reference["ofType"]
    name: str = reference["name"]
    return name


def _named_in(node: TypeNode) -> str:
    while isinstance(node, (ListTypeNode, NonNullTypeNode)):
        node = node.type
    return node.name.value if isinstance(node, NamedTypeNode) else ""
