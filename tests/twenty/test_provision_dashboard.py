"""`setup twenty --dashboard` makes a dashboard of calls, once, where the workspace's version can."""

from typing import Any

import pytest

from bridge.sandbox.twenty import GENERATIONS, OLDEST, TwentySandbox
from bridge.twenty.client.client import open_client
from bridge.twenty.provision import DashboardOutcome, add_dashboard
from tests.support import ask, twenty_settings
from tests.twenty.provisioning import key_that_may, mutations, run, tell, workspace


@pytest.fixture
def generation() -> str:
    """Places charts by `gridPosition`."""
    return OLDEST


STEP = "make the dashboard “Phone calls”: calls per day, by outcome, by agent, missed and not called back"
LAYOUTS = """{ getPageLayouts(pageLayoutType: DASHBOARD) { id name tabs { title layoutMode widgets {
  title type objectMetadataId gridPosition { row column rowSpan columnSpan }
  configuration {
    ... on AggregateChartConfiguration { configurationType aggregateOperation filter }
    ... on BarChartConfiguration { configurationType aggregateOperation filter }
    ... on PieChartConfiguration { configurationType aggregateOperation filter }
  }
} } } }"""
TITLES = [
    "Calls today",
    "Missed today",
    "Missed and not called back",
    "Mean duration, 30 days before today",
    "Calls per day, by outcome (30 days before today)",
    "Calls by agent (30 days before today)",
    "By outcome (30 days before today)",
    "Missed per day (30 days before today)",
]


async def added(
    twenty: TwentySandbox, *, key: str | None = None, dry_run: bool = False, restore: bool = False
) -> DashboardOutcome:
    async with open_client(twenty_settings(twenty, api_token=key or twenty.api_key)) as client:
        return await add_dashboard(client, call_back="Call back", dry_run=dry_run, restore=restore)


async def layouts(twenty: TwentySandbox) -> list[dict[str, Any]]:
    return list(await tell(twenty, LAYOUTS))


async def dashboards(twenty: TwentySandbox) -> list[dict[str, Any]]:
    answer = await ask(twenty, "{ dashboards { edges { node { id title pageLayoutId } } } }")
    return [edge["node"] for edge in answer["dashboards"]["edges"]]


async def test_it_is_made_once(twenty: TwentySandbox) -> None:
    done = await added(twenty)
    assert [one.sentence for one in done.outcomes] == [f"done: {STEP}"]
    (layout,), (record,) = await layouts(twenty), await dashboards(twenty)
    assert (record["title"], record["pageLayoutId"]) == ("Phone calls", layout["id"])
    (tab,) = layout["tabs"]
    assert tab["layoutMode"] == "GRID"
    assert [widget["title"] for widget in tab["widgets"]] == TITLES
    asked = len(twenty.requests)
    assert ((await added(twenty)).outcomes, mutations(twenty, asked)) == ((), ["dashboards"])


async def test_its_charts_count_what_they_say(twenty: TwentySandbox) -> None:
    await added(twenty)
    there = await workspace(twenty)
    (layout,) = await layouts(twenty)
    charts = {widget["title"]: widget for widget in layout["tabs"][0]["widgets"]}
    told = {
        title: [
            (there.names[one["fieldMetadataId"]], one["operand"], one["value"])
            for one in widget["configuration"]["filter"]["recordFilters"]
        ]
        for title, widget in charts.items()
    }
    assert told["Calls today"] == [("startedAt", "IS_TODAY", "")]
    assert told["Missed today"] == [
        ("status", "IS", '["MISSED", "VOICEMAIL"]'),
        ("startedAt", "IS_TODAY", ""),
    ]
    assert told["Missed and not called back"] == [
        ("status", "IS", '["TODO"]'),
        ("title", "CONTAINS", "Call back"),
    ]
    assert charts["Missed and not called back"]["objectMetadataId"] == there.objects["task"]["id"]
    # It leaves today out, so every title with it says so.
    assert {title for title, filters in told.items() if "PAST_30_DAY" in str(filters)} == {
        title for title in TITLES if "before today" in title
    }


def cells(widget: dict[str, Any]) -> set[tuple[int, int]]:
    at = widget["gridPosition"]
    rows = range(int(at["row"]), int(at["row"] + at["rowSpan"]))
    columns = range(int(at["column"]), int(at["column"] + at["columnSpan"]))
    return {(row, column) for row in rows for column in columns}


async def test_its_charts_lie_beside_each_other(twenty: TwentySandbox) -> None:
    await added(twenty)
    (layout,) = await layouts(twenty)
    taken = [cell for widget in layout["tabs"][0]["widgets"] for cell in cells(widget)]
    assert len(taken) == len(set(taken)) == 14 * 12


async def test_what_users_did_to_it_stays_done(twenty: TwentySandbox) -> None:
    await added(twenty)
    (record,) = await dashboards(twenty)
    await ask(twenty, "mutation ($id: UUID!) { deleteDashboard(id: $id) { id } }", id=record["id"])
    again = await added(twenty)
    assert (again.is_removed, again.complete, await dashboards(twenty)) == (True, True, [])
    restored = await added(twenty, restore=True)
    assert [one.sentence for one in restored.outcomes] == ["done: restore the dashboard “Phone calls”"]
    assert await dashboards(twenty) == [record]


async def test_a_dry_run_shows_it_and_makes_nothing(either: TwentySandbox) -> None:
    asked = len(either.requests)
    planned = await added(either, dry_run=True)
    assert [one.sentence for one in planned.outcomes] == [f"to do: {STEP}"]
    assert planned.is_planned
    assert set(mutations(either, asked)) <= {"dashboards"}


async def test_without_the_right_to_layouts_nothing_is_made(twenty: TwentySandbox) -> None:
    done = await added(twenty, key=await key_that_may(twenty))
    assert [one.sentence for one in done.outcomes] == [f"not allowed (Layouts): {STEP}"]
    assert (await layouts(twenty), await dashboards(twenty)) == ([], [])


async def test_without_the_right_to_dashboards_no_layout_is_left(twenty: TwentySandbox) -> None:
    done = await added(twenty, key=await key_that_may(twenty, "LAYOUTS"))
    assert not done.complete
    assert (await layouts(twenty), await dashboards(twenty)) == ([], [])


async def test_on_a_workspace_that_was_just_set_up(bare: TwentySandbox) -> None:
    assert (await added(bare, dry_run=True)).is_planned
    assert (await run(bare)).complete
    assert (await added(bare)).complete
    assert len(await dashboards(bare)) == 1


@pytest.mark.parametrize("generation", [one for one in GENERATIONS if one not in (OLDEST, "2.33")])
async def test_where_charts_are_placed_otherwise_none_is_made_and_the_reason_is_said(
    twenty: TwentySandbox,
) -> None:
    asked = len(twenty.requests)
    done = await added(twenty)
    assert (done.outcomes, done.complete) == ((), True)
    assert "no gridPosition" in done.left_out
    assert set(mutations(twenty, asked)) <= {"dashboards"}
    assert await layouts_of_any(twenty) == []


async def layouts_of_any(twenty: TwentySandbox) -> list[dict[str, Any]]:
    return list(await tell(twenty, "{ getPageLayouts(pageLayoutType: DASHBOARD) { id } }"))
