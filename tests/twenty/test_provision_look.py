"""What `setup twenty` makes of a bare workspace, as its users find it."""

import json
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from bridge.sandbox.twenty import NEWEST, OLDEST, twenty_sandbox
from bridge.twenty.provision import FIELDS
from tests.twenty.provisioning import Workspace, run, workspace

COLUMNS = [
    "name",
    "direction",
    "status",
    "person",
    "company",
    "agent",
    "startedAt",
    "duration",
    "fromPhoneNumber",
    "toPhoneNumber",
    "recording",
]
IN_TAB = ["name", "startedAt", "direction", "status", "person", "duration", "agent", "recording"]


# They only look: one workspace is enough for all of them.
pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=[OLDEST, NEWEST])
async def made(request: pytest.FixtureRequest) -> AsyncIterator[Workspace]:
    """A workspace after `setup twenty`."""
    async with twenty_sandbox(rate_limit=False, generation=request.param) as bare:
        assert (await run(bare)).complete
        yield await workspace(bare)


def without(*names: str) -> list[str]:
    return [name for name in COLUMNS if name not in names]


async def test_icons_and_color(made: Workspace) -> None:
    owner = made.objects["phoneCall"]
    assert (owner["icon"], owner["color"]) == ("IconPhone", "green")
    icons = {one["name"]: one["icon"] for one in owner["fieldsList"]}
    assert {field.name: icons[field.name] for field in FIELDS} == {field.name: field.icon for field in FIELDS}


async def test_the_default_view_tells_of_calls_newest_first(made: Workspace) -> None:
    view = (await made.views())["All phone calls"]
    assert (view["key"], view["icon"]) == ("INDEX", "IconPhone")
    assert made.columns(view) == COLUMNS
    assert all(one["size"] >= 100 for one in view["viewFields"] if one["isVisible"])
    assert [(made.names[s["fieldMetadataId"]], s["direction"]) for s in view["viewSorts"]] == [
        ("startedAt", "DESC")
    ]


@pytest.mark.parametrize(
    ("name", "type_", "columns", "filters"),
    [
        (
            "Missed calls",
            "TABLE",
            without("direction", "duration", "toPhoneNumber"),
            {"status": ["MISSED", "VOICEMAIL"], "direction": ["INBOUND"]},
        ),
        (
            "My calls",
            "TABLE",
            without("agent"),
            {"agent": {"isCurrentWorkspaceMemberSelected": True, "selectedRecordIds": []}},
        ),
        (
            "Phone calls of a person",
            "TABLE_WIDGET",
            [name for name in IN_TAB if name != "person"],
            {"person": {"isCurrentRecordSelected": True, "selectedRecordIds": []}},
        ),
        (
            "Phone calls of a company",
            "TABLE_WIDGET",
            IN_TAB,
            {"company": {"isCurrentRecordSelected": True, "selectedRecordIds": []}},
        ),
    ],
)
async def test_further_views(
    made: Workspace, name: str, type_: str, columns: list[str], filters: dict[str, object]
) -> None:
    view = (await made.views())[name]
    assert (view["type"], view["visibility"]) == (type_, "WORKSPACE")
    assert made.columns(view) == columns
    assert {field: json.loads(value) for field, value in made.filters(view).items()} == filters
    assert {one["operand"] for one in view["viewFilters"]} == {"IS"}
    assert [sort["direction"] for sort in view["viewSorts"]] == ["DESC"]


async def test_the_page_of_a_call_has_groups(made: Workspace) -> None:
    view = next(v for v in (await made.views()).values() if v["type"] == "FIELDS_WIDGET")
    groups = {
        group["name"]: [made.names[f["fieldMetadataId"]] for f in group["viewFields"] if f["isVisible"]]
        for group in sorted(view["viewFieldGroups"], key=lambda group: group["position"])
    }
    assert groups == {
        "Call": ["direction", "status", "startedAt", "duration"],
        "Parties": ["person", "company", "agent", "fromPhoneNumber", "toPhoneNumber", "handling"],
        "Recording": ["recording", "transcript"],
        "System": ["answeredAt", "endedAt", "durationInSeconds", "externalCallId", "createdAt", "createdBy"],
    }


@pytest.mark.parametrize(
    ("owner", "title", "icon", "field", "mode"),
    [
        ("person", "Phone calls", "IconPhone", "phoneCalls", "TABLE"),
        ("company", "Phone calls", "IconPhone", "phoneCalls", "TABLE"),
        ("phoneCall", "Transcript", "IconFileText", "transcript", "EDITOR"),
    ],
)
async def test_tabs_after_the_timeline(
    made: Workspace, owner: str, title: str, icon: str, field: str, mode: str
) -> None:
    tabs = sorted((await made.page(owner))["tabs"], key=lambda tab: tab["position"])
    assert [tab["title"] for tab in tabs][:4] == ["Home", "Timeline", title, "Tasks"]
    (widget,) = tabs[2]["widgets"]
    assert (tabs[2]["icon"], tabs[2]["layoutMode"]) == (icon, "VERTICAL_LIST")
    assert (widget["type"], made.names[widget["objectMetadataId"]]) == ("FIELD", owner)
    shown = widget["configuration"]
    assert (shown["fieldMetadataId"], shown["fieldDisplayMode"]) == (made.field_id(field, owner), mode)
    if mode == "TABLE":
        assert shown["viewId"] == (await made.views())[f"Phone calls of a {owner}"]["id"]


async def test_the_sidebar(made: Workspace) -> None:
    items = sorted(await made.sidebar(), key=lambda item: item["position"])
    mine = (await made.views())["My calls"]["id"]
    named = [made.names.get(item["targetObjectMetadataId"]) or item["viewId"] for item in items]
    assert named == ["person", "company", "opportunity", "phoneCall", mine, "note", "task"]
    assert {item["color"] for item in items[3:5]} == {"green"}
