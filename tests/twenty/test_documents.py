"""Every operation to /metadata, and all that the set-up sends with it, hold by the recorded schema."""

from functools import cache
from importlib.resources import files
from pathlib import Path

import pytest
from graphql import GraphQLSchema, OperationDefinitionNode, build_schema, parse, validate
from graphql.execution.values import get_variable_values

from bridge.sandbox.twenty import TwentySandbox
from bridge.twenty.documents import operations
from tests.twenty.provisioning import run

RECORDED = Path(__file__).parent / "metadata.graphql"
HEADING = "# To /metadata"


@cache
def recorded() -> GraphQLSchema:
    return build_schema(RECORDED.read_text(encoding="utf-8"))


def names() -> list[str]:
    """The operations below the heading."""
    text = files("bridge.twenty").joinpath("documents.graphql").read_text(encoding="utf-8")
    below = parse(HEADING + text.partition(HEADING)[2])
    return [d.name.value for d in below.definitions if isinstance(d, OperationDefinitionNode) and d.name]


@pytest.mark.parametrize("name", names())
def test_an_operation_holds_by_itself(name: str) -> None:
    _, document = operations()[name]
    assert [error.message for error in validate(recorded(), document)] == []


async def test_what_is_sent_holds(either: TwentySandbox) -> None:
    planned = await run(either, dry_run=True)
    sent = [mutation for outcome in planned.outcomes for mutation in outcome.step.mutations]
    assert {mutation.operation for mutation in sent} <= set(names())
    for mutation in sent:
        (definition,) = operations()[mutation.operation][1].definitions
        assert isinstance(definition, OperationDefinitionNode)
        given = get_variable_values(recorded(), definition.variable_definitions or [], mutation.variables)
        assert not isinstance(given, list), f"{mutation.operation}: {given}"
