"""The operations of `documents.graphql`, parsed once; a request carries only its own text."""

from functools import cache, reduce
from importlib.resources import files
from operator import or_
from typing import Any

from gql import GraphQLRequest
from graphql import (
    DocumentNode,
    FieldNode,
    OperationDefinitionNode,
    Visitor,
    parse,
    print_ast,
    visit,
)

LISTS = frozenset({"additionalPhones", "secondaryLinks"})
"""Lists within composite fields: JSON in older workspaces, typed in newer ones. See `composites`."""


class Operation(GraphQLRequest):
    """A request of one operation that reuses its printed text."""

    def __init__(self, name: str, text: str, document: DocumentNode, variables: dict[str, Any]) -> None:
        super().__init__(document, variable_values=variables, operation_name=name)
        self._text = text

    @property
    def payload(self) -> dict[str, Any]:
        """The body of the POST."""
        return {
            "query": self._text,
            "operationName": self.operation_name,
            "variables": self.variable_values or {},
        }


@cache
def operations() -> dict[str, tuple[str, DocumentNode]]:
    """Name → text and document of each operation that introspection knows."""
    return _operations_in("documents.graphql")


@cache
def all_operations() -> dict[str, tuple[str, DocumentNode]]:
    """Those, the ones that introspection does not show, and those of what few workspaces get."""
    more = ("search.graphql", "dashboards.graphql", "applications.graphql")
    return reduce(or_, map(_operations_in, more), operations())


def _operations_in(file: str) -> dict[str, tuple[str, DocumentNode]]:
    source = files("bridge.twenty.client").joinpath(file).read_text(encoding="utf-8")
    found = {}
    for definition in parse(source, no_location=True).definitions:
        if isinstance(definition, OperationDefinitionNode) and definition.name:
            document = DocumentNode(definitions=(definition,))
            found[definition.name.value] = (print_ast(document), document)
    return found


def operation(name: str, variables: dict[str, Any], *, bare: frozenset[str] = frozenset()) -> Operation:
    """The operation of that name with its variables; the `bare` lists are selected as JSON."""
    text, document = _in_form(name, bare)
    return Operation(name, text, document, variables)


@cache
def has_lists(name: str) -> bool:
    """Whether the operation selects one of `LISTS`."""
    text, _ = all_operations()[name]
    return any(field in text for field in LISTS)


@cache
def _in_form(name: str, bare: frozenset[str]) -> tuple[str, DocumentNode]:
    text, document = all_operations()[name]
    if not bare or not has_lists(name):
        return text, document
    document = without_entries(document, bare)
    return print_ast(document), document


def without_entries(document: DocumentNode, bare: frozenset[str]) -> DocumentNode:
    """The document with these lists selected as JSON."""
    changed: DocumentNode = visit(document, _Bare(bare))
    return changed


class _Bare(Visitor):
    def __init__(self, names: frozenset[str]) -> None:
        super().__init__()
        self._names = names

    def enter_field(self, node: FieldNode, *_: object) -> FieldNode | None:
        if node.name.value not in self._names or node.selection_set is None:
            return None
        return FieldNode(
            alias=node.alias, name=node.name, arguments=node.arguments, directives=node.directives
        )
