"""Type definitions of several documents, merged: what a later one says of a type changes it."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from graphql import DirectiveNode, DocumentNode, value_from_ast_untyped

_REMOVES = "removes"


def merged(documents: Iterable[DocumentNode]) -> DocumentNode:
    """One document without extensions.

    A field that is described again is replaced. `extend type T @removes(fields: ["f"])` takes fields
    away, and with the last one the type.
    """
    types: dict[str, Any] = {}
    for document in documents:
        nodes: tuple[Any, ...] = document.definitions
        for node in nodes:
            name = node.name.value
            types[name] = _extended(types[name], node) if name in types else node
    return DocumentNode(definitions=tuple(node for node in types.values() if not _empty(node)))


def _empty(node: Any) -> bool:
    return getattr(node, "fields", None) == ()


def _extended(known: Any, extension: Any) -> Any:
    members = "values" if hasattr(known, "values") else "fields"
    by_name = {one.name.value: one for node in (known, extension) for one in getattr(node, members) or ()}
    for name in _removed(extension):
        del by_name[name]
    return replace(known, **{members: tuple(by_name.values())})


def _removed(extension: Any) -> list[str]:
    directives: tuple[DirectiveNode, ...] = extension.directives or ()
    arguments = [one for node in directives if node.name.value == _REMOVES for one in node.arguments or ()]
    return [name for one in arguments for name in value_from_ast_untyped(one.value)]
