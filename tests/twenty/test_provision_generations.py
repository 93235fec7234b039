"""`setup twenty` on each generation: what its schema refuses is not sent, and nothing stays half done."""

from functools import cache
from typing import Any

import pytest
from graphql import GraphQLSchema, build_schema, introspection_from_schema, print_schema

from bridge.sandbox.twenty import GENERATIONS, OLDEST, TwentySandbox, twenty_sandbox
from bridge.twenty.client.client import Executes, TwentyClient
from bridge.twenty.provision import Provisioned, Result, read
from bridge.twenty.provision.accepted import Accepted
from tests.twenty.provisioning import (
    NOTE,
    Row,
    Workspace,
    forget_what_was_made,
    mutations,
    run,
    tell,
    workspace,
)
from tests.twenty.schemas import schema, versions
from tests.twenty.strict import held_to

TABS = {"person": "Phone calls", "company": "Phone calls", "phoneCall": "Transcript"}
ADDS = [
    "add the tab “Transcript” to the page of a call",
    "add the tab “Phone calls” to the page of a person",
    "add the tab “Phone calls” to the page of a company",
]
CREATE_TAB = "mutation ($i: CreatePageLayoutTabInput!) { createPageLayoutTab(input: $i) { id } }"


@pytest.fixture
def generation() -> str:
    """What is behind the proxy."""
    return OLDEST


async def titled(there: Workspace, owner: str) -> list[Row]:
    return [tab for tab in (await there.page(owner))["tabs"] if tab["title"] == TABS[owner]]


async def set_up(
    twenty: TwentySandbox, refusing: GraphQLSchema, *, printing: GraphQLSchema | None = None, **options: Any
) -> Provisioned:
    async with held_to(twenty, refusing, printing=printing) as url:
        return await run(twenty, url=url, **options)


@pytest.mark.parametrize("version", versions("metadata"))
async def test_twice_and_the_second_run_changes_nothing(bare: TwentySandbox, version: str) -> None:
    refusing = schema("metadata", version)
    first = await set_up(bare, refusing)
    assert (first.complete, set(ADDS) <= set(first.steps(Result.DONE))) == (True, True)
    there = await workspace(bare)
    for owner in TABS:
        (tab,) = await titled(there, owner)
        assert len(tab["widgets"]) == 1
    asked = len(bare.requests)
    again = await set_up(bare, refusing)
    assert (again.outcomes, again.complete, mutations(bare, asked)) == ((), True, [])


PAGES = """query ($id: String!) {
  getPageLayouts(objectMetadataId: $id, pageLayoutType: RECORD_PAGE) {
    isSystemSideEffect
    tabs { title widgets { id } }
  }
}"""


@pytest.mark.parametrize("generation", [one for one in GENERATIONS if one != OLDEST])
async def test_of_two_pages_the_tabs_land_on_that_which_is_shown(generation: str) -> None:
    async with twenty_sandbox(
        rate_limit=False, generation=generation, application_pages=("person", "company")
    ) as twenty:
        assert (await run(twenty)).complete
        asked = len(twenty.requests)
        assert ((await run(twenty)).outcomes, mutations(twenty, asked)) == ((), [])
        there = await workspace(twenty)
        for owner in ("person", "company"):
            pages = await tell(twenty, PAGES, id=there.objects[owner]["id"])
            counts = {
                page["isSystemSideEffect"]: [
                    len(t["widgets"]) for t in page["tabs"] if t["title"] == TABS[owner]
                ]
                for page in pages
            }
            assert counts == {True: [], False: [1]}


@pytest.mark.parametrize("version", ["2.21.0", "2.43.0"])
async def test_tabs_that_stayed_empty_are_filled(bare: TwentySandbox, version: str) -> None:
    refusing = schema("metadata", version)
    await run(bare, webhook_to=None)
    there = await workspace(bare)
    for owner in TABS:
        (tab,) = await titled(there, owner)
        for widget in tab["widgets"]:
            destroy = "mutation ($id: String!) { destroyPageLayoutWidget(id: $id) }"
            await tell(bare, destroy, id=widget["id"])
    await forget_what_was_made(there)
    assert (await set_up(bare, refusing)).complete
    for owner in TABS:
        (tab,) = await titled(there, owner)
        assert len(tab["widgets"]) == 1


def without(version: str, line: str) -> GraphQLSchema:
    """A version whose schema has lost a field."""
    whole = print_schema(schema("metadata", version))
    (head, _, rest) = whole.partition(f"input {line.partition('.')[0]} {{\n")
    field = line.partition(".")[2]
    assert f"  {field}:" in rest.partition("}")[0]
    kept = "\n".join(one for one in rest.partition("}")[0].split("\n") if not one.startswith(f"  {field}:"))
    return build_schema(f"{head}input {line.partition('.')[0]} {{\n{kept}}}{rest.partition('}')[2]}")


@pytest.mark.parametrize(
    ("lost", "impossible"),
    [
        (
            "CreatePageLayoutWidgetInput.configuration",
            {
                *ADDS,
                "create the view “Phone calls of a person”",
                "create the view “Phone calls of a company”",
            },
        ),
        ("UpdateFieldInput.icon", set()),
        (
            "CreateViewInput.visibility",
            {
                "create the view “Missed calls”",
                "create the view “My calls”",
                "create the view “Phone calls of a person”",
                "create the view “Phone calls of a company”",
                NOTE,
            },
        ),
        ("CreateWebhookInput.secret", {"register the webhook to https://phone.example.com/twenty/webhook"}),
    ],
)
async def test_what_the_schema_has_lost_is_named_and_nothing_is_left_half_done(
    bare: TwentySandbox, lost: str, impossible: set[str]
) -> None:
    lacking = without("2.43.0", lost)
    planned = await set_up(bare, lacking, dry_run=True)
    done = await set_up(bare, lacking)
    for one in (planned, done):
        assert set(one.steps(Result.IMPOSSIBLE)) == impossible
        assert one.complete is not bool(impossible)
        named = [outcome for outcome in one.outcomes if outcome.result is Result.IMPOSSIBLE]
        assert all(lost.partition(".")[2] in outcome.reason for outcome in named)
        assert "0123456789abcdef" not in str([outcome.reason for outcome in named])
    there = await workspace(bare)
    assert [tab for owner in TABS for tab in await titled(there, owner) if not tab["widgets"]] == []
    assert {name for name in await there.views() if f"create the view “{name}”" in impossible} == set()
    assert (await set_up(bare, schema("metadata", "2.43.0"))).complete


async def test_a_tab_whose_widget_is_refused_all_the_same_is_taken_back(bare: TwentySandbox) -> None:
    printing, refusing = schema("metadata", "2.43.0"), without("2.43.0", "CreatePageLayoutWidgetInput.title")
    done = await set_up(bare, refusing, printing=printing)
    assert done.steps(Result.REFUSED) == tuple(ADDS)
    there = await workspace(bare)
    assert [tab for owner in TABS for tab in await titled(there, owner)] == []
    rest = await set_up(bare, printing)
    assert (rest.complete, rest.steps(Result.DONE)) == (True, (*ADDS, NOTE))


class TwoStacks:
    """A client whose Twenty has two stacks of pages: the system's, and an app's."""

    def __init__(self, client: Executes, *, system: int) -> None:
        self._client = client
        self._system = system

    async def execute(self, name: str, **variables: Any) -> Row:
        return await self._client.execute(name, **variables)

    async def execute_metadata(self, name: str, **variables: Any) -> Row:
        if name == "RecordPages":
            return {"getPageLayouts": [{"id": "0", "tabs": []}, {"id": "1", "tabs": []}]}
        assert name == "RecordPageOrigins"
        return {"getPageLayouts": [{"id": str(n), "isSystemSideEffect": n == self._system} for n in (0, 1)]}


@cache
def accepted(version: str) -> Accepted:
    introspection: Any = introspection_from_schema(schema("metadata", version))
    return Accepted(introspection)


@pytest.mark.parametrize(
    ("version", "system", "shown"),
    [("2.43.0", 0, "1"), ("2.43.0", 1, "0"), ("2.33.0", 0, "1"), ("2.43.0", 7, "0"), ("2.21.0", 0, "0")],
)
async def test_of_two_stacks_of_pages_the_one_that_is_shown(
    client: TwentyClient, version: str, system: int, shown: str
) -> None:
    page = await read.page(TwoStacks(client, system=system), "an object", accepted(version))
    assert page is not None
    assert page.id == shown
