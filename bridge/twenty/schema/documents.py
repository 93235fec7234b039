"""The operations as documents of graphql, for what compares them with a schema; `serve` goes without."""

from functools import cache

from graphql import DocumentNode, FieldNode, OperationDefinitionNode, Visitor, parse, visit

from bridge.twenty.client.documents import operations


@cache
def documents() -> dict[str, DocumentNode]:
    """Name → document of each operation that introspection knows."""
    return {name: parse(one.text, no_location=True) for name, one in operations().items()}


def definition_of(document: DocumentNode) -> OperationDefinitionNode:
    """The operation in a document of one."""
    return next(one for one in document.definitions if isinstance(one, OperationDefinitionNode))


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
