"""Every query of the bridge is run, as the bridge sends it; what Twenty refuses is named."""

from typing import Any

import pytest
from graphql import OperationType

from bridge.doctor import queries
from bridge.doctor.checks import Status
from bridge.doctor.queries import Ran
from bridge.errors import TwentyDenied, TwentyOverLimit, TwentyRefused
from bridge.sandbox.twenty import GENERATIONS, twenty_sandbox
from bridge.twenty.client.client import open_client
from bridge.twenty.schema.documents import definition_of, documents
from bridge.twenty.schema.features import RECORDS, SOME_GENERATIONS
from tests.doctor.conftest import World
from tests.support import twenty_settings


def is_query(name: str) -> bool:
    return definition_of(documents()[name]).operation is OperationType.QUERY


def test_all_queries_are_run_and_nothing_that_writes() -> None:
    expected = {name for name in RECORDS if is_query(name)} - SOME_GENERATIONS
    assert set(queries.queries_of_records()) == expected
    assert {"FindPeople", "LastSpoken", "WrittenNotes"} <= expected


@pytest.mark.parametrize("generation", GENERATIONS)
async def test_each_generation_answers_all_of_them(generation: str) -> None:
    async with (
        twenty_sandbox(provisioned=True, generation=generation) as twenty,
        open_client(twenty_settings(twenty)) as client,
    ):
        (check,) = queries.checks(client)
        found = await check.examine()
    assert found.status is Status.OK, found


async def test_without_the_object_its_queries_are_not_run() -> None:
    async with twenty_sandbox() as twenty, open_client(twenty_settings(twenty)) as client:
        (check,) = queries.checks(client)
        found = await check.examine()
    assert found.status is Status.OK, found


async def test_a_value_that_twenty_refuses_is_found() -> None:
    samples = {**queries.SAMPLES, "since": lambda: "2026-11-22, ten o'clock"}
    async with twenty_sandbox(provisioned=True) as twenty, open_client(twenty_settings(twenty)) as client:
        (check,) = queries.checks(client, samples)
        found = await check.examine()
    assert found.status is not Status.OK
    assert "LastSpoken: " in found.reason
    assert "the agent who spoke with a caller last rings first" in found.reason


async def test_what_the_limit_leaves_out_is_named(world: World) -> None:
    world.twenty.faults.over_limit = True
    status, reason, _ = (await world.examine("twenty.queries"))["twenty.queries"]
    assert status == "warning"
    assert "rate limit" in reason


REFUSED = TwentyRefused("INVALID_ARGS_FILTER")
OVER = TwentyOverLimit("used up")


@pytest.mark.parametrize(
    ("ran", "status", "said"),
    [
        ([Ran("FindPeople", None)], Status.OK, "each of the bridge's 1 queries"),
        ([Ran("FindPeople", REFUSED), Ran("LastCalls", OVER)], Status.ERROR, "FindPeople: INVALID_ARGS"),
        ([Ran("LastCalls", REFUSED)], Status.WARNING, "the last calls, on the agent's screen"),
        ([Ran("FindPeople", None), Ran("LastCalls", OVER)], Status.WARNING, "rate limit: LastCalls."),
        ([Ran("WorkspaceMembers", TwentyDenied("no", code="twenty.forbidden"))], Status.WARNING, "agent"),
    ],
)
def test_what_it_is_worth(ran: list[Ran], status: Status, said: str) -> None:
    found: Any = queries.verdict(ran)
    assert (found.status, said in found.reason) == (status, True), found
