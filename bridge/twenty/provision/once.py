"""Which looks were made once, so that those that users remove are not made again.

Twenty keeps no trace of a tab or an item that was deleted. The workspace itself holds the list: in the name
of a view of phone calls whose type only tabs show, so that no user sees it and a new object begins anew.
"""

from collections.abc import Collection, Iterable

from bridge.language.phrase import phrase
from bridge.twenty.provision.objects import OBJECT, THE_OBJECT
from bridge.twenty.provision.plan import Mutation, Permission, Step, derived_id
from bridge.twenty.provision.there import Object, View

PREFIX = "Made by set-up: "
BETWEEN = ", "


def noted(views: Iterable[View], phone_call: Object) -> frozenset[str]:
    """The looks that were made once, by the names that their steps have in `once`."""
    found = _list(views, phone_call)
    return frozenset(filter(None, found.name.removeprefix(PREFIX).split(BETWEEN))) if found else frozenset()


def note(views: Iterable[View], phone_call: Object, made: Collection[str]) -> Step:
    """Writes the list anew, with these looks on it."""
    name = PREFIX + BETWEEN.join(sorted(made))
    own = derived_id(phone_call.id, "made once")
    given = {"id": own, "name": name, "icon": OBJECT["icon"], "objectMetadataId": phone_call.id}
    shown = {"type": "TABLE_WIDGET", "visibility": "WORKSPACE", "position": 0}
    if _list(views, phone_call):
        change = Mutation("UpdateView", {"id": own, "input": {"name": name}})
    else:
        change = Mutation("CreateView", {"input": {**given, **shown}})
    sentence = phrase("note which looks were made, so that those that users remove stay removed")
    return Step(sentence, Permission.VIEWS, (change,), needs=(THE_OBJECT,))


def _list(views: Iterable[View], phone_call: Object) -> View | None:
    own = derived_id(phone_call.id, "made once")
    return next((view for view in views if view.id == own and view.name.startswith(PREFIX)), None)
