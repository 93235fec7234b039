"""The sidebar: items for phone calls, for the user's own calls, and for the phone page."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from bridge.language.phrase import phrase
from bridge.twenty.provision.objects import COLOR, THE_OBJECT
from bridge.twenty.provision.plan import Mutation, Permission, Step, halfway
from bridge.twenty.provision.there import MenuItem
from bridge.twenty.provision.views import MINE

AFTER = ("opportunity", "company", "person")
"""The objects that phone calls stand after: the first of these that the sidebar has."""

PHONE = "Phone"
"""What the item is called that opens the phone page."""

MY_CALLS = "mine item"
PHONE_PAGE = "phone item"
"""The names of these looks, which stay removed where a user removed them."""

Items = tuple[MenuItem, ...]


def arrange(
    items: Items, object_ids: Mapping[str, str], *, phone_call_id: str, my_view_id: str
) -> list[Step]:
    """The item of phone calls where it came by itself, uncolored and last; "My calls" below it.

    What a user has put into a folder stays there.
    """
    loose = _outside_folders(items)
    calls = next((item for item in loose if item.target_object_metadata_id == phone_call_id), None)
    place = _place(calls, loose, object_ids) if calls else _end(loose)
    return [
        *(_color(calls, place, loose) if calls else ()),
        *(() if has_view(items, my_view_id) else _my_calls(loose, place, my_view_id)),
    ]


def has_view(items: Items, view_id: str) -> bool:
    """Whether an item opens the view, in a folder or not."""
    return any(item.view_id == view_id for item in items)


def has_link(items: Items, url: str) -> bool:
    """Whether an item opens the page at that URL."""
    return any(item.link == url for item in items)


def _outside_folders(items: Items) -> Items:
    """Those among which positions count: a folder counts its own."""
    return tuple(item for item in items if not item.folder_id)


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
    position = halfway(place, [item.position for item in items])
    given = {"type": "VIEW", "viewId": my_view_id, "position": position, "color": COLOR}
    creation = Mutation("CreateNavigationMenuItem", {"input": given})
    sentence = phrase("add “{name}” to the sidebar", name=MINE.name)
    needs = (THE_OBJECT, MINE.label)
    return [Step(sentence, Permission.LAYOUTS, (creation,), needs=needs, once=MY_CALLS)]


def phone(items: Items, url: str) -> list[Step]:
    """An item that opens the bridge's phone page; one that a user renamed or moved is found by its link.

    One of ours that leads elsewhere is of an earlier public URL, and moves along as the webhook does.
    """
    if has_link(items, url):
        return []
    former = next((item for item in items if item.name == PHONE and _is_phone_page(item.link, url)), None)
    return [_move(former, url) if former else _add(items, url)]


def _is_phone_page(link: str | None, url: str) -> bool:
    return (
        bool(link) and urlsplit(link or "").path.rpartition("/")[2] == urlsplit(url).path.rpartition("/")[2]
    )


def _move(former: MenuItem, url: str) -> Step:
    change = Mutation("UpdateNavigationMenuItem", {"input": {"id": former.id, "update": {"link": url}}})
    sentence = phrase("lead “{name}” in the sidebar to {url}", name=PHONE, url=url)
    return Step(sentence, Permission.LAYOUTS, (change,))


def _add(items: Items, url: str) -> Step:
    position = _end(_outside_folders(items)) + 1
    given = {"type": "LINK", "name": PHONE, "link": url, "icon": "IconPhone", "position": position}
    creation = Mutation("CreateNavigationMenuItem", {"input": given})
    sentence = phrase("add “{name}” to the sidebar", name=PHONE)
    return Step(sentence, Permission.LAYOUTS, (creation,), once=PHONE_PAGE)
