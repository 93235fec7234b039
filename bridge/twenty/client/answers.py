"""Checks the shape of an answer: a proxy or a failing server can send any JSON."""

from collections.abc import Callable
from typing import Any

from bridge.errors import TwentyUnavailable
from bridge.language.phrase import phrase
from bridge.twenty.client.documents import Operation, RootField, all_operations

WRITE_ONE = frozenset({"updatePerson", "createDashboard", "restoreDashboard"})
"""Mutations that answer with the record."""


def understood(name: str, data: Any) -> dict[str, Any]:
    """The data of an answer to an operation on records. Raises TwentyUnavailable for another shape.

    A query's root fields are connections; a mutation's are lists, or one record where it writes one.
    Introspection fields can have any shape.
    """
    return _checked(name, data, _is_answer)


def complete(name: str, data: Any) -> dict[str, Any]:
    """The data of an answer to an operation on the schema, with all its root fields.

    Raises TwentyUnavailable for another shape.
    """
    return _checked(name, data, lambda field, answer, _asked: field.key in answer)


def _checked(
    name: str, data: Any, is_answer: Callable[[RootField, dict[str, Any], Operation], bool]
) -> dict[str, Any]:
    asked = all_operations()[name]
    if not isinstance(data, dict) or not all(is_answer(field, data, asked) for field in asked.root_fields):
        raise _of_another_shape(name)
    return data


def _of_another_shape(name: str) -> TwentyUnavailable:
    return TwentyUnavailable(phrase("{name}: the answer is not of the shape that Twenty sends", name=name))


def next_page(connection: Any, before: str | None) -> str | None:
    """The cursor of the page behind the one that begins at `before`; None after the last.

    Raises TwentyUnavailable for a page that leads to itself: it would be asked for without end.
    """
    page = connection["pageInfo"]
    if not page["hasNextPage"]:
        return None
    after: str | None = page["endCursor"]
    if after in (None, before):
        raise TwentyUnavailable(phrase("Twenty answers pages without end"))
    return after


def _is_answer(field: RootField, data: dict[str, Any], asked: Operation) -> bool:
    if field.name.startswith("__"):
        return field.key in data
    value = data.get(field.key)
    if asked.is_query:
        return isinstance(value, dict) and isinstance(value.get("edges"), list)
    return isinstance(value, dict if field.name in WRITE_ONE else list)
