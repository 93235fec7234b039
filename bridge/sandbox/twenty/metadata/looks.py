"""How an object shows when it is new: its table, its page and its place in the menu.

A new object's table shows its name and who made it when; a field that is added later is hidden
there, and shown on the record's page.
"""

import uuid
from collections.abc import Sequence

from bridge.sandbox.twenty.metadata.rows import Rows
from bridge.sandbox.twenty.model import Row

_SHOWN = ("name", "createdAt", "createdBy", "updatedAt", "updatedBy")
_TABS = (
    ("Home", "FIELDS"),
    ("Timeline", "TIMELINE"),
    ("Tasks", "TASKS"),
    ("Notes", "NOTES"),
    ("Files", "FILES"),
)
_GRID = {"row": 0, "column": 0, "rowSpan": 1, "columnSpan": 12}

VIEW_DEFAULTS: Row = {
    "type": "TABLE",
    "key": None,
    "position": 0,
    "isCompact": False,
    "isCustom": True,
    "isActive": True,
    "openRecordIn": "SIDE_PANEL",
    "shouldHideEmptyGroups": False,
    "visibility": "WORKSPACE",
}
VIEW_FIELD_DEFAULTS: Row = {"isVisible": True, "size": 0, "position": 0, "isActive": True}


def dress(rows: Rows, owner: Row, tabs: Sequence[tuple[str, str]] = _TABS) -> None:
    """Give a new object its views, its page and its menu item."""
    table = _view(rows, owner, type="TABLE", key="INDEX", name=f"All {owner['labelPlural']}")
    page = _view(rows, owner, type="FIELDS_WIDGET", name=f"{owner['labelSingular']} fields")
    fields = {row["name"]: row for row in rows.all("field", objectMetadataId=owner["id"])}
    for position, name in enumerate(name for name in _SHOWN if name in fields):
        _show(rows, table, fields[name], position=position)
        if name != "name":
            _show(rows, page, fields[name], position=position)
    _layout(rows, owner, page, tabs, name=f"Default {owner['labelSingular']} Layout", system=True)
    rows.add(
        "navigationMenuItem", type="OBJECT", targetObjectMetadataId=owner["id"], position=_last_position(rows)
    )


def _last_position(rows: Rows) -> float:
    return 1 + max((row["position"] for row in rows.all("navigationMenuItem")), default=-1.0)


def _view(rows: Rows, owner: Row, **values: object) -> Row:
    icon = owner["icon"] or "IconList"
    return rows.add("view", **{**VIEW_DEFAULTS, "objectMetadataId": owner["id"], "icon": icon, **values})


def _show(rows: Rows, view: Row, field: Row, *, position: float, visible: bool = True) -> None:
    own = {"viewId": view["id"], "fieldMetadataId": field["id"], "isVisible": visible, "position": position}
    rows.add("viewField", **{**VIEW_FIELD_DEFAULTS, "size": 150, **own})


def lay_out_anew(rows: Rows, owner: Row) -> None:
    """Give an object's records a second page, an application's; the page of the system is shown no more.

    The original shows the first layout that is no side effect of the system's, else the first.
    """
    page = rows.first("view", objectMetadataId=owner["id"], type="FIELDS_WIDGET") or {}
    _layout(rows, owner, page, _TABS, name=f"{owner['labelSingular']} of an application", system=False)


def _layout(
    rows: Rows, owner: Row, page: Row, tabs: Sequence[tuple[str, str]], *, name: str, system: bool
) -> None:
    layout = add_layout(
        rows, name=name, type="RECORD_PAGE", objectMetadataId=owner["id"], isSystemSideEffect=system
    )
    for position, (title, kind) in enumerate(tabs):
        tab = add_tab(rows, title=title, position=10 * (position + 1), pageLayoutId=layout["id"])
        configuration: Row = {"configurationType": kind}
        if kind == "FIELDS":
            configuration["viewId"] = page["id"]
        add_widget(
            rows,
            pageLayoutTabId=tab["id"],
            title=title,
            type=kind,
            objectMetadataId=owner["id"],
            configuration=configuration,
        )


def add_layout(rows: Rows, **values: object) -> Row:
    defaults = {"objectMetadataId": None, "isSystemSideEffect": False}
    return rows.add("pageLayout", **{**defaults, "universalIdentifier": str(uuid.uuid4()), **values})


def drop_layout(rows: Rows, layout_id: str) -> Row:
    for tab in rows.drop_all("pageLayoutTab", pageLayoutId=layout_id):
        rows.drop_all("pageLayoutWidget", pageLayoutTabId=tab["id"])
    return rows.drop("pageLayout", layout_id)


def add_tab(rows: Rows, **values: object) -> Row:
    defaults = {"icon": None, "layoutMode": "VERTICAL_LIST", "isActive": True}
    return rows.add("pageLayoutTab", **{**defaults, **values})


def add_widget(rows: Rows, **values: object) -> Row:
    position = {"layoutMode": "VERTICAL_LIST", "index": 0}
    defaults = {"gridPosition": _GRID, "position": position, "isActive": True}
    return rows.add("pageLayoutWidget", **{**defaults, **values})


def show_field(rows: Rows, owner: Row, field: Row, *, visible: bool = True) -> None:
    """A field that is added to an object: hidden in its table, shown (or not) on its page."""
    for view in rows.all("view", objectMetadataId=owner["id"]):
        if view["type"] == "FIELDS_WIDGET" or view["key"] == "INDEX":
            position = sum(1 for _ in rows.all("viewField", viewId=view["id"]))
            shown = visible and view["type"] == "FIELDS_WIDGET"
            if visible or view["type"] == "FIELDS_WIDGET":
                _show(rows, view, field, position=position, visible=shown)


def forget_field(rows: Rows, field_id: str) -> None:
    for kind in ("viewField", "viewSort", "viewFilter"):
        rows.drop_all(kind, fieldMetadataId=field_id)


def undress(rows: Rows, object_id: str) -> None:
    """Drop what an object's records were shown with."""
    for view in rows.drop_all("view", objectMetadataId=object_id):
        for kind in ("viewField", "viewSort", "viewFilter", "viewFieldGroup"):
            rows.drop_all(kind, viewId=view["id"])
        rows.drop_all("navigationMenuItem", viewId=view["id"])
    for layout in rows.all("pageLayout", objectMetadataId=object_id):
        drop_layout(rows, layout["id"])
    rows.drop_all("navigationMenuItem", targetObjectMetadataId=object_id)
