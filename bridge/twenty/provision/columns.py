"""The columns of phone calls' tables: which, how wide, in what order; and those of the default view.

The title comes first everywhere: Twenty refuses a table whose records' title stands elsewhere.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct

from bridge.language.phrase import phrase
from bridge.twenty.provision.objects import OBJECT, THE_OBJECT
from bridge.twenty.provision.plan import Mutation, Permission, Step, derived_id
from bridge.twenty.provision.there import Object, View, ViewField

Widths = Mapping[str, int]
"""Field → pixels, in the order of the columns."""

WIDTHS: Widths = {
    "name": 250,
    "direction": 105,
    "status": 115,
    "person": 140,
    "company": 140,
    "agent": 140,
    "startedAt": 160,
    "duration": 105,
    "fromPhoneNumber": 160,
    "toPhoneNumber": 160,
    "recording": 130,
}
"""On a screen of 1440 pixels all up to the duration is seen. None is as wide as Twenty makes them: see
`_is_arranged`."""

EARLIER: Widths = {
    "name": 270,
    "direction": 110,
    "status": 120,
    "person": 160,
    "company": 160,
    "agent": 160,
    "startedAt": 170,
    "durationInSeconds": 110,
    "fromPhoneNumber": 160,
    "toPhoneNumber": 160,
    "recording": 130,
}
"""The columns of bridges up to November 2026, which showed the duration in seconds."""

NOT_SHOWN = ("createdAt", "createdBy", "updatedAt", "updatedBy")
"""Columns that Twenty shows of a new object, and that are of no use in a list of calls."""

DEFAULT_NAME = "All phone calls"


class Place(Struct, frozen=True):
    """Where a column stands, and how wide it is in pixels."""

    position: float
    size: float

    def holds(self, column: ViewField) -> bool:
        """Whether the column stands there."""
        return (column.position, column.size) == (self.position, self.size)

    @property
    def shown(self) -> dict[str, Any]:
        """What makes it stand there."""
        return {"isVisible": True, "position": self.position, "size": self.size}


def without(widths: Widths, *names: str) -> Widths:
    """The other columns."""
    return {name: width for name, width in widths.items() if name not in names}


def with_seconds(widths: Widths) -> Widths:
    """The columns for an object without the duration in words."""
    return {"durationInSeconds" if name == "duration" else name: width for name, width in widths.items()}


def places(phone_call: Object, widths: Widths) -> dict[str, Place]:
    """Field id → place, of the fields that there are."""
    wanted = widths if "duration" in phone_call.by_name else with_seconds(widths)
    there = [name for name in wanted if name in phone_call.by_name]
    return {phone_call.by_name[name].id: Place(n, wanted[name]) for n, name in enumerate(there)}


def create(view_id: str, placed: Mapping[str, Place]) -> Mutation:
    """The columns of a view that has none of these."""
    columns = [
        {"viewId": view_id, "fieldMetadataId": field_id, **at.shown} for field_id, at in placed.items()
    ]
    return Mutation("CreateViewFields", {"inputs": columns})


def newest_first(view_id: str, phone_call: Object) -> list[Mutation]:
    """Sorts a view by the time when calls began."""
    started_at = phone_call.by_name.get("startedAt")
    if not started_at:
        return []
    sort_id = derived_id(phone_call.id, view_id, "sort")
    sort = {"id": sort_id, "viewId": view_id, "fieldMetadataId": started_at.id, "direction": "DESC"}
    return [Mutation("CreateViewSort", {"input": sort})]


def lay_out_default(views: Iterable[View], phone_call: Object) -> list[Step]:
    """The default view's columns, as long as no user has arranged them."""
    view = next((one for one in views if one.key == "INDEX"), None)
    if not view:
        return []
    if left := catch_up(view, phone_call, EARLIER, WIDTHS):
        return [_catching_up(f"the view “{DEFAULT_NAME}”", left)]
    placed = places(phone_call, WIDTHS)
    title = phone_call.by_name.get("name")
    own = {field_id: at for field_id, at in placed.items() if not title or field_id != title.id}
    if _is_arranged(view, own) or _is_laid_out(view, own):
        return []
    sorting = [] if view.view_sorts else newest_first(view.id, phone_call)
    changes = (*_naming(view), *sorting, *_hiding(view, phone_call), *_showing(view, placed))
    sentence = phrase("lay out the columns of the view “{name}”, newest first", name=DEFAULT_NAME)
    return [Step(sentence, Permission.VIEWS, changes, needs=(THE_OBJECT,))]


def bring_up_to_date(label: str, view: View, phone_call: Object, earlier: Widths, now: Widths) -> list[Step]:
    """The columns of a view that stand as an earlier version of ours laid them out."""
    changes = catch_up(view, phone_call, earlier, now)
    return [_catching_up(label, changes)] if changes else []


def _catching_up(label: str, changes: Sequence[Mutation]) -> Step:
    sentence = phrase("bring the columns of {what} up to date", what=label)
    return Step(sentence, Permission.VIEWS, tuple(changes), needs=(THE_OBJECT,))


def catch_up(view: View, phone_call: Object, earlier: Widths, now: Widths) -> list[Mutation]:
    """What is left to send, where the view stands as we laid it out before; nothing where a user arranged it.

    A run may have broken off: so the view may also stand as it does after the first of our changes.
    """
    wanted = places(phone_call, now)
    for before in (earlier, with_seconds(now)):
        held = {
            phone_call.by_name[name].id: width for name, width in before.items() if name in phone_call.by_name
        }
        state = {field_id: Place(n, size) for n, (field_id, size) in enumerate(held.items())}
        changes = _differences(state, wanted)
        for done in range(len(changes)):
            if state == _shown(view):
                return [_sent(view, *change) for change in changes[done:]]
            state = _after(state, *changes[done])
    return []


def _differences(before: Mapping[str, Place], after: Mapping[str, Place]) -> list[tuple[str, Place | None]]:
    """Field and place of the columns to move, then of those to hide."""
    moved = [(field_id, at) for field_id, at in after.items() if before.get(field_id) != at]
    return [*moved, *((field_id, None) for field_id in before if field_id not in after)]


def _after(state: Mapping[str, Place], field_id: str, at: Place | None) -> dict[str, Place]:
    rest = {other: place for other, place in state.items() if other != field_id}
    return rest if at is None else rest | {field_id: at}


def _shown(view: View) -> dict[str, Place]:
    return {c.field_metadata_id: Place(c.position, c.size) for c in view.view_fields if c.is_visible}


def _sent(view: View, field_id: str, at: Place | None) -> Mutation:
    column = view.by_field.get(field_id)
    if column:
        return _change(column, at.shown if at else {"isVisible": False})
    return create(view.id, {field_id: at} if at else {})


def _is_arranged(view: View, own: Mapping[str, Place]) -> bool:
    """Whether a user has shown a column elsewhere than we do, or hidden one that we had shown.

    Those that Twenty made are hidden, and stand elsewhere; those that we laid out are shown in their
    places. So a run that broke off is told from a user's work, and ended by the next.
    """
    columns = ((view.by_field.get(field_id), at) for field_id, at in own.items())
    return any(column.is_visible != at.holds(column) for column, at in columns if column)


def _is_laid_out(view: View, own: Mapping[str, Place]) -> bool:
    return all(field_id in view.by_field and view.by_field[field_id].is_visible for field_id in own)


def _naming(view: View) -> Iterator[Mutation]:
    if view.name != DEFAULT_NAME and view.name.startswith("All "):
        update = {"name": DEFAULT_NAME, "icon": OBJECT["icon"]}
        yield Mutation("UpdateView", {"id": view.id, "input": update})


def _hiding(view: View, phone_call: Object) -> Iterator[Mutation]:
    for name in NOT_SHOWN:
        field = phone_call.by_name.get(name)
        column = view.by_field.get(field.id) if field else None
        if column and column.is_visible:
            yield _change(column, {"isVisible": False})


def _showing(view: View, placed: Mapping[str, Place]) -> Iterator[Mutation]:
    missing = {field_id: at for field_id, at in placed.items() if field_id not in view.by_field}
    if missing:
        yield create(view.id, missing)
    for field_id, at in placed.items():
        column = view.by_field.get(field_id)
        if column and not (column.is_visible and at.holds(column)):
            yield _change(column, at.shown)


def _change(column: ViewField, update: dict[str, Any]) -> Mutation:
    return Mutation("UpdateViewField", {"input": {"id": column.id, "update": update}})
