"""The connection that a to-many relation is, and the edges of any connection."""

import base64
import json
from collections.abc import Sequence
from typing import Any

from bridge.sandbox.twenty.documents import Selected
from bridge.sandbox.twenty.model import ObjectType
from bridge.sandbox.twenty.records.columns import DbRow, Record


def connection_of(owner: ObjectType, found: Sequence[tuple[DbRow, Record]], one: Selected) -> dict[str, Any]:
    """A to-many relation as a connection. It counts what it gives, and knows no further page."""
    ends = [relation_cursor(row) for row, _ in (*found[:1], *found[-1:])]
    page = {
        "hasNextPage": False,
        "hasPreviousPage": False,
        "startCursor": ends[0] if ends else None,
        "endCursor": ends[-1] if ends else None,
        "__typename": "PageInfo",
    }
    answer: dict[str, Any] = {}
    for child in one.children:
        if child.name == "edges":
            answer[child.key] = [edge(owner, child, record, relation_cursor(row)) for row, record in found]
        elif child.name == "pageInfo":
            answer[child.key] = {inner.key: page.get(inner.name) for inner in child.children}
        else:
            known = {"totalCount": len(found), "__typename": f"{owner.type_name}Connection"}
            answer[child.key] = known.get(child.name)
    return answer


def relation_cursor(row: DbRow) -> str:
    return base64.b64encode(json.dumps({"id": row["id"]}, separators=(",", ":")).encode()).decode()


def edge(owner: ObjectType, selected: Selected, record: Record, cursor: str) -> dict[str, Any]:
    """One edge of a connection, as selected."""
    values = {"node": record, "cursor": cursor, "__typename": f"{owner.type_name}Edge"}
    return {child.key: values.get(child.name) for child in selected.children}
