"""The rows that describe an object or a field, complete but unchecked."""

import uuid

from bridge.sandbox.twenty.metadata.rows import Rows
from bridge.sandbox.twenty.model import Row

STANDARD = {
    "person": "20202020-e674-48e5-a542-72570eee7213",
    "company": "20202020-b374-4779-a561-80086cb2e17f",
}
"""Universal identifiers that are the same in every workspace; other objects have one of their own."""

SYSTEM_FIELDS = (
    ("id", "Id", "UUID", False, "uuid"),
    ("createdAt", "Creation date", "DATE_TIME", False, "now"),
    ("createdBy", "Created by", "ACTOR", False, {"name": "'System'", "source": "'MANUAL'"}),
    ("deletedAt", "Deleted at", "DATE_TIME", True, None),
    ("position", "Position", "POSITION", False, 0),
    ("updatedAt", "Last update", "DATE_TIME", False, "now"),
    ("updatedBy", "Updated by", "ACTOR", False, {"name": "'System'", "source": "'MANUAL'"}),
    ("searchVector", "Search vector", "TS_VECTOR", True, None),
)


def object_row(rows: Rows, given: Row, *, system: bool = False) -> Row:
    """An object with the fields that each has, and nothing else."""
    row = rows.add(
        "object",
        **{
            "description": None,
            "icon": None,
            "shortcut": None,
            "color": None,
            "isLabelSyncedWithName": False,
            "openRecordIn": "USER_CHOICE",
            **given,
            "isActive": True,
            "isSystem": system,
            "labelIdentifierFieldMetadataId": None,
            "imageIdentifierFieldMetadataId": None,
            "universalIdentifier": STANDARD.get(given["nameSingular"]) or str(uuid.uuid4()),
        },
    )
    for name, label, kind, nullable, default in SYSTEM_FIELDS:
        system_field = {"name": name, "label": label, "type": kind, "isSystem": True}
        add_field_row(rows, row, {**system_field, "isNullable": nullable, "defaultValue": default})
    return row


def add_field_row(rows: Rows, owner: Row, given: Row) -> Row:
    """A field's row with what was not given; nothing is checked."""
    values = {
        "description": None,
        "icon": None,
        "isActive": True,
        "isSystem": False,
        "isUIEditable": True,
        "isNullable": True,
        "isUnique": False,
        "defaultValue": None,
        "settings": None,
        "isLabelSyncedWithName": False,
        "morphId": None,
        "relationTargetObjectMetadataId": None,
        "relationTargetFieldMetadataId": None,
        "universalIdentifier": str(uuid.uuid4()),
    }
    own = {key: value for key, value in given.items() if not key.endswith("Payload") and value is not None}
    own["options"] = _options(given)
    return rows.add("field", **{**values, **own, "objectMetadataId": owner["id"]})


def _options(given: Row) -> list[Row] | None:
    if given["type"] == "RATING":
        return [
            {"id": str(uuid.uuid4()), "label": str(n), "value": f"RATING_{n}", "position": n - 1}
            for n in range(1, 6)
        ]
    options = given.get("options")
    return [{"id": str(uuid.uuid4()), **option} for option in options] if options else None
