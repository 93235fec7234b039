"""What an earlier version laid out is brought to the present layout; what a user has arranged since stays."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.sandbox.twenty import TwentySandbox
from bridge.twenty.provision import Result, page
from bridge.twenty.provision.columns import EARLIER, WIDTHS, Widths, catch_up, without
from bridge.twenty.provision.plan import Mutation, derived_id
from bridge.twenty.provision.there import Field, Object, View, ViewField
from bridge.twenty.provision.views import IN_TABS
from tests.twenty.provisioning import Row, Workspace, mutations, run, tell, workspace
from tests.twenty.test_provision_again import broken_off, look

UPDATE_COLUMN = "mutation ($i: UpdateViewFieldInput!) { updateViewField(input: $i) { id } }"
CREATE_COLUMNS = "mutation ($i: [CreateViewFieldInput!]!) { createManyViewFields(inputs: $i) { id } }"
GROUP = "mutation ($i: UpsertFieldsWidgetInput!) { upsertFieldsWidget(input: $i) { id } }"

BEFORE = {
    "All phone calls": EARLIER,
    "Missed calls": without(EARLIER, "direction", "durationInSeconds", "toPhoneNumber"),
    "My calls": without(EARLIER, "agent"),
    "Phone calls of a person": without(EARLIER, "person", "fromPhoneNumber", "toPhoneNumber"),
    "Phone calls of a company": without(EARLIER, "company", "fromPhoneNumber", "toPhoneNumber"),
}
CAUGHT_UP = {f"bring the columns of the view “{name}” up to date" for name in BEFORE}


async def lay_out_as_before(there: Workspace) -> None:
    """The columns of all views as the bridge laid them out up to November 2026."""
    for name, view in (await there.views()).items():
        if name in BEFORE:
            await _lay_out(there, view, BEFORE[name])


async def _lay_out(there: Workspace, view: Row, widths: Widths) -> None:
    columns = {there.names[one["fieldMetadataId"]]: one["id"] for one in view["viewFields"]}
    for name, column in columns.items():
        update: Row = {"isVisible": False}
        if name in widths:
            update = {"isVisible": True, "position": list(widths).index(name), "size": widths[name]}
        await tell(there.twenty, UPDATE_COLUMN, i={"id": column, "update": update})
    missing = [
        {"viewId": view["id"], "fieldMetadataId": there.field_id(name), "position": n, "size": width}
        for n, (name, width) in enumerate(widths.items())
        if name not in columns
    ]
    await tell(there.twenty, CREATE_COLUMNS, i=missing)


async def test_views_of_an_earlier_version_are_brought_up_to_date(ready: TwentySandbox) -> None:
    whole = await look(ready)
    for after in (None, 1, 9):
        await lay_out_as_before(await workspace(ready))
        assert await look(ready) != whole
        if after is not None:
            await broken_off(ready, after)
        done = await run(ready)
        assert {*done.steps(Result.DONE)} <= CAUGHT_UP
        assert await look(ready) == whole
    asked = len(ready.requests)
    assert ((await run(ready)).outcomes, mutations(ready, asked)) == ((), [])


async def test_groups_of_an_earlier_version_are_brought_up_to_date(ready: TwentySandbox) -> None:
    there = await workspace(ready)
    whole = await groups(there)
    await group_as_before(there)
    assert (await groups(there))["Call"] != whole["Call"]
    done = await run(ready)
    assert done.steps(Result.DONE) == (
        "show the fields of a call in groups: Call, Parties, Recording, System",
    )
    assert await groups(there) == whole


async def groups(there: Workspace) -> dict[str, list[str]]:
    view = next(one for one in (await there.views()).values() if one["type"] == "FIELDS_WIDGET")
    return {
        group["name"]: [
            there.names[one["fieldMetadataId"]] for one in group["viewFields"] if one["isVisible"]
        ]
        for group in view["viewFieldGroups"]
    }


async def group_as_before(there: Workspace) -> None:
    (home, *_) = (await there.page("phoneCall"))["tabs"]
    owner = there.objects["phoneCall"]["id"]
    made = [
        {
            "id": derived_id(owner, "group", title),
            "name": title,
            "position": n,
            "isVisible": True,
            "fields": [
                {"fieldMetadataId": there.field_id(name), "isVisible": True, "position": place}
                for place, name in enumerate(names)
            ],
        }
        for n, (title, names) in enumerate(page.EARLIER.items())
    ]
    await tell(there.twenty, GROUP, i={"widgetId": home["widgets"][0]["id"], "groups": made})


NAMES = ("name", *dict.fromkeys((*EARLIER, *WIDTHS)))
OBJECT = Object(
    id="object", fields_list=tuple(Field(id=n, name=n, type="TEXT") for n in dict.fromkeys(NAMES))
)
PAIRS = [
    (EARLIER, WIDTHS),
    (BEFORE["Phone calls of a person"], without(IN_TABS, "person")),
    (BEFORE["Phone calls of a company"], without(IN_TABS, "company")),
]


def as_view(widths: Widths) -> View:
    columns = [
        ViewField(id=f"column {name}", field_metadata_id=name, is_visible=True, position=n, size=width)
        for n, (name, width) in enumerate(widths.items())
    ]
    return View(id="view", name="View", type="TABLE", view_fields=tuple(columns))


def changed(view: View, mutation: Mutation) -> View:
    """The view after the mutation."""
    if mutation.operation == "CreateViewFields":
        added = [
            ViewField.model_validate({"id": f"column {one['fieldMetadataId']}", **one})
            for one in mutation.variables["inputs"]
        ]
        return view.model_copy(update={"view_fields": (*view.view_fields, *added)})
    given = mutation.variables["input"]
    names = {"isVisible": "is_visible", "position": "position", "size": "size"}
    update = {names[key]: value for key, value in given["update"].items()}
    columns = [c.model_copy(update=update) if c.id == given["id"] else c for c in view.view_fields]
    return view.model_copy(update={"view_fields": tuple(columns)})


@pytest.mark.parametrize(("earlier", "now"), PAIRS)
def test_after_each_of_its_changes_the_rest_is_sent(earlier: Widths, now: Widths) -> None:
    view = as_view(earlier)
    left = catch_up(view, OBJECT, earlier, now)
    assert left
    while left:
        (first, *rest) = left
        view = changed(view, first)
        left = catch_up(view, OBJECT, earlier, now)
        assert left == rest
    shown = sorted((c for c in view.view_fields if c.is_visible), key=lambda column: column.position)
    assert {column.field_metadata_id: column.size for column in shown} == dict(now)
    assert [column.field_metadata_id for column in shown] == list(now)


@given(st.data())
def test_what_a_user_has_moved_or_widened_is_left_alone(data: st.DataObject) -> None:
    earlier, now = data.draw(st.sampled_from(PAIRS))
    view = as_view(earlier)
    column = data.draw(st.sampled_from(view.view_fields))
    update = data.draw(
        st.fixed_dictionaries({"position": st.integers(20, 40)})
        | st.fixed_dictionaries({"size": st.integers(300, 900)})
    )
    columns = [c.model_copy(update=update) if c == column else c for c in view.view_fields]
    arranged = view.model_copy(update={"view_fields": tuple(columns)})
    assert catch_up(arranged, OBJECT, earlier, now) == []


@pytest.mark.parametrize(("earlier", "now"), PAIRS)
def test_what_a_user_has_hidden_is_left_alone(earlier: Widths, now: Widths) -> None:
    view = as_view(earlier)
    for hidden in view.view_fields:
        update = {"view_fields": tuple(c for c in view.view_fields if c != hidden)}
        assert catch_up(view.model_copy(update=update), OBJECT, earlier, now) == []


@pytest.mark.parametrize(("relation", "seen"), [("person", list(IN_TABS)), ("company", [*IN_TABS][:-1])])
def test_a_tab_shows_its_columns_on_a_screen_of_1440_pixels(relation: str, seen: list[str]) -> None:
    """Measured on a real Twenty 2.21: a tab is 817 pixels wide there."""
    widths = without(IN_TABS, relation)
    assert sum(width for name, width in widths.items() if name in seen) <= 817
    assert list(widths)[:2] == ["name", "startedAt"]
    assert "company" not in widths
