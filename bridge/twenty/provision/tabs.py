"""Tabs: the calls of a person and of a company, and the transcript of a call."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from bridge.language.phrase import Phrase, phrase
from bridge.twenty.provision.accepted import Accepted
from bridge.twenty.provision.objects import OBJECT
from bridge.twenty.provision.plan import MADE, Mutation, Permission, Step, halfway
from bridge.twenty.provision.there import PageLayout, Tab, Widget

GRID = {"row": 0, "column": 0, "rowSpan": 1, "columnSpan": 12}
"""Required up to 2.35, though a list shows nothing of it; unknown from 2.37 on."""

CALLS_TITLE = OBJECT["labelPlural"]


class NewTab(Struct, frozen=True):
    """A tab to create on the page of `owner` ("a person"): the field it shows, as TABLE or EDITOR."""

    key: str
    owner: str
    object_id: str
    title: str
    icon: str
    field_id: str
    mode: str
    view_id: str | None = None

    @property
    def configuration(self) -> dict[str, Any]:
        """What its widget shows."""
        shown = {"fieldMetadataId": self.field_id, "fieldDisplayMode": self.mode}
        view = {"viewId": self.view_id} if self.view_id else {}
        return {"configurationType": "FIELD", **shown, **view}


def add(wanted: NewTab, page: PageLayout | None, known: Accepted, *, needs: tuple[Phrase, ...]) -> list[Step]:
    """The tab, where no widget of the page shows the same; a tab that stayed empty is filled."""
    if not page or is_there(wanted, page):
        return []
    tabs = page.tabs or ()
    found = next((tab for tab in tabs if tab.title == wanted.title), None)
    creation = () if found else (_tab(wanted, page.id, tabs),)
    tab_id = found.id if found else MADE
    changes = (*creation, _icon(wanted, tab_id), _widget(wanted, tab_id, known))
    undo = Mutation("DestroyPageLayoutTab", {"id": MADE}) if creation else None
    sentence = phrase("add the tab “{title}” to the page of {owner}", title=wanted.title, owner=wanted.owner)
    return [Step(sentence, Permission.LAYOUTS, changes, needs=needs, undo=undo, once=wanted.key)]


def is_there(wanted: NewTab, page: PageLayout | None) -> bool:
    """Whether the tab of that title has a widget, or any tab shows the same."""
    tabs = (page.tabs or ()) if page else ()
    found = next((tab for tab in tabs if tab.title == wanted.title), None)
    return bool(found and found.widgets) or _is_shown(wanted, tabs)


def _is_shown(wanted: NewTab, tabs: tuple[Tab, ...]) -> bool:
    return any(_shows(widget, wanted) for tab in tabs for widget in tab.widgets or ())


def _shows(widget: Widget, wanted: NewTab) -> bool:
    # A relation also stands as a card beside the other fields; that is no tab.
    shown = (widget.configuration.field_metadata_id, widget.configuration.field_display_mode)
    return shown == (wanted.field_id, wanted.mode)


def _tab(wanted: NewTab, page_id: str, tabs: tuple[Tab, ...]) -> Mutation:
    given: Mapping[str, Any] = {
        "title": wanted.title,
        "position": _after_timeline(tabs),
        "pageLayoutId": page_id,
        "layoutMode": "VERTICAL_LIST",
    }
    return Mutation("CreatePageLayoutTab", {"input": given})


def _after_timeline(tabs: tuple[Tab, ...]) -> float:
    positions = [tab.position for tab in tabs]
    timelines = [tab.position for tab in tabs if any(w.type == "TIMELINE" for w in tab.widgets or ())]
    return halfway(min(timelines, default=max(positions, default=0.0)), positions)


def _icon(wanted: NewTab, tab_id: str) -> Mutation:
    return Mutation("UpdatePageLayoutTab", {"id": tab_id, "input": {"icon": wanted.icon}})


def _widget(wanted: NewTab, tab_id: str, known: Accepted) -> Mutation:
    grid = {"gridPosition": GRID} if known.has("CreatePageLayoutWidgetInput", "gridPosition") else {}
    given = {
        **grid,
        "pageLayoutTabId": tab_id,
        "title": wanted.title,
        "type": "FIELD",
        "objectMetadataId": wanted.object_id,
        "position": {"layoutMode": "VERTICAL_LIST", "index": 0},
        "configuration": wanted.configuration,
    }
    return Mutation("CreatePageLayoutWidget", {"input": given})
