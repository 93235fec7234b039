"""The members of a workspace: all of them, and none looked for one by one."""

import uuid
from collections.abc import Sequence
from typing import Any

import pytest

from bridge.calls.agents import Agents, Identity
from bridge.sandbox.twenty import TwentySandbox
from bridge.twenty.client.client import TwentyClient
from bridge.twenty.people.members import Members, workspace_members
from tests.cpu_time import COARSE, seconds
from tests.support import ask

PAGE = 1000


class Twenty:
    """A workspace with so many members."""

    def __init__(self, members: int) -> None:
        self.nodes = [
            {"id": str(uuid.UUID(int=i)), "userEmail": f"M.{i}@example.com", "name": {"firstName": f"M{i}"}}
            for i in range(members)
        ]
        self.asked = 0

    async def execute(self, name: str, **variables: Any) -> dict[str, Any]:
        assert name == "WorkspaceMembers"
        self.asked += 1
        start = int(variables["after"] or 0)
        page: Sequence[dict[str, Any]] = self.nodes[start : start + PAGE]
        end = start + len(page)
        info = {"hasNextPage": end < len(self.nodes), "endCursor": str(end)}
        return {"workspaceMembers": {"edges": [{"node": node} for node in page], "pageInfo": info}}

    async def execute_metadata(self, name: str, **_variables: Any) -> dict[str, Any]:
        raise AssertionError(name)


@pytest.mark.parametrize(("members", "pages"), [(0, 1), (999, 1), (1000, 1), (1001, 2), (2500, 3)])
async def test_all_pages_are_read(members: int, pages: int) -> None:
    twenty, known = Twenty(members), Members(Agents())
    await known.refresh(twenty)
    assert twenty.asked == pages
    found = [known.by_identity(Identity(f"m_{i}_example_com")) for i in range(members)]
    assert found == [node["id"] for node in twenty.nodes]


async def test_an_agent_who_is_no_member_costs_no_scan_of_them() -> None:
    """A hundred times the members takes a hundred times as long where each is looked at."""
    strangers = [Identity(f"stranger_{i}") for i in range(200)]

    async def took(members: int) -> float:
        known = Members(Agents())
        await known.refresh(Twenty(members))
        assert known.names(strangers) == {}
        return seconds(lambda: known.names(strangers), least_of=3)

    assert await took(5000) < 10 * max(await took(50), COARSE)


async def test_twenty_pages_its_members(client: TwentyClient, twenty: TwentySandbox) -> None:
    members = await workspace_members(client)
    nodes = await ask(twenty, "{ workspaceMembers(first: 100) { edges { node { id } } } }")
    assert {member.id for member in members} == {e["node"]["id"] for e in nodes["workspaceMembers"]["edges"]}
