"""Lists within composite fields: JSON in older workspaces, typed entries in newer ones.

The documents select the entries' fields; for a workspace without them the selection is left out. The
workspace's schema says which it is.
"""

import json
from collections.abc import Awaitable, Iterable, Mapping
from typing import Any, Protocol

from bridge.errors import TwentyDenied
from bridge.twenty.client.documents import LISTS, has_lists

SCHEMA = "WorkspaceSchema"

NONE: frozenset[str] = frozenset()


class Send(Protocol):
    """Sends an operation, with the lists of these names selected bare; raises TwentyError."""

    def __call__(
        self, name: str, variables: dict[str, Any], *, bare: frozenset[str] = NONE
    ) -> Awaitable[dict[str, Any]]: ...


class Composites:
    """Sends operations in the form that the workspace has; all clients of a workspace share one.

    Until the schema is read, lists are selected bare: no look-up waits for it, and all known versions
    answer that.
    """

    def __init__(self) -> None:
        self._bare = LISTS

    async def execute(self, send: Send, name: str, variables: dict[str, Any]) -> dict[str, Any]:
        """Sends an operation; after a schema error once more in the other form. Raises TwentyError."""
        bare = self._bare
        try:
            answer = await send(name, variables, bare=bare)
        except TwentyDenied as denied:
            if denied.code != "twenty.schema" or not has_lists(name):
                raise
            self._learn(await send(SCHEMA, {}))
            if self._bare == bare:
                raise
            answer = await send(name, variables, bare=self._bare)
        if name == SCHEMA:
            self._learn(answer)
        return answer

    def _learn(self, types: Mapping[str, Any]) -> None:
        self._bare = bare_lists(one for one in types.values() if isinstance(one, Mapping))


def bare_lists(types: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    """Those of `LISTS` that are not objects in these introspected types."""
    typed = {
        field["name"]
        for one in types
        for field in one.get("fields") or ()
        if field["name"] in LISTS and _kind(field["type"]) == "OBJECT"
    }
    return LISTS - typed


def _kind(reference: Mapping[str, Any]) -> str:
    """The kind of the type within lists and non-nulls."""
    while reference.get("ofType"):
        reference = reference["ofType"]
    kind: str = reference["kind"]
    return kind


def entries(value: object) -> list[Mapping[str, str]]:
    """The entries of such a list, with their texts: as an array of objects, or as JSON text."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return []
    objects = [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []
    return [{name: text for name, text in one.items() if isinstance(text, str)} for one in objects]
