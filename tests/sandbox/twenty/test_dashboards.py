"""Dashboards: what a chart is refused for beyond what was recorded, on two generations."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from bridge.sandbox.twenty import NEWEST, OLDEST
from tests.sandbox.twenty.test_looks import described

Ask = Callable[..., Awaitable[Any]]

LAYOUT = "mutation ($i: CreatePageLayoutInput!) {createPageLayout(input: $i) {id}}"
TAB = "mutation ($i: CreatePageLayoutTabInput!) {createPageLayoutTab(input: $i) {id layoutMode}}"
WIDGET = """mutation ($i: CreatePageLayoutWidgetInput!) {createPageLayoutWidget(input: $i) {
  position {... on PageLayoutWidgetGridPosition {row column rowSpan columnSpan}}
  configuration {... on PieChartConfiguration {orderBy}}
}}"""
GRID = {"row": 0, "column": 0, "rowSpan": 4, "columnSpan": 6}
NUMBER = {"configurationType": "AGGREGATE_CHART", "aggregateOperation": "COUNT"}
OTHER = "5c498408-4fd5-4347-b2c6-043dcc635c4a"


@pytest.fixture(params=[OLDEST, NEWEST])
def generation(request: pytest.FixtureRequest) -> str:
    """The first places a widget by `gridPosition`, the second by `position`."""
    return str(request.param)


@pytest.fixture
async def tab(ask: Ask) -> str:
    """The id of a tab of a new dashboard."""
    layout = await ask(LAYOUT, to="/metadata", i={"name": "Calls", "type": "DASHBOARD"})
    given = {"title": "Calls", "position": 0, "pageLayoutId": layout["data"]["createPageLayout"]["id"]}
    made = (await ask(TAB, to="/metadata", i=given))["data"]["createPageLayoutTab"]
    assert made["layoutMode"] == "GRID"
    return str(made["id"])


async def chart(
    ask: Ask, tab: str, generation: str, configuration: dict[str, Any], grid: dict[str, Any]
) -> Any:
    owner, fields = await described(ask)
    own = {"aggregateFieldMetadataId": fields["status"]}
    place = {"gridPosition": grid} if generation == OLDEST else {"position": {"layoutMode": "GRID", **grid}}
    given = {
        "pageLayoutTabId": tab,
        "title": "Calls",
        "type": "GRAPH",
        "objectMetadataId": owner,
        "configuration": {
            name: fields.get(str(value).removeprefix("field:"), value)
            for name, value in {**own, **configuration}.items()
        },
    }
    return await ask(WIDGET, to="/metadata", i={**given, **place})


@pytest.mark.parametrize(
    ("configuration", "code"),
    [
        ({"aggregateOperation": None}, "BAD_USER_INPUT"),
        ({"aggregateFieldMetadataId": "status"}, None),
        ({"aggregateFieldMetadataId": "no id"}, "BAD_USER_INPUT"),
        ({"label": 7}, "BAD_USER_INPUT"),
        ({"displayDataLabel": "yes"}, "BAD_USER_INPUT"),
        ({"firstDayOfTheWeek": True}, "BAD_USER_INPUT"),
        ({"filter": []}, "BAD_USER_INPUT"),
        ({"filter": {}}, None),
        ({"configurationType": None}, "METADATA_VALIDATION_FAILED"),
        ({"configurationType": "PIE_CHART"}, "BAD_USER_INPUT"),
        ({"configurationType": "PIE_CHART", "groupByFieldMetadataId": OTHER}, "INTERNAL_SERVER_ERROR"),
        ({"configurationType": "LINE_CHART", "primaryAxisGroupByFieldMetadataId": "startedAt"}, None),
    ],
)
async def test_a_configuration(
    ask: Ask, tab: str, generation: str, configuration: dict[str, Any], code: str | None
) -> None:
    answer = await chart(ask, tab, generation, NUMBER | configuration, GRID)
    assert [one["extensions"]["code"] for one in answer.get("errors", [])] == ([code] if code else [])


@pytest.mark.parametrize(
    ("grid", "fits"),
    [
        (GRID, True),
        ({**GRID, "column": 6}, True),
        ({**GRID, "column": 7}, False),
        ({**GRID, "column": -1}, False),
        ({**GRID, "rowSpan": 0}, False),
        ({**GRID, "row": 97}, False),
    ],
)
async def test_a_place_in_the_grid(
    ask: Ask, tab: str, generation: str, grid: dict[str, Any], *, fits: bool
) -> None:
    answer = await chart(ask, tab, generation, NUMBER, grid)
    if fits:
        assert answer["data"]["createPageLayoutWidget"]["position"] == grid
    else:
        assert answer["errors"][0]["extensions"]["code"] == "METADATA_VALIDATION_FAILED"


async def test_a_dashboard_whose_layout_is_gone_cannot_be_destroyed(ask: Ask) -> None:
    made = await ask('mutation {createDashboard(data: {title: "Calls"}) {id pageLayoutId}}')
    dashboard = made["data"]["createDashboard"]
    found = await ask(
        "query ($i: String!) {getPageLayout(id: $i) {name type}}", to="/metadata", i=dashboard["pageLayoutId"]
    )
    assert found["data"]["getPageLayout"] == {"name": "Calls", "type": "DASHBOARD"}
    destroy = "mutation ($i: String!) {destroyPageLayout(id: $i)}"
    await ask(destroy, to="/metadata", i=dashboard["pageLayoutId"])
    refused = await ask("mutation ($i: UUID!) {destroyDashboard(id: $i) {id}}", i=dashboard["id"])
    assert refused["errors"][0]["message"] == "Page layout to destroy not found"
    assert len((await ask("{dashboards {edges {node {id}}}}"))["data"]["dashboards"]["edges"]) == 1
