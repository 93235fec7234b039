"""The pinned buttons of applications on a record's page.

The original runs a component in a worker, and shows in a panel what it renders; here `panel.js` does that in
the page.
"""

import json
from collections.abc import Iterable

from bridge.sandbox.twenty.metadata.rows import Rows
from bridge.sandbox.twenty.model import Row
from bridge.sandbox.twenty.pages.html import Html, tag

COMPONENTS = "/sandbox/components"


def buttons(rows: Rows, commands: Iterable[Row], record_id: str) -> list[Html]:
    """A button for each command; its panel is empty until it is pressed."""
    return [_button(rows, command, record_id) for command in commands]


def _button(rows: Rows, command: Row, record_id: str) -> Html:
    variables = rows.all("applicationVariable", applicationId=command["applicationId"], isSecret=False)
    return tag(
        "section",
        tag("button", command.get("shortLabel") or command["label"], type="button", title=command["label"]),
        tag("div", class_="panel"),
        class_="command",
        data_component=f"{COMPONENTS}/{command['frontComponentId']}.mjs",
        data_record=record_id,
        data_variables=json.dumps({row["key"]: row["value"] for row in variables}),
    )
