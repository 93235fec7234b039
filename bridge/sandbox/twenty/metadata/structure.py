"""Objects and fields are made; the tables follow at the end of the request."""

import uuid
from collections.abc import Iterable

from bridge.sandbox.twenty.metadata import looks
from bridge.sandbox.twenty.metadata.described import add_field_row, object_row
from bridge.sandbox.twenty.metadata.rows import Rows
from bridge.sandbox.twenty.metadata.validation import (
    check_field,
    check_name,
    check_object,
    relation_payloads,
)
from bridge.sandbox.twenty.model import TO_MANY, TO_ONE, Row, camel, pascal

# A record of a new object can have notes, tasks and files, and a timeline.
TARGETING = ("timelineActivity", "attachment", "noteTarget", "taskTarget")


def create_object(rows: Rows, given: Row) -> Row:
    """A new object, as `createOneObject` makes it: with relations, views, a page and a menu item."""
    check_object(rows, given)
    row = object_row(rows, given)
    if not given.get("skipNameField"):
        name = add_field_row(rows, row, {"name": "name", "label": "Name", "type": "TEXT"})
        rows.change("object", row, labelIdentifierFieldMetadataId=name["id"])
    for target in TARGETING:
        holder = rows.first("object", nameSingular=target)
        if holder:
            link_target(rows, holder, row)
    looks.dress(rows, row)
    return row


def link_target(rows: Rows, holder: Row, target: Row) -> Row:
    """A `targetX` relation from notes, tasks, files or the timeline to an object."""
    morph = rows.first("field", objectMetadataId=holder["id"], type="MORPH_RELATION")
    return relate(
        rows,
        holder,
        target,
        given={
            "name": f"target{pascal(target['nameSingular'])}",
            "label": target["labelSingular"],
            "type": "MORPH_RELATION",
            "morphId": morph["morphId"] if morph else str(uuid.uuid4()),
            "morphName": "target",
        },
        inverse={"name": holder["namePlural"], "label": holder["labelPlural"]},
        on_delete="CASCADE",
    )


def relate(
    rows: Rows, source: Row, target: Row, *, given: Row, inverse: Row, on_delete: str = "SET_NULL"
) -> Row:
    """A to-one relation and the to-many relation that leads back; gives the first."""
    to_one = {
        "relationType": TO_ONE,
        "joinColumnName": f"{given['name']}Id",
        "onDelete": on_delete,
    }
    field = add_field_row(
        rows, source, {**given, "settings": to_one, "relationTargetObjectMetadataId": target["id"]}
    )
    back = add_field_row(
        rows,
        target,
        {
            "type": "RELATION",
            **inverse,
            "settings": {"relationType": TO_MANY},
            "relationTargetObjectMetadataId": source["id"],
            "relationTargetFieldMetadataId": field["id"],
        },
    )
    looks.show_field(rows, target, back, visible=False)
    return rows.change("field", field, relationTargetFieldMetadataId=back["id"])


def create_field(rows: Rows, given: Row) -> Row:
    """A new field, as `createOneField` makes it; a relation brings the field that leads back."""
    check_field(rows, given)
    owner = rows.get("object", given["objectMetadataId"]) or {}
    payloads = relation_payloads(given)
    if payloads:
        made = list(_relations(rows, owner, given, payloads))
        for field in made:
            looks.show_field(rows, owner, field)
        return made[0]
    field = add_field_row(rows, owner, given)
    looks.show_field(rows, owner, field)
    return field


def _relations(rows: Rows, owner: Row, given: Row, payloads: list[Row]) -> Iterable[Row]:
    morph = given["type"] == "MORPH_RELATION"
    morph_id = str(uuid.uuid4()) if morph else None
    for payload in payloads:
        target = rows.get("object", payload["targetObjectMetadataId"]) or {}
        name = given["name"] + (pascal(target["nameSingular"]) if morph else "")
        one = {**given, "name": name, "morphId": morph_id, "morphName": given["name"] if morph else None}
        back = {
            "name": camel(payload["targetFieldLabel"]),
            "label": payload["targetFieldLabel"],
            "icon": payload.get("targetFieldIcon"),
        }
        check_name(rows, target["id"], back["name"])
        if payload.get("type") == TO_MANY:
            inverse = relate(rows, target, owner, given={**back, "type": "RELATION"}, inverse=one)
            yield rows.get("field", inverse["relationTargetFieldMetadataId"]) or inverse
        else:
            yield relate(rows, owner, target, given=one, inverse=back)
