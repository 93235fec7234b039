"""GraphQL documents: parsed once each, and reduced to what execution needs of them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    OperationDefinitionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    parse,
    value_from_ast_untyped,
)
from graphql.language import BooleanValueNode, FragmentSpreadNode, InlineFragmentNode, SelectionNode
from graphql.pyutils import Undefined

Variables = Mapping[str, Any]


@dataclass(frozen=True)
class Condition:
    """An `@include(if:)` or `@skip(if:)`; the field counts where the value is what is wanted."""

    wanted: bool
    value: ValueNode

    def holds(self, variables: Variables) -> bool:
        return bool(value_from_ast_untyped(self.value, dict(variables))) is self.wanted


@dataclass(frozen=True)
class Selected:
    """A selected field, with fragments dissolved and fields that are selected twice merged.

    `key` is the name in the answer: of a root field its alias. Below the root the original does
    not know aliases, and answers under the field's own name.
    """

    name: str
    key: str
    arguments: tuple[tuple[str, ValueNode], ...]
    children: tuple["Selected", ...]
    conditions: tuple[Condition, ...] = ()

    def child(self, name: str) -> "Selected | None":
        return next((one for one in self.children if one.name == name), None)


@dataclass(frozen=True)
class Operation:
    """A query or mutation with its root fields, in order, repeated ones included."""

    kind: str
    name: str | None
    roots: tuple[Selected, ...]
    defaults: Mapping[str, Any]
    conditional: bool

    def resolved(self, variables: Variables) -> "Operation":
        """Without what the directives leave out for these variables."""
        return replace(self, roots=tuple(_kept(self.roots, variables))) if self.conditional else self


@dataclass(frozen=True)
class Document:
    """A parsed document and its operations."""

    text: str
    ast: DocumentNode
    operations: tuple[Operation, ...]

    def operation(self, name: str | None) -> Operation | None:
        """The operation of that name; without a name the first."""
        return next((one for one in self.operations if not name or one.name == name), None)


@lru_cache(maxsize=512)
def read(text: str) -> Document:
    """The document that the text is; raises GraphQLSyntaxError."""
    ast = parse(text)
    fragments = {
        node.name.value: node for node in ast.definitions if isinstance(node, FragmentDefinitionNode)
    }
    nodes = [node for node in ast.definitions if isinstance(node, OperationDefinitionNode)]
    return Document(text, ast, tuple(_operation(node, fragments) for node in nodes))


def _operation(node: OperationDefinitionNode, fragments: dict[str, FragmentDefinitionNode]) -> Operation:
    roots = tuple(_fields(node.selection_set, fragments, aliased=True))
    return Operation(
        kind=node.operation.value,
        name=node.name.value if node.name else None,
        roots=roots,
        defaults={
            one.variable.name.value: value_from_ast_untyped(one.default_value)
            for one in node.variable_definitions or ()
            if one.default_value
        },
        conditional=any(_has_conditions(root) for root in roots),
    )


def _has_conditions(one: Selected) -> bool:
    return bool(one.conditions) or any(_has_conditions(child) for child in one.children)


def _kept(fields: tuple[Selected, ...], variables: Variables) -> Iterator[Selected]:
    for one in fields:
        if all(condition.holds(variables) for condition in one.conditions):
            yield replace(one, children=tuple(_kept(one.children, variables)))


def _fields(
    chosen: SelectionSetNode | None, fragments: dict[str, FragmentDefinitionNode], *, aliased: bool = False
) -> Iterator[Selected]:
    for node in chosen.selections if chosen else ():
        if isinstance(node, FieldNode):
            yield _selected(node, fragments, aliased=aliased)
        elif isinstance(node, FragmentSpreadNode):
            fragment = fragments.get(node.name.value)
            inner = fragment.selection_set if fragment else None
            yield from _under(_conditions(node), _fields(inner, fragments, aliased=aliased))
        elif isinstance(node, InlineFragmentNode):
            yield from _under(_conditions(node), _fields(node.selection_set, fragments, aliased=aliased))


def _under(conditions: tuple[Condition, ...], fields: Iterator[Selected]) -> Iterator[Selected]:
    for one in fields:
        yield replace(one, conditions=one.conditions + conditions) if conditions else one


def _selected(node: FieldNode, fragments: dict[str, FragmentDefinitionNode], *, aliased: bool) -> Selected:
    return Selected(
        name=node.name.value,
        key=node.alias.value if node.alias and aliased else node.name.value,
        arguments=tuple((argument.name.value, argument.value) for argument in node.arguments or ()),
        children=tuple(_merged(_fields(node.selection_set, fragments))),
        conditions=_conditions(node),
    )


def _merged(fields: Iterator[Selected]) -> Iterator[Selected]:
    by_key: dict[str, Selected] = {}
    for one in fields:
        seen = by_key.get(one.key)
        children = tuple(_merged(iter(seen.children + one.children))) if seen else one.children
        by_key[one.key] = replace(one, children=children)
    yield from by_key.values()


def _conditions(node: SelectionNode) -> tuple[Condition, ...]:
    return tuple(
        Condition(directive.name.value == "include", directive.arguments[0].value)
        for directive in node.directives or ()
        if directive.name.value in ("include", "skip") and directive.arguments
    )


def arguments_of(field: Selected, variables: Variables) -> dict[str, Any]:
    """A field's arguments as plain values; null counts as not given."""
    given = dict(variables)
    values = {name: _value(node, given) for name, node in field.arguments}
    return {name: value for name, value in values.items() if value is not None and value is not Undefined}


def _value(node: ValueNode, variables: dict[str, Any]) -> Any:
    if isinstance(node, VariableNode):  # by far the most frequent, and its value may be large
        return variables.get(node.name.value, Undefined)
    if isinstance(node, BooleanValueNode):
        return node.value
    return value_from_ast_untyped(node, variables)
