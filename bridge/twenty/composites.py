"""Lists within composite fields: bare JSON in older workspaces, entries of a type of their own in newer ones.

The documents select the entries' fields; for a workspace without them the selection is left out. The
workspace's schema says which it is.
"""

import json
from collections.abc import Awaitable, Iterable, Mapping
from typing import Any, Protocol

from bridge.errors import TwentyDenied, TwentyError, TwentyUnavailable
from bridge.twenty.documents import LISTS, has_lists

NONE: frozenset[str] = frozenset()


class Send(Protocol):
    """Sends an operation, with the lists of these names selected bare; raises TwentyError."""

    def __call__(
        self, name: str, variables: dict[str, Any], *, bare: frozenset[str] = NONE
    ) -> Awaitable[dict[str, Any]]: ...


class Composites:
    """Sends operations in the form that the workspace has; all clients of a workspace share one."""

    def __init__(self) -> None:
        self._bare: frozenset[str] | None = None

    async def execute(self, send: Send, name: str, variables: dict[str, Any]) -> dict[str, Any]:
        """The answer; where the schema has changed since it was asked, once more in the other form."""
        if not has_lists(name):
            return await send(name, variables)
        bare = await self._bare_lists(send)
        try:
            return await send(name, variables, bare=bare)
        except TwentyDenied as denied:
            if denied.code != "twenty.schema":
                raise
            self._bare = None
            if (now := await self._bare_lists(send)) == bare:
                raise
        return await send(name, variables, bare=now)

    async def _bare_lists(self, send: Send) -> frozenset[str]:
        if self._bare is None:
            try:
                types = await send("CompositeTypes", {})
            except TwentyUnavailable:
                raise
            except TwentyError:
                return LISTS  # a server without introspection: the form that all versions answer
            self._bare = bare_lists(one for one in types.values() if isinstance(one, Mapping))
        return self._bare


def bare_lists(types: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    """Which of `LISTS` are no objects in these introspected types; also those that no type has."""
    typed = {
        field["name"]
        for one in types
        for field in one.get("fields") or ()
        if field["name"] in LISTS and _kind(field["type"]) == "OBJECT"
    }
    return LISTS - typed


def _kind(reference: Mapping[str, Any]) -> str:
    """Of the type within lists and non-nulls."""
    while reference.get("ofType"):
        reference = reference["ofType"]
    kind: str = reference["kind"]
    return kind


def entries(told: object) -> list[Mapping[str, Any]]:
    """The entries of such a list: as an array of objects, or as JSON text; none of what is neither."""
    if isinstance(told, str):
        try:
            told = json.loads(told)
        except (ValueError, RecursionError):
            return []
    return [one for one in told if isinstance(one, Mapping)] if isinstance(told, list) else []
