"""What this workspace can show of a call: read from its schema, as Twenty changes weekly."""

import hashlib
from typing import Any

from msgspec import Struct

from bridge.errors import TwentyDenied
from bridge.json_text import to_json
from bridge.twenty.client.client import Executes
from bridge.twenty.schema.features import TYPED_TIMELINE, Feature, go_without

PHONE_CALL = "phoneCall"

RECORD_LINKED = "20202020-0d1a-4f0e-8a55-1c0a2f0a2c05"
"""The standard type of timeline rows that any API key can use, from 2.34 on."""


PHONE_CALL_TYPE = "b0912cce-9340-4e12-a35e-9986344725ea"
"""The type that the app brings along (`app/newer/phone-call-type.ts`): its words are a phone call's."""


class TimelineSchema(Struct, frozen=True):
    """How rows are written: `fields` are those that a row can have, `object_id` is `phoneCall`'s.

    `type_id` is the type of rows that have one, None where they have a name instead.
    """

    object_id: str
    fields: frozenset[str]
    type_id: str | None


class WorkspaceSchema(Struct, frozen=True):
    """`phone_call_fields` are those that a call can be written with, empty where there is no such object.

    `timeline` is None where rows of ours would not show.
    """

    phone_call_fields: frozenset[str]
    timeline: TimelineSchema | None
    fingerprint: str = ""
    """A digest of fields, types and select options: a refusal can depend on any of them."""

    @property
    def has_phone_calls(self) -> bool:
        """Whether calls are records of their own; otherwise they are notes."""
        # Without the unique call SID a call could be stored twice.
        return {"id", "externalCallId"} <= self.phone_call_fields


async def read_schema(client: Executes) -> WorkspaceSchema:
    """Reads the part of the schema that calls are written to. Raises TwentyError."""
    types = await client.execute("WorkspaceSchema")
    phone_call = _input_fields(types["phoneCall"])
    row = _input_fields(types["timelineActivity"])
    return WorkspaceSchema(
        phone_call,
        await _timeline(client, row) if phone_call else None,
        fingerprint=_fingerprint(types["phoneCall"], types["timelineActivity"]),
    )


async def _timeline(client: Executes, fields: frozenset[str]) -> TimelineSchema | None:
    """What `/metadata` lists says nothing of the generation: 2.33 has types, and rows with a name."""
    typed = TYPED_TIMELINE in fields
    if not {"linkedRecordId", "targetPersonId"} <= fields or not (typed or "name" in fields):
        return None
    try:
        object_id = await _object_id(client)
        type_id = await _type_id(client) if typed else None
    except TwentyDenied as denied:
        go_without(Feature.TIMELINE, denied)
        return None
    if object_id is None or (typed and type_id is None):
        return None
    return TimelineSchema(object_id, fields, type_id)


def _fingerprint(*input_types: dict[str, Any] | None) -> str:
    types = [_sorted(one) for one in input_types]
    return hashlib.sha256(to_json(types).encode()).hexdigest()[:32]


def _sorted(value: Any) -> Any:
    """The value without its order, which has no meaning."""
    if isinstance(value, dict):
        return {name: _sorted(value[name]) for name in sorted(value)}
    if isinstance(value, list):
        return sorted((_sorted(one) for one in value), key=to_json)
    return value


def _input_fields(input_type: dict[str, Any] | None) -> frozenset[str]:
    return frozenset(field["name"] for field in (input_type or {}).get("inputFields") or ())


async def _object_id(client: Executes) -> str | None:
    objects = await client.execute_metadata("Objects")
    nodes = [edge["node"] for edge in objects["objects"]["edges"]]
    return next((node["id"] for node in nodes if node["nameSingular"] == PHONE_CALL), None)


async def _type_id(client: Executes) -> str | None:
    """The app's type where it is installed, or else the standard one."""
    answer = await client.execute_metadata("TimelineActivityTypes")
    active = {
        one["universalIdentifier"]: one["id"] for one in answer["timelineActivityTypes"] if one["isActive"]
    }
    return active.get(PHONE_CALL_TYPE) or active.get(RECORD_LINKED)


async def has_typed_timeline(client: Executes) -> bool:
    """Whether rows of the timeline have a type: from Twenty 2.34 on. Raises TwentyError."""
    types = await client.execute("WorkspaceSchema")
    return TYPED_TIMELINE in _input_fields(types["timelineActivity"])
