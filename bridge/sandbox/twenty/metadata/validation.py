"""Which objects and fields can be made, and the error that lists why one cannot."""

import re
import uuid

from bridge.sandbox.twenty.errors import InvalidMetadata
from bridge.sandbox.twenty.kinds.parts import COMPOSITES, SIMPLE
from bridge.sandbox.twenty.metadata.rows import Rows
from bridge.sandbox.twenty.model import RELATIONS, Row

_NAME = re.compile(r"[a-z][a-zA-Z0-9]{0,62}")
_OPTION = re.compile(r"[A-Z0-9_]+")


def invalid(
    kind: str, code: str, message: str, *, doing: str, friendly: str | None = None
) -> InvalidMetadata:
    """The error that refuses a change of the workspace's structure."""
    failure = {
        "status": "fail",
        "errors": [{"code": code, "message": message, "userFriendlyMessage": friendly or message}],
        "flatEntityMinimalInformation": {"universalIdentifier": str(uuid.uuid4())},
        "metadataName": kind,
        "type": doing.partition(" ")[0].removesuffix("ing") + "e",
    }
    details = {
        "errors": {kind: [failure]},
        "summary": {"totalErrors": 1, kind: 1},
        "message": f"Validation failed for 1 {kind}",
    }
    return InvalidMetadata(
        f"Multiple validation errors occurred while {doing}", friendly=friendly or message, details=details
    )


def _refuse_field(code: str, message: str) -> InvalidMetadata:
    return invalid("fieldMetadata", code, message, doing="creating fields")


def _refuse_object(code: str, message: str) -> InvalidMetadata:
    return invalid("objectMetadata", code, message, doing="creating object")


def check_object(rows: Rows, given: Row) -> None:
    """Raise InvalidMetadata where an object of these names cannot be made."""
    names = (given["nameSingular"], given["namePlural"])
    if not all(_NAME.fullmatch(name) for name in names):
        raise _refuse_object("INVALID_OBJECT_INPUT", f'Name "{names[0]}" is not in camelCase')
    if names[0] == names[1]:
        raise _refuse_object("INVALID_OBJECT_INPUT", "The singular and plural names cannot be the same")
    for row in rows.all("object"):
        if {row["nameSingular"], row["namePlural"]} & set(names):
            raise _refuse_object("OBJECT_ALREADY_EXISTS", "Object already exists")


def check_name(rows: Rows, object_id: str, name: str) -> None:
    """Raise InvalidMetadata where the object cannot have a field of this name."""
    if not _NAME.fullmatch(name):
        raise _refuse_field("INVALID_FIELD_INPUT", f'Name "{name}" is not in camelCase')
    for row in rows.all("field", objectMetadataId=object_id):
        if name in (row["name"], (row["settings"] or {}).get("joinColumnName")):
            raise _refuse_field(
                "NOT_AVAILABLE", f'Name "{name}" is not available as it is already used by another field'
            )


def check_field(rows: Rows, given: Row) -> None:
    """Raise InvalidMetadata where this field cannot be made."""
    if not rows.get("object", given["objectMetadataId"]):
        raise _refuse_field("OBJECT_METADATA_NOT_FOUND", "Object metadata not found")
    check_name(rows, given["objectMetadataId"], given["name"])
    kind = given["type"]
    if kind not in (*COMPOSITES, *SIMPLE, *RELATIONS):
        raise _refuse_field("INVALID_FIELD_INPUT", f"Unsupported field type {kind}")
    if kind in ("SELECT", "MULTI_SELECT"):
        check_options(given.get("options"))
    for target in relation_payloads(given):
        if not rows.get("object", target.get("targetObjectMetadataId", "")):
            raise _refuse_field("FIELD_METADATA_RELATION_MALFORMED", "Relation target object not found")


def check_options(options: object) -> None:
    """Raise InvalidMetadata where a select could not have these options."""
    values = [one.get("value") for one in options] if isinstance(options, list) else []
    if not values:
        raise _refuse_field("INVALID_FIELD_INPUT", "Options are required for enum fields")
    if len(set(values)) < len(values):
        raise _refuse_field("INVALID_FIELD_INPUT", "Duplicated option value")
    if not all(isinstance(value, str) and _OPTION.fullmatch(value) for value in values):
        raise _refuse_field("INVALID_FIELD_INPUT", "Value must be in UPPER_CASE and follow snake_case")


def relation_payloads(given: Row) -> list[Row]:
    """Where a relation shall lead; nothing for a field that is none."""
    if given["type"] == "RELATION":
        return [given.get("relationCreationPayload") or {}]
    return (given.get("morphRelationsCreationPayload") or [{}]) if given["type"] == "MORPH_RELATION" else []
