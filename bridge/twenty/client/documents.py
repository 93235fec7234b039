"""The operations of `documents.graphql`, as text: a request carries only its own.

Nothing here parses GraphQL, so that `serve` imports no parser: the files are written in one form, and a test
holds that graphql reads the same in them. `schema/documents.py` has the parsed ones.
"""

import re
from functools import cache, reduce
from importlib.resources import files
from operator import or_

from msgspec import Struct

OPERATION = re.compile(r"^(query|mutation) (\w+).*\n(?: .*\n)+\}$", re.MULTILINE)
"""From its name to the brace at the beginning of a line; what is within is indented."""

ROOT_FIELD = re.compile(r"^ {2}(?:(\w+): )?(\w+)", re.MULTILINE)
"""Its alias, and its name: two spaces stand before it, and more before the fields of its records."""

ENTRIES = {"additionalPhones": " { number callingCode countryCode }", "secondaryLinks": " { label url }"}
LISTS = frozenset(ENTRIES)
"""Lists within composite fields, of whose `ENTRIES` fields are selected.

They are JSON in older workspaces, typed in newer ones. See `composites`.
"""


class RootField(Struct, frozen=True):
    """A field of the answer; `key` is its alias, or else its name."""

    key: str
    name: str


class Operation(Struct, frozen=True):
    """A query or a mutation."""

    text: str
    is_query: bool
    root_fields: tuple[RootField, ...]


@cache
def operations() -> dict[str, Operation]:
    """Name → each operation that introspection knows."""
    return _operations_in("documents.graphql")


@cache
def all_operations() -> dict[str, Operation]:
    """Those, the ones that introspection does not show, and those of what few workspaces get."""
    more = ("search.graphql", "dashboards.graphql", "applications.graphql")
    return reduce(or_, map(_operations_in, more), operations())


def _operations_in(file: str) -> dict[str, Operation]:
    source = files("bridge.twenty.client").joinpath(file).read_text(encoding="utf-8")
    return {
        found[2]: Operation(found[0], found[1] == "query", _root_fields(found[0]))
        for found in OPERATION.finditer(source)
    }


def _root_fields(text: str) -> tuple[RootField, ...]:
    return tuple(RootField(alias or name, name) for alias, name in ROOT_FIELD.findall(text))


@cache
def text_of(name: str, bare: frozenset[str] = frozenset()) -> str:
    """The text of an operation; the `bare` ones of `LISTS` are selected as JSON."""
    text = all_operations()[name].text
    for field in bare:
        text = text.replace(f"{field}{ENTRIES[field]}", field)
    return text


@cache
def has_lists(name: str) -> bool:
    """Whether the operation selects one of `LISTS`."""
    return any(field in text_of(name) for field in LISTS)
