"""The page of a call: its fields in groups."""

from collections.abc import Iterable
from typing import Any

from bridge.language.phrase import phrase
from bridge.twenty.provision.objects import THE_OBJECT
from bridge.twenty.provision.plan import Mutation, Permission, Step, derived_id
from bridge.twenty.provision.there import Object, PageLayout, View, Widget

GROUPS = {
    "Call": ("direction", "status", "startedAt", "duration"),
    "Parties": ("person", "company", "agent", "fromPhoneNumber", "toPhoneNumber", "handling"),
    "Recording": ("recording", "transcript"),
    "System": ("answeredAt", "endedAt", "durationInSeconds", "externalCallId", "createdAt", "createdBy"),
}
"""The last group takes all other fields of the object, and keeps whether they are visible."""

EARLIER = {
    **GROUPS,
    "Call": ("direction", "status", "startedAt", "durationInSeconds"),
    "System": ("answeredAt", "endedAt", "externalCallId", "createdAt", "createdBy"),
}
"""The groups of bridges up to November 2026."""

GROUPED = "groups"
"""The name of this look, which stays removed where a user removed it."""

HIDDEN = ("updatedAt", "updatedBy")


def group(page: PageLayout | None, views: Iterable[View], phone_call: Object) -> list[Step]:
    """The fields in groups, as long as there are none, or those that an earlier version of ours made."""
    widget, view = _fields_widget(page), _fields_view(page, views)
    if not widget or not view or (view.view_field_groups and not _is_of_earlier(view, phone_call)):
        return []
    groups = _groups(view, phone_call)
    change = Mutation("UpsertFieldsWidget", {"input": {"widgetId": widget.id, "groups": groups}})
    sentence = phrase("show the fields of a call in groups: {groups}", groups=", ".join(GROUPS))
    look = "" if view.view_field_groups else GROUPED
    return [Step(sentence, Permission.LAYOUTS, (change,), needs=(THE_OBJECT,), once=look)]


def is_grouped(page: PageLayout | None, views: Iterable[View]) -> bool:
    """Whether the fields stand in groups."""
    view = _fields_view(page, views)
    return bool(view and view.view_field_groups)


def _is_of_earlier(view: View, phone_call: Object) -> bool:
    """Whether each field stands where we placed it, and no user has moved or hidden any."""
    group_ids = {title: derived_id(phone_call.id, "group", title) for title in EARLIER}
    placed = {
        phone_call.by_name[name].id: (group_ids[title], n)
        for title, names in EARLIER.items()
        for n, name in enumerate(name for name in names if name in phone_call.by_name)
    }
    columns = [column for column in view.view_fields if column.field_metadata_id in placed]
    held = {c.field_metadata_id: (c.view_field_group_id, c.position) for c in columns if c.is_visible}
    return {one.id for one in view.view_field_groups} == set(group_ids.values()) and held == placed


def _fields_widget(page: PageLayout | None) -> Widget | None:
    tabs = (page.tabs or ()) if page else ()
    return next((w for tab in tabs for w in tab.widgets or () if w.type == "FIELDS"), None)


def _fields_view(page: PageLayout | None, views: Iterable[View]) -> View | None:
    widget = _fields_widget(page)
    return next((one for one in views if widget and one.id == widget.configuration.view_id), None)


def _groups(view: View, phone_call: Object) -> list[dict[str, Any]]:
    ids = {name: field.id for name, field in phone_call.by_name.items()}
    grouped = {title: [ids[name] for name in names if name in ids] for title, names in GROUPS.items()}
    named = {field_id for members in grouped.values() for field_id in members}
    grouped["System"] += [c.field_metadata_id for c in view.view_fields if c.field_metadata_id not in named]
    hidden = {ids[name] for name in HIDDEN if name in ids}
    return [
        {
            "id": derived_id(phone_call.id, "group", title),
            "name": title,
            "position": position,
            "isVisible": True,
            "fields": [
                _line(view, f, n, shown=f in named, hidden=f in hidden) for n, f in enumerate(members)
            ],
        }
        for position, (title, members) in enumerate(grouped.items())
    ]


def _line(view: View, field_id: str, position: int, *, shown: bool, hidden: bool) -> dict[str, Any]:
    known = view.by_field.get(field_id)
    visible = shown or bool(known and known.is_visible and not hidden)
    line = {"fieldMetadataId": field_id, "isVisible": visible, "position": position}
    return {"viewFieldId": known.id, **line} if known else line
