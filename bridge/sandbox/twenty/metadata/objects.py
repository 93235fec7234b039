"""Resolvers for objects and fields."""

import base64
from collections.abc import Iterable
from typing import Any

from bridge.sandbox.twenty.metadata import changes, structure
from bridge.sandbox.twenty.metadata.comparing import matches
from bridge.sandbox.twenty.metadata.context import Context, Registry
from bridge.sandbox.twenty.model import Row

REGISTRY = Registry()


def connection(rows: Iterable[Row], paging: Row) -> Row:
    """A page of rows; a cursor holds the place in the list."""
    everything = list(rows)
    start = 1 + _place(paging["after"]) if paging.get("after") else 0
    end = start + (paging.get("first") or paging.get("last") or 10)
    edges = [{"node": row, "cursor": _cursor(start + n)} for n, row in enumerate(everything[start:end])]
    page = {
        "hasNextPage": end < len(everything),
        "hasPreviousPage": start > 0,
        "startCursor": edges[0]["cursor"] if edges else None,
        "endCursor": edges[-1]["cursor"] if edges else None,
    }
    return {"edges": edges, "pageInfo": page}


def _cursor(place: int) -> str:
    return base64.b64encode(f"arrayconnection:{place}".encode()).decode()


def _place(cursor: str) -> int:
    return int(base64.b64decode(cursor).decode().partition(":")[2])


@REGISTRY.query("objects")
def objects(context: Context, paging: Row, filter: Row) -> Row:  # noqa: A002 (the argument's name in the API)
    return connection((row for row in context.rows.all("object") if matches(row, filter)), paging)


@REGISTRY.query("object")
def object_(context: Context, id: str) -> Row:  # noqa: A002
    return changes.existing(context.rows, "object", id, doing="reading object")


@REGISTRY.query("fields")
def fields(context: Context, paging: Row, filter: Row) -> Row:  # noqa: A002
    return connection((row for row in context.rows.all("field") if matches(row, filter)), paging)


@REGISTRY.query("field")
def field(context: Context, id: str) -> Row:  # noqa: A002
    return changes.existing(context.rows, "field", id, doing="reading field")


@REGISTRY.mutation("createOneObject", "DATA_MODEL")
def create_one_object(context: Context, input: Row) -> Row:  # noqa: A002
    return structure.create_object(context.rows, input["object"])


@REGISTRY.mutation("updateOneObject", "DATA_MODEL")
def update_one_object(context: Context, input: Row) -> Row:  # noqa: A002
    return changes.update_object(context.rows, input["id"], input["update"])


@REGISTRY.mutation("deleteOneObject", "DATA_MODEL")
def delete_one_object(context: Context, input: Row) -> Row:  # noqa: A002
    return changes.delete_object(context.rows, input["id"])


@REGISTRY.mutation("createOneField", "DATA_MODEL")
def create_one_field(context: Context, input: Row) -> Row:  # noqa: A002
    return structure.create_field(context.rows, input["field"])


@REGISTRY.mutation("updateOneField", "DATA_MODEL")
def update_one_field(context: Context, input: Row) -> Row:  # noqa: A002
    return changes.update_field(context.rows, input["id"], input["update"])


@REGISTRY.mutation("deleteOneField", "DATA_MODEL")
def delete_one_field(context: Context, input: Row) -> Row:  # noqa: A002
    return changes.delete_field(context.rows, input["id"])


@REGISTRY.field("Object", "fieldsList")
def fields_list(context: Context, row: Row) -> list[Row]:
    """The fields as the original lists them: the label first, then the system's own."""
    rows = list(context.rows.all("field", objectMetadataId=row["id"]))
    return sorted(rows, key=lambda one: one["id"] != row["labelIdentifierFieldMetadataId"])


def _object_fields(row: Row, info: Any, paging: Row, filter: Row) -> Row:  # noqa: A002
    rows: Iterable[Row] = info.context.rows.all("field", objectMetadataId=row["id"])
    return connection((one for one in rows if matches(one, filter)), paging)


REGISTRY.resolvers["Object", "fields"] = _object_fields


@REGISTRY.field("Field", "object")
def object_of_field(context: Context, row: Row) -> Row | None:
    return context.rows.get("object", row["objectMetadataId"])


@REGISTRY.field("Field", "relation")
def relation(context: Context, row: Row) -> Row | None:
    return _relation(context, row) if row["type"] == "RELATION" else None


@REGISTRY.field("Field", "morphRelations")
def morph_relations(context: Context, row: Row) -> list[Row] | None:
    if row["type"] != "MORPH_RELATION":
        return None
    owner = {"objectMetadataId": row["objectMetadataId"], "morphId": row["morphId"]}
    return [_relation(context, one) for one in context.rows.all("field", **owner)]


def _relation(context: Context, row: Row) -> Row:
    rows = context.rows
    return {
        "type": row["settings"]["relationType"],
        "sourceObjectMetadata": rows.get("object", row["objectMetadataId"]),
        "targetObjectMetadata": rows.get("object", row["relationTargetObjectMetadataId"]),
        "sourceFieldMetadata": {**row, "name": row.get("morphName") or row["name"]},
        "targetFieldMetadata": rows.get("field", row["relationTargetFieldMetadataId"]),
    }
