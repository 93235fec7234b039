"""Every operation, and what is sent with it, holds by the schemas of every Twenty that is known.

The next field that Twenty removes is found by one file more in `schemas/`.
"""

from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import pytest
from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    extend_schema,
    introspection_from_schema,
    parse,
    print_ast,
    validate,
)

from bridge.sandbox.twenty import GENERATIONS, twenty_sandbox
from bridge.twenty.client.client import open_client
from bridge.twenty.client.documents import LISTS, RootField, all_operations, operations, text_of
from bridge.twenty.provision.fields import FIELDS
from bridge.twenty.schema.documents import definition_of, documents, without_entries
from bridge.twenty.schema.drift import drifts
from bridge.twenty.schema.features import RECORDS, SOME_GENERATIONS
from tests.support import twenty_settings
from tests.twenty.schemas import schema, versions

HEADING = "\n# To /metadata"
INTROSPECTIONS = frozenset({"WorkspaceSchema", "Introspection"})

METADATA = versions("metadata")
CORE = versions("core")
OF_CALLS = ("PhoneCallCreateInput", "PhoneCall")
"""What is written of a call, and what is read."""


def sections() -> Iterator[list[str]]:
    """The operations to /graphql; those to /metadata; those to /metadata of some generations."""
    text = files("bridge.twenty.client").joinpath("documents.graphql").read_text(encoding="utf-8")
    records, *others = text.split(HEADING)
    for part in (records, *(f"#{other}" for other in others)):
        definitions = parse(part).definitions
        yield [d.name.value for d in definitions if isinstance(d, OperationDefinitionNode) and d.name]


RECORDS_NAMES, METADATA_NAMES, SOME_NAMES = sections()


def document(name: str) -> DocumentNode:
    return documents()[name]


FILES = ("documents.graphql", "search.graphql", "dashboards.graphql", "applications.graphql")


def test_the_files_are_read_as_graphql_reads_them() -> None:
    """`serve` does without a parser."""
    found = {}
    for file in FILES:
        source = files("bridge.twenty.client").joinpath(file).read_text(encoding="utf-8")
        for definition in parse(source, no_location=True).definitions:
            assert isinstance(definition, OperationDefinitionNode)
            assert definition.name
            found[definition.name.value] = definition
    assert [*found] == [*all_operations()]
    for name, read in all_operations().items():
        fields = [field for field in found[name].selection_set.selections if isinstance(field, FieldNode)]
        assert definition_of(parse(read.text, no_location=True)) == found[name]
        assert read.is_query == (found[name].operation is OperationType.QUERY)
        assert [*read.root_fields] == [
            RootField(field.alias.value if field.alias else field.name.value, field.name.value)
            for field in fields
        ]


@pytest.mark.parametrize("bare", [{"additionalPhones"}, {"secondaryLinks"}, LISTS, frozenset()])
def test_lists_that_are_json_are_selected_whole(bare: frozenset[str]) -> None:
    for name, whole in documents().items():
        without = without_entries(whole, bare)
        assert print_ast(parse(text_of(name, frozenset(bare)))) == print_ast(without)


def test_each_operation_is_held_to_a_schema() -> None:
    held = [*RECORDS_NAMES, *METADATA_NAMES, *SOME_NAMES]
    assert sorted(held) == sorted(operations())
    assert set(RECORDS_NAMES) - INTROSPECTIONS == RECORDS.keys() - SOME_GENERATIONS
    assert set(SOME_NAMES) <= SOME_GENERATIONS
    assert len(METADATA) >= 5
    assert CORE


@pytest.mark.parametrize("version", METADATA)
@pytest.mark.parametrize("name", METADATA_NAMES)
def test_an_operation_on_metadata_holds(name: str, version: str) -> None:
    errors = validate(schema("metadata", version), document(name))
    assert [error.message for error in errors] == []


@pytest.mark.parametrize("name", SOME_NAMES)
def test_an_operation_of_some_generations_holds_in_the_newest(name: str) -> None:
    assert validate(schema("metadata", METADATA[-1]), document(name)) == []


def core(version: str) -> GraphQLSchema:
    """The schema of a workspace that has all of our fields: those that were recorded lacked some."""
    recorded = schema("core", version)
    written, shown = (recorded.type_map[name].fields for name in OF_CALLS)  # type: ignore[attr-defined]
    lacking = [field.name for field in FIELDS if not {field.name, f"{field.name}Id"} & written.keys()]
    assert not {*lacking} & shown.keys()
    added = "\n".join(f"{name}: String" for name in lacking)
    kinds = zip(("input", "type"), OF_CALLS, strict=True)
    extension = "\n".join(f"extend {kind} {name} {{ {added} }}" for kind, name in kinds)
    return extend_schema(recorded, parse(extension)) if lacking else recorded


@pytest.mark.parametrize("version", CORE)
def test_every_operation_on_records_holds_with_its_variables(version: str) -> None:
    introspection: Any = introspection_from_schema(core(version))
    assert drifts(introspection, {name: document(name) for name in RECORDS}) == []


UNFIT = {
    "2.38": {"FindPeople", "UpsertTimelineActivities"},
    "2.43": {"FindPeople", "UpsertTimelineActivities"},
}
"""Generation → the operations on /graphql that its schema does not have."""


@pytest.mark.parametrize("generation", GENERATIONS)
async def test_every_operation_on_records_holds_on_each_generation_of_the_sandbox(generation: str) -> None:
    async with (
        twenty_sandbox(provisioned=True, rate_limit=False, generation=generation) as twenty,
        open_client(twenty_settings(twenty)) as client,
    ):
        printed = await client.execute("Introspection")
    found = drifts(printed, {name: document(name) for name in RECORDS})
    assert {drift.operation for drift in found} <= UNFIT.get(generation, set())


@pytest.mark.parametrize("name", ["ExistingDashboards", "CreateDashboard"])
def test_an_operation_of_dashboards_holds(name: str) -> None:
    for version in CORE:
        assert validate(schema("core", version), parse(all_operations()[name].text)) == []
