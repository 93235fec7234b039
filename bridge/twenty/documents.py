"""The operations of `documents.graphql`, parsed once; each holds its own text alone."""

from functools import cache
from importlib.resources import files
from typing import Any

from gql import GraphQLRequest
from graphql import DocumentNode, OperationDefinitionNode, parse, print_ast


class Operation(GraphQLRequest):
    """A request of one operation, whose text is not printed anew each time."""

    def __init__(self, name: str, text: str, document: DocumentNode, variables: dict[str, Any]) -> None:
        super().__init__(document, variable_values=variables, operation_name=name)
        self._text = text

    @property
    def payload(self) -> dict[str, Any]:
        """What is posted."""
        return {
            "query": self._text,
            "operationName": self.operation_name,
            "variables": self.variable_values or {},
        }


@cache
def operations() -> dict[str, tuple[str, DocumentNode]]:
    """Name → text and document of each operation."""
    source = files("bridge.twenty").joinpath("documents.graphql").read_text(encoding="utf-8")
    found = {}
    for definition in parse(source, no_location=True).definitions:
        if isinstance(definition, OperationDefinitionNode) and definition.name:
            document = DocumentNode(definitions=(definition,))
            found[definition.name.value] = (print_ast(document), document)
    return found


def operation(name: str, variables: dict[str, Any]) -> Operation:
    """The operation of that name, ready to be sent."""
    text, document = operations()[name]
    return Operation(name, text, document, variables)
