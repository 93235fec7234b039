"""The page as a screen reader has it: Chromium's accessibility tree."""

import json
from dataclasses import dataclass
from typing import Any

from tests.browser import Page
from tests.support import until

OPERATED = frozenset(
    ("button", "textbox", "combobox", "tab", "link", "checkbox", "option", "meter", "Audio", "InputTime")
)
"""Roles of what one operates; each needs a name. https://www.w3.org/TR/wai-aria-1.2/#namecalculation"""


@dataclass(frozen=True)
class Node:
    """A node that a screen reader comes to."""

    role: str
    name: str
    states: dict[str, Any]


@dataclass
class Reader:
    """A page in one of its languages."""

    page: Page
    language: str

    async def words(self, key: str, **values: object) -> str:
        """A text of the page's table."""
        row = await self.page(
            f"import('/phone/words/table.js').then(({{ TABLE }}) => TABLE[{json.dumps(key)}])"
        )
        return str(row[self.language]).format(**values)

    async def nodes(self) -> list[Node]:
        """What is not ignored, in the order of the page."""
        await self.page.ask("Accessibility.enable")
        tree = await self.page.ask("Accessibility.getFullAXTree")
        return [_node(one) for one in tree["nodes"] if not one["ignored"]]

    async def has(self, role: str, key: str, **values: object) -> Node:
        """Waits for the node of that role and name."""
        name = await self.words(key, **values)
        found: list[Node] = []

        async def is_there() -> Node:
            found[:] = [one for one in await self.nodes() if one.role == role]
            node = next((one for one in found if one.name.startswith(name)), None)
            assert node, (role, name, found)
            return node

        return await until(is_there, AssertionError)

    async def nameless(self) -> list[Node]:
        """What can be operated and has no name."""
        return [one for one in await self.nodes() if one.role in OPERATED and not one.name.strip()]


def _node(one: dict[str, Any]) -> Node:
    states = {each["name"]: each["value"].get("value") for each in one.get("properties", ())}
    if "value" in one:
        states["value"] = one["value"].get("value")
    return Node(one["role"]["value"], one.get("name", {}).get("value", ""), states)
