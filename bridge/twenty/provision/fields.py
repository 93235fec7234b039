"""The fields of phoneCall: what they are called, what they hold, what they look like."""

from collections.abc import Iterator, Sequence
from typing import Any

from msgspec import Struct, field

from bridge.calls.fold.call import CallStatus, Direction
from bridge.language.phrase import Phrase, phrase
from bridge.twenty.provision.objects import OBJECT, THE_OBJECT
from bridge.twenty.provision.plan import Mutation, Permission, Step
from bridge.twenty.provision.there import Field, Object, Structure
from bridge.twenty.schema.workspace import PHONE_CALL


class NewField(Struct, frozen=True):
    """A field to create; `target` names the object that a relation points to."""

    name: str
    label: str
    type: str
    icon: str
    more: dict[str, Any] = field(default_factory=dict)
    target: str | None = None

    @property
    def values(self) -> Sequence[str]:
        """The values of a SELECT."""
        return [option["value"] for option in self.more.get("options", ())]


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


DIRECTIONS = _select(list(Direction), ["green", "blue"])
STATUSES = _select(
    list(CallStatus), ["green", "blue", "turquoise", "orange", "red", "purple", "gray", "yellow"]
)
WHOLE_NUMBER = {"settings": {"dataType": "int", "decimals": 0, "type": "number"}}

FIELDS = (
    NewField("externalCallId", "Call SID", "TEXT", "IconFingerprint", {"isUnique": True}),
    NewField("direction", "Direction", "SELECT", "IconArrowsLeftRight", DIRECTIONS),
    NewField("status", "Status", "SELECT", "IconStatusChange", STATUSES),
    NewField("startedAt", "Started at", "DATE_TIME", "IconCalendarClock"),
    NewField("answeredAt", "Answered at", "DATE_TIME", "IconPhoneCheck"),
    NewField("endedAt", "Ended at", "DATE_TIME", "IconPhoneOff"),
    NewField("durationInSeconds", "Duration (s)", "NUMBER", "IconHourglass", WHOLE_NUMBER),
    # A number cannot be shown as a time in any version, only as itself, in short, or in percent.
    NewField("duration", "Duration", "TEXT", "IconClock"),
    NewField("fromPhoneNumber", "From", "PHONES", "IconPhoneIncoming"),
    NewField("toPhoneNumber", "To", "PHONES", "IconPhoneOutgoing"),
    NewField("recording", "Recording", "LINKS", "IconMicrophone"),
    NewField("transcript", "Transcript", "RICH_TEXT", "IconFileText"),
    NewField("handling", "Handling", "TEXT", "IconUsers"),
    NewField("person", "Person", "RELATION", "IconUser", target="person"),
    NewField("company", "Company", "RELATION", "IconBuildingSkyscraper", target="company"),
    NewField("agent", "Agent", "RELATION", "IconHeadset", target="workspaceMember"),
)

SHARED = frozenset({"name", *(one.name for one in FIELDS if not one.more.get("isUnique"))})
"""Fields in which two calls can have the same value."""


def create(phone_call: Object, there: Structure) -> list[Step]:
    """The fields that the object lacks, a step each."""
    return [
        Step(
            phrase("create the field {field}", field=f"{PHONE_CALL}.{wanted.name}"),
            Permission.DATA_MODEL,
            (Mutation("CreateField", {"input": {"field": _creation(wanted, phone_call, there)}}),),
            needs=(THE_OBJECT,),
        )
        for wanted in FIELDS
        if wanted.name not in phone_call.by_name
    ]


def _creation(wanted: NewField, phone_call: Object, there: Structure) -> dict[str, Any]:
    own = {"type": wanted.type, "name": wanted.name, "label": wanted.label, "icon": wanted.icon}
    creation = {"objectMetadataId": phone_call.id, **own, **wanted.more}
    if wanted.target:
        creation["relationCreationPayload"] = {
            "type": "MANY_TO_ONE",
            "targetObjectMetadataId": there.object_ids[wanted.target],
            "targetFieldLabel": OBJECT["labelPlural"],
            "targetFieldIcon": OBJECT["icon"],
        }
    return creation


def add_icons(phone_call: Object) -> list[Step]:
    """An icon for each field that has none."""
    bare = [f for f in FIELDS if f.name in phone_call.by_name and not phone_call.by_name[f.name].icon]
    if not bare:
        return []
    updates = [{"id": phone_call.by_name[f.name].id, "update": {"icon": f.icon}} for f in bare]
    changes = tuple(Mutation("UpdateField", {"input": update}) for update in updates)
    sentence = phrase("give icons to the fields {names}", names=", ".join(f.name for f in bare))
    return [Step(sentence, Permission.DATA_MODEL, changes, needs=(THE_OBJECT,))]


def conflicts(phone_call: Object) -> tuple[Phrase, ...]:
    """Why calls would be refused, or not be shown; each as a sentence that says what to do."""
    found = (
        []
        if phone_call.is_active
        else [phrase("The object {phone_call} is deactivated: activate it.", phone_call=PHONE_CALL)]
    )
    for wanted in FIELDS:
        if there := phone_call.by_name.get(wanted.name):
            found += _conflicts(wanted, there)
    return (*found, *(_unique(one) for one in phone_call.fields_list if one.is_unique and one.name in SHARED))


def _conflicts(wanted: NewField, there: Field) -> Iterator[Phrase]:
    """Why a field does not take what the bridge writes."""
    field = f"{PHONE_CALL}.{wanted.name}"
    what, target = there.type, there.relation and there.relation.target_object_metadata.name_singular
    if what != wanted.type:
        yield _is_other(field, what, wanted.type)
    elif not there.is_active:
        yield phrase("{field} is deactivated: activate it.", field=field)
    elif target != wanted.target:
        yield _is_other(field, f"{what} ({target})", f"{wanted.type} ({wanted.target})")
    elif missing := [value for value in wanted.values if value not in there.values]:
        yield phrase(
            "{field} lacks {values}: Twenty refuses the calls that have one of these. Add each as an option "
            "with this API value.",
            field=field,
            values=", ".join(missing),
        )


def _is_other(field: str, there: str, wanted: str) -> Phrase:
    return phrase(
        "{field} is {type}, not {wanted}: rename it, run this again.", field=field, type=there, wanted=wanted
    )


def _unique(there: Field) -> Phrase:
    return phrase(
        "{field} is unique, but several calls can have the same: switch “Unique” off.",
        field=f"{PHONE_CALL}.{there.name}",
    )
