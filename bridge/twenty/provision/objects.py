"""The object phoneCall: what it is called, and what it looks like."""

from bridge.language.phrase import phrase
from bridge.twenty.provision.plan import Mutation, Permission, Step
from bridge.twenty.provision.there import Object, Structure
from bridge.twenty.schema.workspace import PHONE_CALL

OBJECT = {
    "nameSingular": PHONE_CALL,
    "namePlural": "phoneCalls",
    "labelSingular": "Phone call",
    "labelPlural": "Phone calls",
    "icon": "IconPhone",
    "description": "A telephone call, logged by the bridge to Twilio",
}
COLOR = "green"
LOOK = {"icon": OBJECT["icon"], "color": COLOR, "description": OBJECT["description"]}

THE_OBJECT = phrase("the object {phone_call}", phone_call=PHONE_CALL)
"""The step on which all others depend."""


def create(there: Structure) -> list[Step]:
    """The object, where there is none."""
    if there.phone_call:
        return []
    creation = Mutation("CreateObject", {"input": {"object": OBJECT}})
    return [
        Step(
            phrase("create {what}", what=THE_OBJECT),
            Permission.DATA_MODEL,
            (creation,),
            makes=THE_OBJECT,
        )
    ]


def set_look(phone_call: Object, *, is_new: bool) -> list[Step]:
    """Icon, color and description, where it has none; on a new object they replace Twenty's defaults."""
    now = {"icon": phone_call.icon, "color": phone_call.color, "description": phone_call.description}
    update = {key: value for key, value in LOOK.items() if now[key] != value and (is_new or not now[key])}
    if not update:
        return []
    change = Mutation("UpdateObject", {"input": {"id": phone_call.id, "update": update}})
    sentence = phrase("give {what} its {looks}", what=THE_OBJECT, looks=", ".join(update))
    return [Step(sentence, Permission.DATA_MODEL, (change,), needs=(THE_OBJECT,))]
