"""Gives a workspace the object `phoneCall` and its fields; what is there already stays as it is."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from bridge.calls.call import CallStatus, Direction
from bridge.errors import TwentyDenied
from bridge.twenty.client import Executes
from bridge.twenty.schema import PHONE_CALL

OBJECT = {
    "nameSingular": PHONE_CALL,
    "namePlural": "phoneCalls",
    "labelSingular": "Phone call",
    "labelPlural": "Phone calls",
    "icon": "IconPhone",
    "description": "A telephone call, logged by the bridge to Twilio",
}


@dataclass(frozen=True, slots=True)
class Field:
    """A field to create; `target` names the object that a relation points to."""

    name: str
    label: str
    type: str
    icon: str
    more: dict[str, Any] = field(default_factory=dict)
    target: str | None = None


def _select(values: Sequence[str], colors: Sequence[str]) -> dict[str, Any]:
    return {
        "options": [
            {
                "value": value,
                "label": value.replace("_", " ").capitalize(),
                "color": color,
                "position": position,
            }
            for position, (value, color) in enumerate(zip(values, colors, strict=True))
        ]
    }


FIELDS = (
    Field("externalCallId", "Call SID", "TEXT", "IconFingerprint", {"isUnique": True}),
    Field(
        "direction", "Direction", "SELECT", "IconArrowsLeftRight", _select(list(Direction), ["green", "blue"])
    ),
    Field(
        "status",
        "Status",
        "SELECT",
        "IconStatusChange",
        _select(
            list(CallStatus), ["green", "blue", "turquoise", "orange", "red", "purple", "gray", "yellow"]
        ),
    ),
    Field("startedAt", "Started at", "DATE_TIME", "IconCalendarClock"),
    Field("answeredAt", "Answered at", "DATE_TIME", "IconPhoneCheck"),
    Field("endedAt", "Ended at", "DATE_TIME", "IconPhoneOff"),
    Field(
        "durationInSeconds",
        "Duration (s)",
        "NUMBER",
        "IconHourglass",
        {"settings": {"dataType": "int", "decimals": 0, "type": "number"}},
    ),
    Field("fromPhoneNumber", "From", "PHONES", "IconPhoneOutgoing"),
    Field("toPhoneNumber", "To", "PHONES", "IconPhoneIncoming"),
    Field("recording", "Recording", "LINKS", "IconMicrophone"),
    Field("transcript", "Transcript", "RICH_TEXT", "IconFileText"),
    Field("person", "Person", "RELATION", "IconUser", target="person"),
    Field("company", "Company", "RELATION", "IconBuildingSkyscraper", target="company"),
    Field("agent", "Agent", "RELATION", "IconHeadset", target="workspaceMember"),
)


@dataclass(frozen=True, slots=True)
class Provisioned:
    """What was made, and what is in the way: things of the same name that are something else."""

    created: tuple[str, ...]
    conflicts: tuple[str, ...]


async def provision(client: Executes) -> Provisioned:
    """Creates what the workspace lacks; a second run finds nothing to do.

    Raises TwentyDenied, naming the permission, where the key's role may not.
    """
    try:
        return await _provision(client)
    except TwentyDenied as denied:
        if denied.code != "twenty.forbidden":
            raise
        raise TwentyDenied(
            "The API key's role may not change the data model. In Twenty, open Settings → Roles, choose the "
            "key's role (or a separate one for set-up) and allow Settings permissions → Data model; "
            "then run this again.",
            code=denied.code,
        ) from denied


async def _provision(client: Executes) -> Provisioned:
    objects = await _objects(client)
    created: list[str] = []
    if PHONE_CALL not in objects:
        await client.execute_metadata("CreateObject", input={"object": OBJECT})
        created.append(f"object {PHONE_CALL}")
        objects = await _objects(client)
    phone_call = objects[PHONE_CALL]
    existing = {f["name"]: f for f in phone_call["fieldsList"]}
    for wanted in FIELDS:
        if wanted.name not in existing:
            await _create_field(client, wanted, objects)
            created.append(f"field {PHONE_CALL}.{wanted.name}")
    return Provisioned(tuple(created), tuple(_conflicts(phone_call, existing)))


async def _objects(client: Executes) -> dict[str, dict[str, Any]]:
    answer = await client.execute_metadata("Objects")
    return {edge["node"]["nameSingular"]: edge["node"] for edge in answer["objects"]["edges"]}


async def _create_field(client: Executes, wanted: Field, objects: dict[str, dict[str, Any]]) -> None:
    creation = {
        "objectMetadataId": objects[PHONE_CALL]["id"],
        "type": wanted.type,
        "name": wanted.name,
        "label": wanted.label,
        "icon": wanted.icon,
        **wanted.more,
    }
    if wanted.target:
        creation["relationCreationPayload"] = {
            "type": "MANY_TO_ONE",
            "targetObjectMetadataId": objects[wanted.target]["id"],
            "targetFieldLabel": OBJECT["labelPlural"],
            "targetFieldIcon": OBJECT["icon"],
        }
    await client.execute_metadata("CreateField", input={"field": creation})


def _conflicts(phone_call: dict[str, Any], existing: dict[str, dict[str, Any]]) -> list[str]:
    """Each as a sentence that says what to do."""
    found = [] if phone_call["isActive"] else [f"The object {PHONE_CALL} is deactivated: activate it."]
    for wanted in FIELDS:
        there = existing.get(wanted.name)
        if there and there["type"] != wanted.type:
            found.append(
                f"{PHONE_CALL}.{wanted.name} is {there['type']}, not {wanted.type}: rename it, run this again."
            )
        elif there and not there["isActive"]:
            found.append(f"{PHONE_CALL}.{wanted.name} is deactivated: activate it.")
    return found
