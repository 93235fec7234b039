"""Resolvers for the pages of records, their tabs and widgets, and the items of the menu."""

from typing import Any

from graphql import GraphQLResolveInfo

from bridge.sandbox.twenty.errors import InternalError, NoLayout, NoMenuItem
from bridge.sandbox.twenty.metadata import charts, looks
from bridge.sandbox.twenty.metadata.context import Context, Registry
from bridge.sandbox.twenty.metadata.validation import invalid
from bridge.sandbox.twenty.model import Row

REGISTRY = Registry()


def _existing(context: Context, kind: str, row_id: str) -> Row:
    row = context.rows.get(kind, row_id)
    if row is None and kind == "navigationMenuItem":
        raise NoMenuItem
    if row is None:  # the original did not foresee it either
        raise InternalError(f"{kind} with id {row_id} not found")
    return row


def _by_position(context: Context, kind: str, **equal: object) -> list[Row]:
    def key(row: Row) -> float:
        position = row.get("position")
        return float(position) if isinstance(position, int | float) else 0.0

    return sorted(context.rows.all(kind, **equal), key=key)


@REGISTRY.query("getPageLayouts")
def get_page_layouts(
    context: Context,
    objectMetadataId: str | None = None,  # noqa: N803 (its name in the API)
    pageLayoutType: str | None = None,  # noqa: N803
) -> list[Row]:
    given = {"objectMetadataId": objectMetadataId, "type": pageLayoutType}
    return list(context.rows.all("pageLayout", **{key: value for key, value in given.items() if value}))


@REGISTRY.query("getPageLayout")
def get_page_layout(context: Context, id: str) -> Row:  # noqa: A002
    row = context.rows.get("pageLayout", id)
    if row is None:
        raise NoLayout(id)
    return row


@REGISTRY.mutation("createPageLayout", "LAYOUTS")
def create_page_layout(context: Context, input: Row) -> Row:  # noqa: A002
    return looks.add_layout(context.rows, **input)


@REGISTRY.mutation("updatePageLayout", "LAYOUTS")
def update_page_layout(context: Context, id: str, input: Row) -> Row:  # noqa: A002
    return context.rows.change("pageLayout", get_page_layout(context, id), **input)


@REGISTRY.mutation("destroyPageLayout", "LAYOUTS")
def destroy_page_layout(context: Context, id: str) -> bool:  # noqa: A002
    return bool(looks.drop_layout(context.rows, get_page_layout(context, id)["id"]))


@REGISTRY.query("getPageLayoutTabs")
def get_page_layout_tabs(context: Context, pageLayoutId: str) -> list[Row]:  # noqa: N803
    return _by_position(context, "pageLayoutTab", pageLayoutId=pageLayoutId)


@REGISTRY.query("getPageLayoutTab")
def get_page_layout_tab(context: Context, id: str) -> Row:  # noqa: A002
    return _existing(context, "pageLayoutTab", id)


@REGISTRY.query("getPageLayoutWidgets")
def get_page_layout_widgets(context: Context, pageLayoutTabId: str) -> list[Row]:  # noqa: N803
    return list(context.rows.all("pageLayoutWidget", pageLayoutTabId=pageLayoutTabId))


@REGISTRY.query("getPageLayoutWidget")
def get_page_layout_widget(context: Context, id: str) -> Row:  # noqa: A002
    return _existing(context, "pageLayoutWidget", id)


@REGISTRY.field("PageLayout", "tabs")
def tabs_of_layout(context: Context, row: Row) -> list[Row]:
    return _by_position(context, "pageLayoutTab", pageLayoutId=row["id"])


@REGISTRY.field("PageLayoutTab", "widgets")
def widgets_of_tab(context: Context, row: Row) -> list[Row]:
    return list(context.rows.all("pageLayoutWidget", pageLayoutTabId=row["id"]))


@REGISTRY.mutation("createPageLayoutTab", "LAYOUTS")
def create_page_layout_tab(context: Context, input: Row) -> Row:  # noqa: A002
    _existing(context, "pageLayout", input["pageLayoutId"])
    return looks.add_tab(context.rows, **{"position": 0, **input})


@REGISTRY.mutation("updatePageLayoutTab", "LAYOUTS")
def update_page_layout_tab(context: Context, id: str, input: Row) -> Row:  # noqa: A002
    return context.rows.change("pageLayoutTab", _existing(context, "pageLayoutTab", id), **input)


@REGISTRY.mutation("destroyPageLayoutTab", "LAYOUTS")
def destroy_page_layout_tab(context: Context, id: str) -> bool:  # noqa: A002
    context.rows.drop_all("pageLayoutWidget", pageLayoutTabId=id)
    return bool(context.rows.drop("pageLayoutTab", _existing(context, "pageLayoutTab", id)["id"]))


@REGISTRY.mutation("createPageLayoutWidget", "LAYOUTS")
def create_page_layout_widget(context: Context, input: Row) -> Row:  # noqa: A002
    _existing(context, "pageLayoutTab", input["pageLayoutTabId"])
    widget = charts.checked(context.rows, _placed(input))
    charts.check_position(widget)
    return looks.add_widget(context.rows, **widget)


def _placed(given: Row) -> Row:
    """A widget of which the place in a grid alone is said stands in a grid."""
    if given.get("position") or not given.get("gridPosition"):
        return given
    return {**given, "position": {"layoutMode": "GRID", **given["gridPosition"]}}


@REGISTRY.mutation("updatePageLayoutWidget", "LAYOUTS")
def update_page_layout_widget(context: Context, id: str, input: Row) -> Row:  # noqa: A002
    row = _existing(context, "pageLayoutWidget", id)
    widget = charts.checked(context.rows, {**row, **_placed(input)})
    charts.check_position(widget)
    return context.rows.change("pageLayoutWidget", row, **widget)


@REGISTRY.mutation("destroyPageLayoutWidget", "LAYOUTS")
def destroy_page_layout_widget(context: Context, id: str) -> bool:  # noqa: A002
    return bool(context.rows.drop("pageLayoutWidget", _existing(context, "pageLayoutWidget", id)["id"]))


@REGISTRY.query("navigationMenuItems")
def navigation_menu_items(context: Context) -> list[Row]:
    return _by_position(context, "navigationMenuItem")


@REGISTRY.query("navigationMenuItem")
def navigation_menu_item(context: Context, id: str) -> Row | None:  # noqa: A002
    return context.rows.get("navigationMenuItem", id)


def _check_link(item: Row, *, doing: str) -> None:
    """Raise InvalidMetadata for a link to nowhere. Where it leads to is not looked at, as in the original."""
    if item.get("type") == "LINK" and not item.get("link"):
        message = "Link is required for a menu item of type LINK"
        raise invalid("navigationMenuItem", "INVALID_NAVIGATION_MENU_ITEM_INPUT", message, doing=doing)


@REGISTRY.mutation("createNavigationMenuItem", "LAYOUTS")
def create_navigation_menu_item(context: Context, input: Row) -> Row:  # noqa: A002
    _check_link(input, doing="creating navigationMenuItem")
    return context.rows.add("navigationMenuItem", **{"position": 0, **input})


@REGISTRY.mutation("createManyNavigationMenuItems", "LAYOUTS")
def create_many_navigation_menu_items(context: Context, inputs: list[Row]) -> list[Row]:
    return [create_navigation_menu_item(context, one) for one in inputs]


@REGISTRY.mutation("updateNavigationMenuItem", "LAYOUTS")
def update_navigation_menu_item(context: Context, input: Row) -> Row:  # noqa: A002
    row = _existing(context, "navigationMenuItem", input["id"])
    _check_link({**row, **input["update"]}, doing="updating navigationMenuItem")
    return context.rows.change("navigationMenuItem", row, **input["update"])


@REGISTRY.mutation("updateManyNavigationMenuItems", "LAYOUTS")
def update_many_navigation_menu_items(context: Context, inputs: list[Row]) -> list[Row]:
    return [update_navigation_menu_item(context, one) for one in inputs]


@REGISTRY.mutation("deleteNavigationMenuItem", "LAYOUTS")
def delete_navigation_menu_item(context: Context, id: str) -> Row:  # noqa: A002
    return context.rows.drop("navigationMenuItem", _existing(context, "navigationMenuItem", id)["id"])


@REGISTRY.mutation("deleteManyNavigationMenuItems", "LAYOUTS")
def delete_many_navigation_menu_items(context: Context, ids: list[str]) -> list[Row]:
    return [delete_navigation_menu_item(context, one) for one in ids]


def configuration_type(row: Row, _: GraphQLResolveInfo[Any], __: object) -> str:
    """`FIELD_RICH_TEXT` → `FieldRichTextConfiguration`"""
    words = str(row["configurationType"]).split("_")
    return "".join(word.title() for word in words) + "Configuration"


def position_type(row: Row, _: GraphQLResolveInfo[Any], __: object) -> str:
    mode = {"GRID": "Grid", "VERTICAL_LIST": "VerticalList", "CANVAS": "Canvas"}[row["layoutMode"]]
    return f"PageLayoutWidget{mode}Position"
