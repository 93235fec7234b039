"""Schemas of real Twentys, a file a version: those of /metadata and those of /graphql.

A file more in a folder is a version more that every operation is held to. Files printed from Twenty's
generated client have no default values.
"""

from functools import cache
from pathlib import Path

from graphql import GraphQLSchema, build_schema

FOLDER = Path(__file__).parent


def versions(endpoint: str) -> list[str]:
    """The versions whose schema of an endpoint ("metadata", "core") is known."""
    return sorted(path.stem for path in (FOLDER / endpoint).glob("*.graphql"))


@cache
def schema(endpoint: str, version: str) -> GraphQLSchema:
    """The schema of an endpoint in a version."""
    return build_schema((FOLDER / endpoint / f"{version}.graphql").read_text(encoding="utf-8"))
