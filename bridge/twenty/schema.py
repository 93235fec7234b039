"""What this workspace can show of a call: asked, not assumed, for Twenty changes weekly."""

from dataclasses import dataclass
from typing import Any

from bridge.errors import TwentyDenied
from bridge.twenty.client import Executes
from bridge.twenty.features import Feature, go_without

PHONE_CALL = "phoneCall"


@dataclass(frozen=True, slots=True)
class WorkspaceSchema:
    """`phone_call_fields` are those that a call can be written with, empty where there is no such object.

    `timeline_object_id` is the id that a timeline row names the object by; None where rows of ours
    would not show.
    """

    phone_call_fields: frozenset[str]
    timeline_object_id: str | None

    @property
    def has_phone_calls(self) -> bool:
        """Whether calls are records of their own; otherwise they are notes."""
        # Without the unique call SID a call could stand twice.
        return {"id", "externalCallId"} <= self.phone_call_fields


async def read_schema(client: Executes) -> WorkspaceSchema:
    """The part of the workspace's schema that calls are written to."""
    types = await client.execute("WorkspaceSchema")
    phone_call = _input_fields(types["phoneCall"])
    by_name = {"name", "linkedRecordId", "targetPersonId"} <= _input_fields(types["timelineActivity"])
    object_id = await _object_id(client) if phone_call and by_name else None
    return WorkspaceSchema(phone_call, object_id)


def _input_fields(input_type: dict[str, Any] | None) -> frozenset[str]:
    return frozenset(field["name"] for field in (input_type or {}).get("inputFields") or ())


async def _object_id(client: Executes) -> str | None:
    try:
        objects = await client.execute_metadata("Objects")
    except TwentyDenied as denied:
        go_without(Feature.TIMELINE, denied)
        return None
    nodes = [edge["node"] for edge in objects["objects"]["edges"]]
    return next((node["id"] for node in nodes if node["nameSingular"] == PHONE_CALL), None)
