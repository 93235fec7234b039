"""Objects and their fields, as they are executed."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from bridge.sandbox.twenty.kinds.parts import Part, Scalar, column_name, parts_of

Row = dict[str, Any]

TO_ONE = "MANY_TO_ONE"
TO_MANY = "ONE_TO_MANY"
RELATIONS = ("RELATION", "MORPH_RELATION")


@dataclass(frozen=True)
class Relation:
    """Where a relation leads: the other object, and the field there that leads back."""

    kind: str
    target_object_id: str
    target_field_id: str
    on_delete: str


@dataclass(frozen=True)
class Column:
    """A column of an object's table, and the part of the field that it holds."""

    name: str
    part: Part


@dataclass(frozen=True)
class Field:
    """A field of an object, as /metadata describes it."""

    id: str
    name: str
    label: str
    type: str
    nullable: bool
    unique: bool
    default: object
    options: tuple[str, ...]
    relation: Relation | None
    integer: bool

    @property
    def to_one(self) -> bool:
        return self.relation is not None and self.relation.kind == TO_ONE

    @property
    def to_many(self) -> bool:
        return self.relation is not None and self.relation.kind == TO_MANY

    @property
    def join_name(self) -> str:
        """The field that holds the id of a to-one relation's record."""
        return f"{self.name}Id"

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """What is stored of this field; nothing of a to-many relation and of a search vector."""
        if self.relation:
            join = (Column(self.join_name, Part("", Scalar.UUID)),)
            return join if self.to_one else ()
        if self.type == "TS_VECTOR":
            return ()
        return tuple(Column(column_name(self.name, part.name), part) for part in parts_of(self.type))

    @cached_property
    def composite(self) -> bool:
        return not self.relation and len(parts_of(self.type)) > 1

    @cached_property
    def unique_column(self) -> str | None:
        """The column that carries the uniqueness: of a composite field its primary part."""
        if not self.unique:
            return None
        primary = [c.name for c in self.columns if c.part.name.startswith("primary")]
        return next((name for name in primary if "Label" not in name), self.columns[0].name)


@dataclass(frozen=True)
class ObjectType:
    """An object with its fields by name, and its to-one relations by the name of their id."""

    id: str
    name: str
    plural: str
    label: str
    system: bool
    fields: Mapping[str, Field]
    joins: Mapping[str, Field] = field(default_factory=dict)

    @property
    def type_name(self) -> str:
        return pascal(self.name)

    @property
    def plural_type_name(self) -> str:
        return pascal(self.plural)

    @cached_property
    def columns(self) -> dict[str, Column]:
        return {column.name: column for one in self.fields.values() for column in one.columns}

    @cached_property
    def unique_fields(self) -> tuple[Field, ...]:
        return tuple(one for one in self.fields.values() if one.unique)


@dataclass(frozen=True)
class RootField:
    """A query or mutation of /graphql: what it does, and to which object."""

    action: str
    object: ObjectType


def pascal(name: str) -> str:
    """`phoneCall` → `PhoneCall`"""
    return name[:1].upper() + name[1:]


def camel(label: str) -> str:
    """The name that a label gives: `Phone calls` → `phoneCalls`."""
    words: list[str] = re.findall(r"[A-Za-z0-9]+", label) or [""]
    first, *rest = words
    return first[:1].lower() + first[1:] + "".join(pascal(word) for word in rest)
