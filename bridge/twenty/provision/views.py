"""Views of phone calls besides the default one: those in the list of views, and those of tabs."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from msgspec import Struct

from bridge.calls.fold.call import CallStatus, Direction
from bridge.language.phrase import Phrase, phrase
from bridge.twenty.provision import columns
from bridge.twenty.provision.columns import Widths, without
from bridge.twenty.provision.objects import OBJECT, THE_OBJECT
from bridge.twenty.provision.plan import Mutation, Permission, Step, derived_id
from bridge.twenty.provision.there import Object, View


class NewView(Struct, frozen=True):
    """A view to create: `filters` are values by the name of the field that IS one of them."""

    key: str
    name: str
    icon: str
    filters: Mapping[str, Any]
    columns: Widths
    earlier: Widths
    """The columns that an earlier version of ours laid out."""
    type: str = "TABLE"
    position: int = 0

    @property
    def label(self) -> Phrase:
        """Its name in steps and for users."""
        return phrase("the view “{name}”", name=self.name)


IN_TABS: Widths = {
    "name": 130,
    "startedAt": 152,
    "direction": 105,
    "status": 105,
    "person": 115,
    "duration": 105,
    "agent": 105,
    "recording": 110,
}
"""A tab is 817 pixels wide on a screen of 1440: there all but a company's recordings are seen."""

ME = {"isCurrentWorkspaceMemberSelected": True, "selectedRecordIds": []}
THIS_RECORD = {"isCurrentRecordSelected": True, "selectedRecordIds": []}

# A call out without an answer is MISSED, too, and needs no call back.
MISSED = NewView(
    "missed",
    "Missed calls",
    "IconPhoneX",
    {"status": [CallStatus.MISSED, CallStatus.VOICEMAIL], "direction": [Direction.INBOUND]},
    without(columns.WIDTHS, "direction", "duration", "toPhoneNumber"),
    without(columns.EARLIER, "direction", "durationInSeconds", "toPhoneNumber"),
    position=1,
)
MINE = NewView(
    "mine",
    "My calls",
    "IconHeadset",
    {"agent": ME},
    without(columns.WIDTHS, "agent"),
    without(columns.EARLIER, "agent"),
    position=2,
)


def on_page_of(relation: str) -> NewView:
    """The table of calls on the page of a person or company, which is the call's `relation`."""
    return NewView(
        f"{relation} tab",
        f"Phone calls of a {relation}",
        OBJECT["icon"],
        {relation: THIS_RECORD},
        without(IN_TABS, relation),
        without(columns.EARLIER, relation, "fromPhoneNumber", "toPhoneNumber"),
        type="TABLE_WIDGET",
    )


def find(views: Iterable[View], wanted: NewView, phone_call: Object) -> View | None:
    """That view, also where a user has renamed it; or another one of that name."""
    same_type = [view for view in views if view.type == wanted.type]
    own = derived_id(phone_call.id, wanted.key)
    by_id = next((view for view in same_type if view.id == own), None)
    return by_id or next((view for view in same_type if view.name == wanted.name), None)


def create(
    views: Iterable[View], wanted: NewView, phone_call: Object, *, only_with: tuple[Mutation, ...] = ()
) -> list[Step]:
    """The view, where it is missing; else what an interrupted run or an earlier version left out of it."""
    found = find(views, wanted, phone_call)
    # Columns come last, and a view that a user sees has at least one.
    if found and found.view_fields:
        return columns.bring_up_to_date(wanted.label, found, phone_call, wanted.earlier, wanted.columns)
    if not is_possible(wanted, phone_call):
        return []
    view_id = id_of(wanted, views, phone_call)
    # A view that a tab shows already is part of that tab, and no look of its own.
    is_look = wanted.type == "TABLE" or bool(only_with)
    changes = [
        *([] if found else [_view(view_id, wanted, phone_call)]),
        *_filters(view_id, wanted, phone_call, found),
        *([] if found and found.view_sorts else columns.newest_first(view_id, phone_call)),
        columns.create(view_id, columns.places(phone_call, wanted.columns)),
    ]
    step = Step(
        phrase("create {what}", what=wanted.label),
        Permission.VIEWS,
        tuple(changes),
        makes=wanted.label,
        needs=(THE_OBJECT,),
        only_with=only_with,
        once=wanted.key if is_look else "",
    )
    return [step]


def is_there(views: Iterable[View], wanted: NewView, phone_call: Object) -> bool:
    """Whether users see the view, whole."""
    found = find(views, wanted, phone_call)
    return bool(found and found.view_fields)


def is_possible(wanted: NewView, phone_call: Object) -> bool:
    """Whether the fields exist that it filters by; without them it would show every call."""
    return wanted.filters.keys() <= phone_call.by_name.keys()


def id_of(wanted: NewView, views: Iterable[View], phone_call: Object) -> str:
    """The id that the view has, or will have."""
    found = find(views, wanted, phone_call)
    return found.id if found else derived_id(phone_call.id, wanted.key)


def _view(view_id: str, wanted: NewView, phone_call: Object) -> Mutation:
    given = {"id": view_id, "name": wanted.name, "icon": wanted.icon, "objectMetadataId": phone_call.id}
    shown = {"type": wanted.type, "visibility": "WORKSPACE"}
    return Mutation("CreateView", {"input": {**given, **shown, "position": wanted.position}})


def _filters(view_id: str, wanted: NewView, phone_call: Object, found: View | None) -> Iterator[Mutation]:
    there = {one.field_metadata_id for one in found.view_filters} if found else set()
    for name, value in wanted.filters.items():
        field_id = phone_call.by_name[name].id
        if field_id not in there:
            by = {"viewId": view_id, "fieldMetadataId": field_id, "operand": "IS"}
            text = json.dumps(value, separators=(",", ":"))
            own = derived_id(phone_call.id, view_id, name)
            yield Mutation("CreateViewFilter", {"input": {"id": own, **by, "value": text}})
