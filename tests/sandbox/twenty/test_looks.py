"""Views, pages and the menu: what provisioning a native look reads and writes."""

from collections.abc import Awaitable, Callable
from typing import Any

Ask = Callable[..., Awaitable[Any]]

PHONE_CALL = "{objects(paging: {first: 200}) {edges {node {id nameSingular fieldsList {id name}}}}}"


async def described(ask: Ask) -> tuple[str, dict[str, str]]:
    """The id of phoneCall, and of its fields by name."""
    answer = await ask(PHONE_CALL, to="/metadata")
    nodes = [edge["node"] for edge in answer["data"]["objects"]["edges"]]
    node = next(one for one in nodes if one["nameSingular"] == "phoneCall")
    return node["id"], {field["name"]: field["id"] for field in node["fieldsList"]}


async def test_a_record_page_in_groups(ask: Ask) -> None:
    owner, fields = await described(ask)
    layouts = await ask(
        """query ($o: String) {getPageLayouts(objectMetadataId: $o, pageLayoutType: RECORD_PAGE) {
          tabs {title widgets {id type configuration {... on FieldsConfiguration {viewId}}}} }}""",
        to="/metadata",
        o=owner,
    )
    (home,) = [tab for tab in layouts["data"]["getPageLayouts"][0]["tabs"] if tab["title"] == "Home"]
    (widget,) = home["widgets"]
    group = "5c498408-4fd5-4347-b2c6-043dcc635c4a"
    placed = [{"fieldMetadataId": fields["status"], "isVisible": True, "position": 0}]
    call = {"id": group, "name": "Call", "position": 0, "isVisible": True, "fields": placed}
    answer = await ask(
        """mutation ($i: UpsertFieldsWidgetInput!) {upsertFieldsWidget(input: $i) {
          id viewFieldGroups {name viewFields {fieldMetadataId}} }}""",
        to="/metadata",
        i={"widgetId": widget["id"], "groups": [call]},
    )
    assert answer["data"]["upsertFieldsWidget"] == {
        "id": widget["configuration"]["viewId"],
        "viewFieldGroups": [{"name": "Call", "viewFields": [{"fieldMetadataId": fields["status"]}]}],
    }


async def test_a_tab_with_a_table_of_calls(ask: Ask) -> None:
    owner, fields = await described(ask)
    layouts = await ask("{getPageLayouts(pageLayoutType: RECORD_PAGE) {id}}", to="/metadata")
    tab = await ask(
        "mutation ($i: CreatePageLayoutTabInput!) {createPageLayoutTab(input: $i) {id layoutMode}}",
        to="/metadata",
        i={
            "title": "Phone calls",
            "position": 25,
            "pageLayoutId": layouts["data"]["getPageLayouts"][0]["id"],
            "layoutMode": "VERTICAL_LIST",
        },
    )
    configuration = {
        "configurationType": "FIELD",
        "fieldMetadataId": fields["person"],
        "fieldDisplayMode": "TABLE",
    }
    widget = await ask(
        """mutation ($i: CreatePageLayoutWidgetInput!) {createPageLayoutWidget(input: $i) {
          title position {... on PageLayoutWidgetVerticalListPosition {index}}
          configuration {__typename ... on FieldConfiguration {fieldDisplayMode fieldMetadataId}} }}""",
        to="/metadata",
        i={
            "pageLayoutTabId": tab["data"]["createPageLayoutTab"]["id"],
            "title": "Phone calls",
            "type": "FIELD",
            "objectMetadataId": owner,
            "gridPosition": {"row": 0, "column": 0, "rowSpan": 1, "columnSpan": 1},
            "position": {"layoutMode": "VERTICAL_LIST", "index": 0},
            "configuration": configuration,
        },
    )
    shown = {"fieldDisplayMode": "TABLE", "fieldMetadataId": fields["person"]}
    assert widget["data"]["createPageLayoutWidget"] == {
        "title": "Phone calls",
        "position": {"index": 0},
        "configuration": {"__typename": "FieldConfiguration", **shown},
    }


async def test_the_menu(ask: Ask) -> None:
    owner, _ = await described(ask)
    items = await ask("{navigationMenuItems {id type targetObjectMetadataId position}}", to="/metadata")
    last = items["data"]["navigationMenuItems"][-1]
    assert last["targetObjectMetadataId"] == owner
    update = """mutation ($i: UpdateOneNavigationMenuItemInput!) {
      updateNavigationMenuItem(input: $i) {position color} }"""
    answer = await ask(
        update, to="/metadata", i={"id": last["id"], "update": {"position": 1.5, "color": "green"}}
    )
    assert answer["data"]["updateNavigationMenuItem"] == {"position": 1.5, "color": "green"}


async def test_a_view_is_made_and_deleted(ask: Ask) -> None:
    owner, fields = await described(ask)
    create = "mutation ($i: CreateViewInput!) {createView(input: $i) {id openRecordIn isCompact}}"
    given = {"name": "Missed", "icon": "IconPhone", "objectMetadataId": owner}
    view = (await ask(create, to="/metadata", i=given))["data"]["createView"]
    assert (view["openRecordIn"], view["isCompact"]) == ("SIDE_PANEL", False)
    sort = {"viewId": view["id"], "fieldMetadataId": fields["startedAt"], "direction": "DESC"}
    await ask("mutation ($i: CreateViewSortInput!) {createViewSort(input: $i) {id}}", to="/metadata", i=sort)
    read = "query ($i: String!) {getView(id: $i) {name viewSorts {direction}}}"
    found = await ask(read, to="/metadata", i=view["id"])
    assert found["data"]["getView"] == {"name": "Missed", "viewSorts": [{"direction": "DESC"}]}
    deleted = await ask("mutation ($i: String!) {destroyView(id: $i)}", to="/metadata", i=view["id"])
    assert deleted["data"] == {"destroyView": True}
    assert (await ask(read, to="/metadata", i=view["id"]))["data"] == {"getView": None}


async def test_fields_without_groups_end_the_groups(ask: Ask) -> None:
    owner, fields = await described(ask)
    layouts = await ask(
        """query ($o: String) {getPageLayouts(objectMetadataId: $o) {tabs {title widgets {id type}}}}""",
        to="/metadata",
        o=owner,
    )
    tabs = layouts["data"]["getPageLayouts"][0]["tabs"]
    widget = next(one["id"] for tab in tabs for one in tab["widgets"] if one["type"] == "FIELDS")
    line = {"fieldMetadataId": fields["status"], "isVisible": True, "position": 0}
    group = {"id": "5c498408-4fd5-4347-b2c6-043dcc635c4a", "name": "Call", "position": 0, "isVisible": True}
    upsert = """mutation ($i: UpsertFieldsWidgetInput!) {upsertFieldsWidget(input: $i) {
      viewFieldGroups {name} viewFields {viewFieldGroupId} }}"""
    await ask(upsert, to="/metadata", i={"widgetId": widget, "groups": [{**group, "fields": [line]}]})
    answer = await ask(upsert, to="/metadata", i={"widgetId": widget, "fields": [line]})
    view = answer["data"]["upsertFieldsWidget"]
    assert view["viewFieldGroups"] == []
    assert {one["viewFieldGroupId"] for one in view["viewFields"]} == {None}


async def test_an_id_that_a_client_chose_is_taken_once(ask: Ask) -> None:
    owner, _ = await described(ask)
    create = "mutation ($i: CreateViewInput!) {createView(input: $i) {id}}"
    given = {"id": "5c498408-4fd5-4347-b2c6-043dcc635c4a", "name": "Missed", "icon": "IconPhone"}
    first, second = [
        await ask(create, to="/metadata", i={**given, "objectMetadataId": owner}) for _ in range(2)
    ]
    assert first["data"]["createView"]["id"] == given["id"]
    assert second["errors"][0]["extensions"]["code"] == "METADATA_VALIDATION_FAILED"


async def test_a_link_in_the_menu_leads_anywhere_but_nowhere(ask: Ask) -> None:
    create = """mutation ($i: CreateNavigationMenuItemInput!) {
      createNavigationMenuItem(input: $i) {link} }"""
    item = {"type": "LINK", "name": "Phone", "icon": "IconPhone", "position": 9}
    for link in ("https://phone.example.com", "tel:+33639980001", "not a URL"):
        made = await ask(create, to="/metadata", i={**item, "link": link})
        assert made["data"]["createNavigationMenuItem"] == {"link": link}
    for nowhere in ("", None):
        (error,) = (await ask(create, to="/metadata", i={**item, "link": nowhere}))["errors"]
        assert error["extensions"]["code"] == "METADATA_VALIDATION_FAILED"
