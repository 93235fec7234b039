"""Checks what the role of the API key allows, by operations on ids that no record has."""

import uuid
from collections.abc import Collection, Iterator
from typing import Any

from bridge.doctor.checks import Check, Verdict, error, ok, warning
from bridge.errors import TwentyDenied
from bridge.language.phrase import Phrase, joined, phrase
from bridge.twenty.client.client import TwentyClient

FIX = phrase(
    "In Twenty, Settings → Roles, choose the key's role and let it see and edit records of all objects."
)
MEMBERS = phrase("see workspace members")
"""A permission without which calls are still written, but without their agent."""


def checks(client: TwentyClient, *, tasks: bool) -> Iterator[Check]:
    """The check of the role; `tasks`: whether missed calls become tasks."""

    async def role() -> Verdict:
        asked = _asked(str(uuid.uuid4()), tasks=tasks)
        return verdict_on([what for what, name, given in asked if not await _may(client, name, given)])

    yield Check("twenty.role", role, FIX, needs=["twenty.reachable", "twenty.key"])


def _asked(unused_id: str, *, tasks: bool) -> Iterator[tuple[Phrase, str, dict[str, Any]]]:
    """Permission, operation and variables.

    Twenty checks the role before it looks for records (`WorkspaceUpdateQueryBuilder.execute`), and an
    update by a filter is no error where nothing matches.
    """
    yield (
        phrase("see people"),
        "FindPeople",
        {"filter": {"id": {"eq": unused_id}}, "first": 1, "after": None},
    )
    yield MEMBERS, "WorkspaceMembers", {}
    yield phrase("edit notes"), "MayWriteNotes", {"id": unused_id}
    yield phrase("edit phone calls"), "MayWritePhoneCalls", {"id": unused_id}
    if tasks:
        yield phrase("edit tasks"), "MayWriteTasks", {"id": unused_id}


async def _may(client: TwentyClient, name: str, variables: dict[str, Any]) -> bool:
    try:
        await client.execute(name, **variables)
    except TwentyDenied as denied:
        # `twenty.object` checks whether the workspace has the object.
        return denied.code == "twenty.schema"
    return True


def verdict_on(lacking: Collection[Phrase]) -> Verdict:
    """The verdict on permissions that the role lacks."""
    reason = phrase("The key's role is not allowed to {lacking}", lacking=joined(phrase(", nor "), lacking))
    if not lacking:
        return ok(
            phrase(
                "The key's role can see people and members, and edit the records that calls are written to."
            )
        )
    if set(lacking) == {MEMBERS}:
        return warning(
            phrase(
                "{reason}: calls are written without their agent, and their tasks go only to owners.",
                reason=reason,
            ),
            FIX,
        )
    return error(phrase("{reason}.", reason=reason), FIX)
