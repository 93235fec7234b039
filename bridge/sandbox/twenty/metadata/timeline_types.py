"""The types that rows of the timeline can have, from 2.33 on: the standard ones, and who may read them."""

from bridge.sandbox.twenty.metadata.context import Context, Registry
from bridge.sandbox.twenty.metadata.rows import Rows
from bridge.sandbox.twenty.model import Row

REGISTRY = Registry()

# name, end of the universal identifier, label, icon, on which action, of which object
_STANDARD = (
    ("recordCreated", "01", "was created by", "IconCirclePlus", "created", None),
    ("recordUpdated", "02", "updated", "IconEditCircle", "updated", None),
    ("recordDeleted", "03", "was deleted by", "IconTrash", "deleted", None),
    ("recordRestored", "04", "was restored by", "IconRestore", "restored", None),
    ("recordLinked", "05", "was linked by", "IconLink", "linked", None),
    ("recordUnlinked", "06", "was unlinked by", "IconUnlink", "unlinked", None),
    ("noteLinked", "09", "linked a related note", "IconLink", "linked", "note"),
    ("noteUnlinked", "0a", "unlinked a related note", "IconUnlink", "unlinked", "note"),
    ("noteUpdated", "0b", "updated a related note", "IconEditCircle", "updated", "note"),
    ("taskLinked", "0c", "linked a related task", "IconLink", "linked", "task"),
    ("taskUnlinked", "0d", "unlinked a related task", "IconUnlink", "unlinked", "task"),
    ("taskUpdated", "0e", "updated a related task", "IconEditCircle", "updated", "task"),
)
_IDENTIFIER = "20202020-0d1a-4f0e-8a55-1c0a2f0a2c"


def install(rows: Rows) -> None:
    """Make the standard types in a new workspace."""
    for name, end, label, icon, action, object_name in _STANDARD:
        of_object = (rows.first("object", nameSingular=object_name) or {}).get("universalIdentifier")
        rows.add(
            "timelineActivityType",
            universalIdentifier=_IDENTIFIER + end,
            name=name,
            label=label,
            icon=icon,
            action=action,
            emit={"on": action, "objectUniversalIdentifier": of_object},
            objectUniversalIdentifier=of_object,
            isActive=True,
        )


@REGISTRY.query("timelineActivityTypes")
def timeline_activity_types(context: Context) -> list[Row]:
    return list(context.rows.all("timelineActivityType"))
