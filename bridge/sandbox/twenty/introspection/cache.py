"""Schemas and what they answered, shared by all workspaces of one process whose objects are alike.

To build a schema, and to execute a whole introspection on it, takes some tenths of a second each.
"""

import json
from functools import lru_cache
from typing import Any

from graphql import GraphQLSchema

from bridge.sandbox.twenty.catalog import Catalog
from bridge.sandbox.twenty.documents import Document, Operation, Variables
from bridge.sandbox.twenty.introspection.schema import Builder
from bridge.sandbox.twenty.model import Field

Answer = dict[str, Any]

_SCHEMAS = 8
_ANSWERS = 32


class Described:
    """A schema, and the answers it gave to operations that read nothing else."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self.schema = schema
        self._answers: dict[tuple[str, str | None, str], Answer] = {}

    def known(self, document: Document, operation: Operation, variables: Variables) -> Answer | None:
        """What was answered to the same operation before; it must not be changed."""
        return self._answers.get(_key(document, operation, variables))

    def keep(self, document: Document, operation: Operation, variables: Variables, answer: Answer) -> None:
        """Remembers an answer, and drops the oldest where they become too many."""
        if len(self._answers) >= _ANSWERS:
            del self._answers[next(iter(self._answers))]
        self._answers[_key(document, operation, variables)] = answer


def described(catalog: Catalog, *, typed: bool) -> Described:
    """The schema of a workspace's objects."""
    return _described(_Shape(catalog, typed=typed))


class _Shape:
    """All that a schema is built from, without the ids, which differ from workspace to workspace."""

    def __init__(self, catalog: Catalog, *, typed: bool) -> None:
        self.catalog = catalog
        self.typed = typed
        self._compared = repr(
            [
                (one.name, one.plural, one.label, one.system, [self._field(f) for f in one.fields.values()])
                for one in catalog.by_name.values()
            ]
        )

    def _field(self, one: Field) -> tuple[object, ...]:
        plain = (
            one.name,
            one.label,
            one.type,
            one.nullable,
            one.unique,
            one.default,
            one.options,
            one.integer,
        )
        if one.relation is None:
            return plain
        back = self.catalog.fields_by_id.get(one.relation.target_field_id)
        target = self.catalog.target(one.relation).name
        return (*plain, one.relation.kind, target, back and back.name, one.relation.on_delete)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Shape) and (self.typed, self._compared) == (other.typed, other._compared)

    def __hash__(self) -> int:
        return hash((self.typed, self._compared))


@lru_cache(maxsize=_SCHEMAS)
def _described(shape: _Shape) -> Described:
    return Described(Builder(shape.catalog, typed=shape.typed).schema())


def _key(document: Document, operation: Operation, variables: Variables) -> tuple[str, str | None, str]:
    return document.text, operation.name, json.dumps(variables, sort_keys=True)
