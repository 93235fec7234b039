"""The sidebar: items for phone calls, for the user's own calls, and for the phone page."""

from collections.abc import Mapping

from bridge.language.phrase import phrase
from bridge.twenty.provision.objects import COLOR, THE_OBJECT
from bridge.twenty.provision.plan import Mutation, Permission, Step, halfway
from bridge.twenty.provision.there import MenuItem
from bridge.twenty.provision.views import MINE

AFTER = ("opportunity", "company", "person")
"""The objects that phone calls stand after: the first of these that the sidebar has."""

PHONE = "Phone"
"""What the item is called that opens the phone page."""

Items = tuple[MenuItem, ...]


def arrange(
    items: Items, object_ids: Mapping[str, str], *, phone_call_id: str, my_view_id: str
) -> list[Step]:
    """The item of phone calls where it came by itself, uncolored and last; "My calls" below it."""
    calls = next((item for item in items if item.target_object_metadata_id == phone_call_id), None)
    place = _place(calls, items, object_ids) if calls else _end(items)
    return [*(_color(calls, place, items) if calls else ()), *_my_calls(items, place, my_view_id)]


def _place(calls: MenuItem, items: Items, object_ids: Mapping[str, str]) -> float:
    """The position of phone calls: the one that a user chose by moving or coloring them, else the default."""
    others = [item for item in items if item.id != calls.id]
    if not _came_by_itself(calls, items):
        return calls.position
    at = {item.target_object_metadata_id: item.position for item in others}
    before = next((at[object_ids[name]] for name in AFTER if object_ids.get(name) in at), None)
    return calls.position if before is None else halfway(before, [item.position for item in others])


def _came_by_itself(calls: MenuItem, items: Items) -> bool:
    return calls.color != COLOR and calls.position >= _end(items)


def _end(items: Items) -> float:
    return max((item.position for item in items), default=0.0)


def _color(calls: MenuItem, place: float, items: Items) -> list[Step]:
    if calls.color and not _came_by_itself(calls, items):
        return []
    update = {"color": COLOR, **({"position": place} if place != calls.position else {})}
    change = Mutation("UpdateNavigationMenuItem", {"input": {"id": calls.id, "update": update}})
    return [
        Step(
            phrase("color and place phone calls in the sidebar"),
            Permission.LAYOUTS,
            (change,),
            needs=(THE_OBJECT,),
        )
    ]


def _my_calls(items: Items, place: float, my_view_id: str) -> list[Step]:
    if any(item.view_id == my_view_id for item in items):
        return []
    position = halfway(place, [item.position for item in items])
    given = {"type": "VIEW", "viewId": my_view_id, "position": position, "color": COLOR}
    creation = Mutation("CreateNavigationMenuItem", {"input": given})
    sentence = phrase("add “{name}” to the sidebar", name=MINE.name)
    return [Step(sentence, Permission.LAYOUTS, (creation,), needs=(THE_OBJECT, MINE.label))]


def phone(items: Items, url: str) -> list[Step]:
    """An item that opens the bridge's phone page; one that a user renamed or moved is found by its link."""
    if any(item.link == url for item in items):
        return []
    given = {"type": "LINK", "name": PHONE, "link": url, "icon": "IconPhone", "position": _end(items) + 1}
    creation = Mutation("CreateNavigationMenuItem", {"input": given})
    return [Step(phrase("add “{name}” to the sidebar", name=PHONE), Permission.LAYOUTS, (creation,))]
