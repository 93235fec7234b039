"""What the nodes of Twenty's answers have in common: full names, pages of people, and pages of nodes."""

from collections.abc import Mapping
from typing import Any

PAGE = 1000
"""Nodes that one root field is asked for."""


def full_name(name: Mapping[str, Any] | None) -> str:
    """`Jane Doe`, of a composite `name`; empty where it has neither part."""
    parts = name or {}
    return " ".join(filter(None, (parts.get("firstName"), parts.get("lastName"))))


def person_page(twenty_url: str, person_id: str) -> str:
    """The URL of a person's page."""
    return f"{twenty_url}/object/person/{person_id}"
