"""Views of phone calls besides the default one: those in the list of views, and those of tabs."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from bridge.calls.call import CallStatus, Direction
from bridge.twenty.provision import columns
from bridge.twenty.provision.objects import OBJECT, THE_OBJECT
from bridge.twenty.provision.plan import Mutation, Permission, Step, derived_id
from bridge.twenty.provision.there import Object, View


@dataclass(frozen=True, slots=True)
class NewView:
    """A view to create: `filters` are values by the name of the field that IS one of them."""

    key: str
    name: str
    icon: str
    filters: Mapping[str, Any]
    columns: tuple[str, ...]
    type: str = "TABLE"
    position: int = 0

    @property
    def label(self) -> str:
        """What steps and people call it."""
        return f"the view “{self.name}”"


def _without(*names: str) -> tuple[str, ...]:
    return tuple(name for name in columns.WIDTHS if name not in names)


ME = {"isCurrentWorkspaceMemberSelected": True, "selectedRecordIds": []}
THIS_RECORD = {"isCurrentRecordSelected": True, "selectedRecordIds": []}

# A call out that nobody answered is MISSED, too; nobody has to be called back for it.
MISSED = NewView(
    "missed",
    "Missed calls",
    "IconPhoneX",
    {"status": [CallStatus.MISSED, CallStatus.VOICEMAIL], "direction": [Direction.INBOUND]},
    _without("direction", "durationInSeconds", "toPhoneNumber"),
    position=1,
)
MINE = NewView("mine", "My calls", "IconHeadset", {"agent": ME}, _without("agent"), position=2)


def on_page_of(relation: str) -> NewView:
    """The table of calls on the page of a person or company, which is the call's `relation`."""
    return NewView(
        f"{relation} tab",
        f"Phone calls of a {relation}",
        OBJECT["icon"],
        {relation: THIS_RECORD},
        _without(relation, "fromPhoneNumber", "toPhoneNumber"),
        type="TABLE_WIDGET",
    )


def find(views: Iterable[View], wanted: NewView, phone_call: Object) -> View | None:
    """That view, whatever a user has named it since; or one of that name."""
    same_type = [view for view in views if view.type == wanted.type]
    own = derived_id(phone_call.id, wanted.key)
    by_id = next((view for view in same_type if view.id == own), None)
    return by_id or next((view for view in same_type if view.name == wanted.name), None)


def create(views: Iterable[View], wanted: NewView, phone_call: Object) -> list[Step]:
    """The view, where there is none; what a run that broke off has left out of it."""
    found = find(views, wanted, phone_call)
    # Columns come last, and a view that a user sees has at least one.
    if found and found.view_fields:
        return []
    view_id = id_of(found, wanted, phone_call)
    changes = [
        *([] if found else [_view(view_id, wanted, phone_call)]),
        *([] if found and found.view_filters else _filters(view_id, wanted, phone_call)),
        *([] if found and found.view_sorts else columns.newest_first(view_id, phone_call)),
        columns.create(view_id, columns.places(phone_call, wanted.columns)),
    ]
    sentence = f"create {wanted.label}"
    return [Step(sentence, Permission.VIEWS, tuple(changes), makes=wanted.label, needs=(THE_OBJECT,))]


def id_of(found: View | None, wanted: NewView, phone_call: Object) -> str:
    """The id that the view has, or will have."""
    return found.id if found else derived_id(phone_call.id, wanted.key)


def _view(view_id: str, wanted: NewView, phone_call: Object) -> Mutation:
    given = {"id": view_id, "name": wanted.name, "icon": wanted.icon, "objectMetadataId": phone_call.id}
    shown = {"type": wanted.type, "visibility": "WORKSPACE", "openRecordIn": "SIDE_PANEL"}
    return Mutation("CreateView", {"input": {**given, **shown, "position": wanted.position}})


def _filters(view_id: str, wanted: NewView, phone_call: Object) -> list[Mutation]:
    return [
        Mutation(
            "CreateViewFilter",
            {
                "input": {
                    "id": derived_id(phone_call.id, view_id, name),
                    "viewId": view_id,
                    "fieldMetadataId": phone_call.by_name[name].id,
                    "operand": "IS",
                    "value": json.dumps(value, separators=(",", ":")),
                }
            },
        )
        for name, value in wanted.filters.items()
        if name in phone_call.by_name
    ]
