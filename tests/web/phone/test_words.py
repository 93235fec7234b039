"""The phone page says in each of its languages why the bridge refused something."""

import re
from pathlib import Path

import pytest

from bridge.errors import BridgeError, NumberRefused
from bridge.web.operation.problems import STATUS_OF
from tests.web.conftest import SPECIFICATION

TABLE = (Path(__file__).parents[3] / "bridge/web/phone/static/words/table.js").read_text()
KEYS = set(re.findall(r'^  (?:"([^"]+)"|(?:\w+)):', TABLE, re.MULTILINE))
CODES: list[str] = SPECIFICATION["components"]["schemas"]["Problem"]["properties"]["code"]["enum"]


@pytest.mark.parametrize("code", CODES)
def test_each_reason_has_a_text(code: str) -> None:
    assert KEYS & {code, f"problem.{code}"}


def test_each_error_that_is_answered_has_a_reason_that_is_specified() -> None:
    """Reasons that no class has (`call.over`) are held to the specification where they are answered."""
    answered = {error.code for error in STATUS_OF if error is not NumberRefused}
    assert answered - {BridgeError.code} <= {*CODES}


def test_no_mark_begins_a_line_in_french() -> None:
    """A no-break space stands before it; English has none there, nor has code within a text."""
    assert not re.findall(r'"[^"\n]*\w [:;?!][^"\n]*"', TABLE)
