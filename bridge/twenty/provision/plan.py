"""What a plan is: the changes that a workspace lacks, each with a sentence for people. Pure."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid5

from msgspec import Struct

from bridge.language.phrase import Phrase

NAMESPACE = UUID("3f1c9f0e-5b0a-4b57-8a54-6f2f3ad1c0de")

MADE = "{made}"
"""In a step's variables: the id that its first mutation gave."""


def made_by(mutation: int) -> str:
    """In a step's variables: the id that its mutation of that number gave; the first has 0."""
    return f"{{made {mutation}}}"


class Permission(StrEnum):
    """A permission of the key's role, as Twenty's page Settings → Roles names it."""

    DATA_MODEL = "Data model"
    VIEWS = "Views"
    LAYOUTS = "Layouts"
    WEBHOOKS = "API keys & webhooks"


@dataclass(frozen=True, slots=True)
class Mutation:
    """An operation of `documents.graphql` and its variables, which may hold a secret.

    `of_records`: to the workspace's records, and not to its schema.
    """

    operation: str
    variables: dict[str, Any] = field(repr=False)
    of_records: bool = False


class Step(Struct, frozen=True):
    """One change: what is to be done, as people say it; what that takes; what is sent.

    `makes` names what other steps build on, `needs` what this one builds on. `only_with` is what later
    steps send, without which this one is of no use; `undo` takes back what the first mutation made, where
    a later one is refused. `once` names a look that stays removed where a user removed it.
    """

    sentence: Phrase
    permission: Permission
    mutations: tuple[Mutation, ...] = ()
    makes: Phrase | None = None
    needs: tuple[Phrase, ...] = ()
    only_with: tuple[Mutation, ...] = ()
    undo: Mutation | None = None
    once: str = ""


def derived_id(object_id: str, *names: str) -> str:
    """An id that is the same in every run, so that what a user has renamed is found again."""
    return str(uuid5(NAMESPACE, "/".join((object_id, *names))))


def halfway(position: float, others: list[float]) -> float:
    """Between a position and the next that is taken; one further where there is none."""
    following = min((other for other in others if other > position), default=position + 2)
    return (position + following) / 2
