"""What the demo's language model answers: it knows the morning's conversations."""

import json
from typing import Any

from bridge.sandbox.speech import Chatted


def _points(*said: tuple[str, int]) -> list[dict[str, Any]]:
    return [{"text": text, "second": second} for text, second in said]


ORDER = {
    "about": _points(
        ("Paul Martin orders 40 blue chairs at 89 euros each.", 4), ("He wants an offer today.", 19)
    ),
    "agreed": _points(("Delivery is on 12 December.", 11)),
    "next_steps": _points(("Send Paul Martin the offer this afternoon.", 24)),
}
MESSAGE = {
    "about": _points(("Nora asks to be called back about the offer.", 0)),
    "agreed": [],
    "next_steps": _points(("Call Nora back.", 0)),
}


def summarized(asked: Chatted) -> str:
    """The summary of the conversation that the request holds."""
    return json.dumps(ORDER if "chairs" in asked.body["messages"][-1]["content"] else MESSAGE)
