"""Objects and fields are changed and deleted."""

import uuid

from bridge.sandbox.twenty.metadata import looks
from bridge.sandbox.twenty.metadata.rows import Rows
from bridge.sandbox.twenty.metadata.validation import check_options, invalid
from bridge.sandbox.twenty.model import Row, pascal


def update_object(rows: Rows, object_id: str, update: Row) -> Row:
    return rows.change("object", existing(rows, "object", object_id, doing="updating object"), **update)


def update_field(rows: Rows, field_id: str, update: Row) -> Row:
    row = existing(rows, "field", field_id, doing="updating field")
    if update.get("options"):
        check_options(update["options"])
        update["options"] = [{"id": str(uuid.uuid4()), **option} for option in update["options"]]
    update.pop("objectMetadataId", None)
    return rows.change("field", row, **update)


def existing(rows: Rows, kind: str, row_id: str, *, doing: str) -> Row:
    """The row, or the error that says that there is none."""
    row = rows.get(kind, row_id)
    if row is None:
        raise invalid(f"{kind}Metadata", "NOT_FOUND", f"{pascal(kind)} metadata not found", doing=doing)
    return row


def delete_field(rows: Rows, field_id: str) -> Row:
    """Drop a field, and with a relation the field that leads back."""
    row = existing(rows, "field", field_id, doing="deleting field")
    if row["isActive"]:
        raise invalid(
            "fieldMetadata",
            "FIELD_MUTATION_NOT_ALLOWED",
            "Active fields cannot be deleted",
            doing="deleting field",
        )
    _drop_field(rows, row)
    return row


def _drop_field(rows: Rows, row: Row) -> None:
    for one in (row["id"], row["relationTargetFieldMetadataId"]):
        if one and rows.get("field", one):
            rows.drop("field", one)
            looks.forget_field(rows, one)


def delete_object(rows: Rows, object_id: str) -> Row:
    """Drop an object with all that belongs to it; it must have been made inactive before."""
    row = existing(rows, "object", object_id, doing="deleting object")
    if row["isActive"]:
        raise invalid(
            "objectMetadata",
            "OBJECT_MUTATION_NOT_ALLOWED",
            "Active objects cannot be deleted",
            doing="deleting object",
        )
    for field in list(rows.all("field", objectMetadataId=object_id)):
        if rows.get("field", field["id"]):
            _drop_field(rows, field)
    looks.undress(rows, object_id)
    return rows.drop("object", object_id)
