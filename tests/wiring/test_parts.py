"""What keeps calls from Twenty, also where none is due."""

from types import SimpleNamespace
from typing import Any

import pytest

from bridge.wiring.parts import Drain

REFUSED = "twenty.unauthenticated"


@pytest.mark.parametrize(
    ("worker", "comparison", "reason", "needs_operator"),
    [
        (None, None, None, False),
        (None, REFUSED, REFUSED, True),
        (REFUSED, REFUSED, REFUSED, True),
        ("drain.standby", REFUSED, "drain.standby", True),
        ("twenty.unavailable", None, "twenty.unavailable", False),
    ],
)
def test_a_refused_key_is_known_without_a_call(
    worker: str | None, comparison: str | None, reason: str | None, *, needs_operator: bool
) -> None:
    parts: Any = SimpleNamespace(reason=worker, needs_operator=False), SimpleNamespace(reason=comparison)
    draining = Drain(*parts)
    assert (draining.reason, draining.needs_operator) == (reason, needs_operator)
