"""A further `setup twenty`: nothing is sent, what users rearranged stays, what broke off is ended."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from bridge.errors import TwentyFailed, TwentyUnavailable
from bridge.sandbox.twenty import TwentySandbox, twenty_sandbox
from bridge.twenty.client.client import Executes, open_client
from bridge.twenty.provision import Result, Watch, columns, predicted, set_up
from bridge.twenty.provision.plan import Step
from tests.support import twenty_settings
from tests.twenty.provisioning import (
    NOTE,
    UPDATE_FIELD,
    UPDATE_ITEM,
    WEBHOOK,
    Row,
    Workspace,
    forget_what_was_made,
    mutations,
    put_into_a_folder,
    run,
    tell,
    workspace,
)

UPDATE_COLUMN = "mutation ($i: UpdateViewFieldInput!) { updateViewField(input: $i) { id } }"
UPDATE_VIEW = "mutation ($id: String!, $i: UpdateViewInput!) { updateView(id: $id, input: $i) { id } }"
DESTROY_SORT = "mutation ($i: DestroyViewSortInput!) { destroyViewSort(input: $i) }"
UPDATE_TAB = """mutation ($id: String!, $i: UpdatePageLayoutTabInput!) {
  updatePageLayoutTab(id: $id, input: $i) { id } }"""
MOVE_WIDGET = """mutation ($id: String!, $i: UpdatePageLayoutWidgetInput!) {
  updatePageLayoutWidget(id: $id, input: $i) { id } }"""
GROUP = "mutation ($i: UpsertFieldsWidgetInput!) { upsertFieldsWidget(input: $i) { id } }"
UPDATE_OBJECT = "mutation ($i: UpdateOneObjectInput!) { updateOneObject(input: $i) { id } }"
UPDATE_WEBHOOK = "mutation ($i: UpdateWebhookInput!) { updateWebhook(input: $i) { id } }"


async def column(there: Workspace, name: str) -> str:
    columns = (await there.views())["All phone calls"]["viewFields"]
    return str(next(one["id"] for one in columns if there.names[one["fieldMetadataId"]] == name))


async def tab(there: Workspace, owner: str, title: str) -> Row:
    return next(one for one in (await there.page(owner))["tabs"] if one["title"] == title)


async def item(there: Workspace) -> Row:
    own = there.objects["phoneCall"]["id"]
    return next(one for one in await there.sidebar() if one["targetObjectMetadataId"] == own)


async def hides_a_column(there: Workspace) -> None:
    update = {"id": await column(there, "company"), "update": {"isVisible": False}}
    await tell(there.twenty, UPDATE_COLUMN, i=update)


async def moves_and_widens_columns(there: Workspace) -> None:
    for name, place in (
        ("status", {"position": 9}),
        ("name", {"size": 400}),
        ("createdAt", {"isVisible": True}),
    ):
        await tell(there.twenty, UPDATE_COLUMN, i={"id": await column(there, name), "update": place})


async def hides_all_columns(there: Workspace) -> None:
    for one in (await there.views())["All phone calls"]["viewFields"]:
        await tell(there.twenty, UPDATE_COLUMN, i={"id": one["id"], "update": {"isVisible": False}})


async def sorts_otherwise(there: Workspace) -> None:
    query = "query ($id: String!) { getViewSorts(viewId: $id) { id } }"
    (sort,) = await tell(there.twenty, query, id=(await there.views())["All phone calls"]["id"])
    await tell(there.twenty, DESTROY_SORT, i={"id": sort["id"]})


async def renames_views(there: Workspace) -> None:
    for name, view in (await there.views()).items():
        given = {"name": f"{name}, renamed", "icon": "IconStar", "position": 7}
        await tell(there.twenty, UPDATE_VIEW, id=view["id"], i=given)


async def renames_and_moves_a_tab(there: Workspace) -> None:
    found = await tab(there, "person", "Phone calls")
    given = {"title": "Telephone", "position": 99, "icon": "IconStar"}
    await tell(there.twenty, UPDATE_TAB, id=found["id"], i=given)


async def moves_calls_to_another_tab(there: Workspace) -> None:
    (widget,) = (await tab(there, "company", "Phone calls"))["widgets"]
    home = await tab(there, "company", "Home")
    await tell(there.twenty, MOVE_WIDGET, id=widget["id"], i={"pageLayoutTabId": home["id"]})


async def groups_otherwise(there: Workspace) -> None:
    (widget,) = (await tab(there, "phoneCall", "Home"))["widgets"]
    line = {"fieldMetadataId": there.field_id("status"), "isVisible": True, "position": 0}
    group = {"id": "5c498408-4fd5-4347-b2c6-043dcc635c4a", "name": "All", "position": 0, "isVisible": True}
    await tell(there.twenty, GROUP, i={"widgetId": widget["id"], "groups": [{**group, "fields": [line]}]})


async def moves_the_sidebar_item(there: Workspace) -> None:
    update = {"id": (await item(there))["id"], "update": {"position": 99}}
    await tell(there.twenty, UPDATE_ITEM, i=update)


async def colors_the_sidebar_item(there: Workspace) -> None:
    update = {"id": (await item(there))["id"], "update": {"color": "red"}}
    await tell(there.twenty, UPDATE_ITEM, i=update)


async def puts_our_items_into_a_folder(there: Workspace) -> None:
    mine = next(one for one in await there.sidebar() if one["viewId"])
    await put_into_a_folder(there.twenty, (await item(there))["id"], mine["id"])


async def dresses_the_object(there: Workspace) -> None:
    look = {"icon": "IconStar", "color": "red", "description": "Ours", "labelPlural": "Calls"}
    await tell(there.twenty, UPDATE_OBJECT, i={"id": there.objects["phoneCall"]["id"], "update": look})


async def has_the_webhook_tell_more(there: Workspace) -> None:
    (webhook,) = await tell(there.twenty, "{ webhooks { id } }")
    update = {"operations": ["person.*", "phoneCall.*", "company.updated"], "description": "Ours"}
    await tell(there.twenty, UPDATE_WEBHOOK, i={"id": webhook["id"], "update": update})


async def does_nothing(_: Workspace) -> None:
    pass


@pytest.mark.parametrize(
    "user",
    [
        does_nothing,
        hides_a_column,
        moves_and_widens_columns,
        hides_all_columns,
        sorts_otherwise,
        renames_views,
        renames_and_moves_a_tab,
        moves_calls_to_another_tab,
        groups_otherwise,
        moves_the_sidebar_item,
        colors_the_sidebar_item,
        puts_our_items_into_a_folder,
        dresses_the_object,
        has_the_webhook_tell_more,
    ],
)
async def test_a_second_run_sends_nothing_whatever_a_user(
    ready: TwentySandbox, user: Callable[[Workspace], Awaitable[None]]
) -> None:
    await user(await workspace(ready))
    asked = len(ready.requests)
    again = await run(ready)
    assert (again.outcomes, again.complete, mutations(ready, asked)) == ((), True, [])


DELETE_VIEW = "mutation ($id: String!) { deleteView(id: $id) }"
DELETE_TAB = "mutation ($id: String!) { destroyPageLayoutTab(id: $id) }"
DELETE_WIDGET = "mutation ($id: String!) { destroyPageLayoutWidget(id: $id) }"
DELETE_ITEM = "mutation ($id: UUID!) { deleteNavigationMenuItem(id: $id) { id } }"
PHONE_PAGE = "https://phone.example.com/phone"


async def deletes_a_view(there: Workspace) -> None:
    await tell(there.twenty, DELETE_VIEW, id=(await there.views())["Missed calls"]["id"])


async def deletes_a_view_and_its_item(there: Workspace) -> None:
    mine = (await there.views())["My calls"]["id"]
    items = [one for one in await there.sidebar() if one["viewId"] == mine]
    for one in items:
        await tell(there.twenty, DELETE_ITEM, id=one["id"])
    await tell(there.twenty, DELETE_VIEW, id=mine)


async def deletes_tabs(there: Workspace) -> None:
    for owner, title in (
        ("person", "Phone calls"),
        ("company", "Phone calls"),
        ("phoneCall", "Transcript"),
    ):
        await tell(there.twenty, DELETE_TAB, id=(await tab(there, owner, title))["id"])


async def deletes_a_tab_and_its_view(there: Workspace) -> None:
    await tell(there.twenty, DELETE_TAB, id=(await tab(there, "person", "Phone calls"))["id"])
    await tell(there.twenty, DELETE_VIEW, id=(await there.views())["Phone calls of a person"]["id"])


async def empties_a_tab(there: Workspace) -> None:
    (widget,) = (await tab(there, "company", "Phone calls"))["widgets"]
    await tell(there.twenty, DELETE_WIDGET, id=widget["id"])


async def deletes_all_groups(there: Workspace) -> None:
    (widget,) = (await tab(there, "phoneCall", "Home"))["widgets"]
    line = {"fieldMetadataId": there.field_id("status"), "isVisible": True, "position": 0}
    await tell(there.twenty, GROUP, i={"widgetId": widget["id"], "fields": [line]})


async def deletes_the_phone_from_the_sidebar(there: Workspace) -> None:
    links = [one for one in await there.sidebar() if one["type"] == "LINK"]
    for one in links:
        await tell(there.twenty, DELETE_ITEM, id=one["id"])


async def looks(twenty: TwentySandbox) -> object:
    """The views, groups, tabs with their widgets and sidebar items that there are."""
    there = await workspace(twenty)
    views = {
        name: len(view["viewFieldGroups"])
        for name, view in (await there.views()).items()
        if view["type"] != "TABLE_WIDGET"
    }
    tabs = [
        [(tab["title"], len(tab["widgets"])) for tab in (await there.page(name))["tabs"]]
        for name in ("phoneCall", "person", "company")
    ]
    return views, tabs, len(await there.sidebar())


REMOVALS = (
    deletes_a_view,
    deletes_a_view_and_its_item,
    deletes_tabs,
    deletes_a_tab_and_its_view,
    empties_a_tab,
    deletes_all_groups,
    deletes_the_phone_from_the_sidebar,
)


@pytest.mark.parametrize("user", REMOVALS)
async def test_what_a_user_removed_comes_back_only_where_it_is_asked_for(
    bare: TwentySandbox, user: Callable[[Workspace], Awaitable[None]]
) -> None:
    await run(bare, phone_at=PHONE_PAGE)
    whole = await looks(bare)
    await user(await workspace(bare))
    removed = await looks(bare)
    assert removed != whole
    asked = len(bare.requests)
    again = await run(bare, phone_at=PHONE_PAGE)
    assert {one.result for one in again.outcomes} == {Result.REMOVED}
    assert (again.complete, mutations(bare, asked), await looks(bare)) == (True, [], removed)
    restored = await run(bare, phone_at=PHONE_PAGE, restore=True)
    assert {one.result for one in restored.outcomes} == {Result.DONE}
    assert await looks(bare) == whole
    assert (await run(bare, phone_at=PHONE_PAGE)).outcomes == ()


async def test_what_an_earlier_version_made_stays_removed_after_the_next_run(ready: TwentySandbox) -> None:
    await forget_what_was_made(await workspace(ready))
    (noting,) = (await run(ready)).outcomes
    assert noting.sentence == f"done: {NOTE}"
    await deletes_tabs(await workspace(ready))
    again = await run(ready)
    assert {one.result for one in again.outcomes} == {Result.REMOVED}


async def test_a_tab_whose_view_is_gone_gets_it_again(ready: TwentySandbox) -> None:
    there = await workspace(ready)
    await tell(ready, DELETE_VIEW, id=(await there.views())["Phone calls of a person"]["id"])
    await run(ready)
    assert "Phone calls of a person" in await there.views()


async def test_fields_that_calls_need_come_back(ready: TwentySandbox) -> None:
    there = await workspace(ready)
    field = there.field_id("handling")
    deletion = "mutation ($i: DeleteOneFieldInput!) { deleteOneField(input: $i) { id } }"
    await tell(ready, UPDATE_FIELD, i={"id": field, "update": {"isActive": False}})
    await tell(ready, deletion, i={"id": field})
    await run(ready)
    assert (await workspace(ready)).field_id("handling")


async def test_a_look_that_was_refused_is_made_once_it_can_be(bare: TwentySandbox) -> None:
    async with open_client(twenty_settings(bare)) as client:
        refused = await set_up(Fails(client, "CreatePageLayoutTab"), webhook_to=WEBHOOK)
    assert not refused.complete
    made = await run(bare)
    assert {one.result for one in made.outcomes} == {Result.DONE}
    assert (await tab(await workspace(bare), "person", "Phone calls"))["widgets"]


async def test_a_default_view_that_a_user_arranged_before_stays_and_the_rest_comes(
    twenty: TwentySandbox,
) -> None:
    there = await workspace(twenty)
    (name,) = [view for view in await there.views() if view.startswith("All ")]
    status = there.field_id("status")
    shown = next(c for c in (await there.views())[name]["viewFields"] if c["fieldMetadataId"] == status)
    await tell(twenty, UPDATE_COLUMN, i={"id": shown["id"], "update": {"isVisible": True}})
    before = (await there.views())[name]
    await run(twenty)
    views = await there.views()
    assert views[name] == before
    assert {"Missed calls", "My calls"} <= views.keys()


async def test_fields_without_icons_get_them(twenty: TwentySandbox) -> None:
    update = {"id": (await workspace(twenty)).field_id("status"), "update": {"icon": "IconStar"}}
    await tell(twenty, UPDATE_FIELD, i=update)
    await run(twenty)
    fields = (await workspace(twenty)).objects["phoneCall"]["fieldsList"]
    icons = {one["name"]: one["icon"] for one in fields}
    assert (icons["status"], icons["agent"]) == ("IconStar", "IconHeadset")


class BreaksOff:
    """A client whose Twenty goes down before the n-th mutation."""

    def __init__(self, client: Executes, twenty: TwentySandbox, mutations_left: int) -> None:
        self._client = client
        self._twenty = twenty
        self._left = mutations_left

    async def execute(self, name: str, **variables: Any) -> dict[str, Any]:
        return await self._client.execute(name, **variables)

    async def execute_metadata(self, name: str, **variables: Any) -> dict[str, Any]:
        if name.startswith(("Create", "Update", "Upsert")):
            self._twenty.faults.down = self._left == 0
            self._left -= 1
        return await self._client.execute_metadata(name, **variables)


async def look(twenty: TwentySandbox) -> object:
    """All that a user sees, without ids."""
    there = await workspace(twenty)
    owner = there.objects["phoneCall"]
    views = {
        view["name"]: (view["icon"], there.columns(view), there.filters(view), len(view["viewSorts"]))
        for view in (await there.views()).values()
    }
    tabs = [
        [(tab["title"], tab["icon"], len(tab["widgets"])) for tab in (await there.page(name))["tabs"]]
        for name in ("phoneCall", "person", "company")
    ]
    items = [(item["position"], item["color"]) for item in await there.sidebar()]
    icons = {field["name"]: field["icon"] for field in owner["fieldsList"]}
    return owner["color"], icons, views, tabs, items, await tell(twenty, "{ webhooks { targetUrl } }")


async def broken_off(twenty: TwentySandbox, after: int) -> None:
    async with open_client(twenty_settings(twenty)) as client:
        with pytest.raises(TwentyUnavailable):
            await set_up(BreaksOff(client, twenty, after), webhook_to=WEBHOOK)
    twenty.faults.clear()


@pytest.mark.parametrize("every", [17, pytest.param(1, marks=pytest.mark.slow)])
async def test_what_broke_off_is_ended_by_the_next_run(
    bare: TwentySandbox, generation: str, every: int
) -> None:
    await run(bare)
    whole, needed = await look(bare), len(mutations(bare))
    for after in range(0, needed, every):
        async with twenty_sandbox(rate_limit=False, generation=generation) as twenty:
            await broken_off(twenty, after)
            await run(twenty)
            assert await look(twenty) == whole, f"broken off after {after} mutations"


class Fails:
    """A client whose Twenty answers these operations with an error of its own."""

    def __init__(self, client: Executes, *operations: str) -> None:
        self._client = client
        self._operations = operations

    async def execute(self, name: str, **variables: Any) -> dict[str, Any]:
        return await self._client.execute(name, **variables)

    async def execute_metadata(self, name: str, **variables: Any) -> dict[str, Any]:
        if name in self._operations:
            raise TwentyFailed("Twenty answered INTERNAL_SERVER_ERROR: Something went wrong")
        return await self._client.execute_metadata(name, **variables)


@pytest.mark.parametrize(
    ("operation", "refused"),
    [
        ("UpsertFieldsWidget", ["show the fields of a call in groups: Call, Parties, Recording, System"]),
        ("Views", ["arrange the views of phone calls"]),
        ("NavigationMenuItems", ["arrange the sidebar"]),
    ],
)
async def test_what_twenty_itself_fails_at_keeps_nothing_else_back(
    bare: TwentySandbox, operation: str, refused: list[str]
) -> None:
    async with open_client(twenty_settings(bare)) as client:
        done = await set_up(Fails(client, operation), webhook_to=WEBHOOK)
    assert list(done.steps(Result.REFUSED)) == refused
    assert [one["targetUrl"] for one in await tell(bare, "{ webhooks { targetUrl } }")] == [
        WEBHOOK.target_url
    ]
    assert (await run(bare)).complete


class Following(Watch):
    """Notes what a run tells of how far it is."""

    def __init__(self) -> None:
        self.total = 0
        self.numbers: list[int] = []

    def planned(self, steps: int) -> None:
        self.total = steps

    def begins(self, number: int, step: Step) -> None:
        self.numbers.append(number)


async def test_progress_ends_at_the_total_that_it_began_with(bare: TwentySandbox) -> None:
    watch = Following()
    done = await run(bare, watch=watch)
    assert watch.total == len(done.outcomes)
    assert watch.numbers == list(range(1, watch.total + 1))


async def test_progress_counts_what_is_refused(bare: TwentySandbox) -> None:
    watch = Following()
    done = await run(bare, key=bare.readonly_key, watch=watch)
    assert not done.complete
    assert watch.total == len(done.outcomes)
    assert watch.numbers == sorted(watch.numbers)


def test_an_object_without_the_title_that_twenty_gives_is_laid_out() -> None:
    """As an app makes one that has its own."""
    fields = [one for one in predicted.with_fields(predicted.OBJECT).fields_list if one.name != "name"]
    untitled = predicted.OBJECT.model_copy(update={"fields_list": tuple(fields)})
    (step,) = columns.lay_out_default(predicted.VIEWS, untitled)
    shown = [one["fieldMetadataId"] for m in step.mutations for one in m.variables.get("inputs", ())]
    assert shown[:2] == ["(new) direction", "(new) status"]
