"""Groups of records: how they are sorted, and by which week."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

Ask = Callable[..., Awaitable[Any]]

GROUP = """query ($g: [PhoneCallGroupByInput!]!, $o: [PhoneCallOrderByWithGroupByInput]) {
  phoneCallsGroupBy(groupBy: $g, orderBy: $o) { groupByDimensionValues totalCount } }"""
STATUS, WEEK = {"status": True}, {"startedAt": {"granularity": "WEEK", "timeZone": "UTC"}}
CALLS = [
    {"status": "MISSED", "startedAt": "2026-11-22T10:00:00Z", "durationInSeconds": 5},
    {"status": "COMPLETED", "startedAt": "2026-11-23T10:00:00Z", "durationInSeconds": 60},
    {"status": "COMPLETED", "startedAt": "2026-11-24T10:00:00Z", "durationInSeconds": 70},
    {"status": None, "startedAt": None, "durationInSeconds": None},
]


@pytest.fixture
async def calls(ask: Ask) -> Ask:
    await ask("mutation ($d: [PhoneCallCreateInput!]!) { createPhoneCalls(data: $d) { id } }", d=CALLS)
    return ask


@pytest.mark.parametrize(
    ("dimension", "order", "values"),
    [
        (STATUS, [], ["COMPLETED", "MISSED", None]),
        (
            STATUS,
            [{"aggregate": {"totalCount": "AscNullsLast"}}, {"status": "AscNullsLast"}],
            ["MISSED", None, "COMPLETED"],
        ),
        (STATUS, [{"status": "DescNullsFirst"}], [None, "MISSED", "COMPLETED"]),
        (STATUS, [{"aggregate": {"maxDurationInSeconds": "AscNullsFirst"}}], [None, "MISSED", "COMPLETED"]),
        (WEEK, [{"startedAt": {"orderBy": "AscNullsLast"}}], ["2026-11-16", "2026-11-23", None]),
        (
            {"startedAt": {**WEEK["startedAt"], "weekStartDay": "SUNDAY"}},
            [{"startedAt": {"orderBy": "AscNullsLast"}}],
            ["2026-11-22", None],
        ),
    ],
)
async def test_groups_in_order(calls: Ask, dimension: Any, order: list[Any], values: list[Any]) -> None:
    groups = (await calls(GROUP, g=[dimension], o=order))["data"]["phoneCallsGroupBy"]
    assert [group["groupByDimensionValues"][0] for group in groups] == values


@pytest.mark.parametrize("order", [[{"name": "AscNullsLast"}], [{"status": "Up"}]])
async def test_what_groups_are_not_sorted_by(calls: Ask, order: list[Any]) -> None:
    (error,) = (await calls(GROUP, g=[STATUS], o=order))["errors"]
    assert error["extensions"]["subCode"] == "INVALID_QUERY_INPUT"
