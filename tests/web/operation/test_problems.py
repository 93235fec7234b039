"""Error answers: an internal error gives the client the request id, and nothing of its cause."""

import json

import pytest

from bridge.errors import BridgeError
from bridge.observability import context
from bridge.web.operation.problems import answer_to


@pytest.mark.parametrize("error", [RuntimeError("a secret cause"), BridgeError("a secret cause")])
def test_an_internal_error_names_the_request_id(error: Exception) -> None:
    context.bind(request_id="3f9a-12")
    answer = answer_to(error, "/")
    assert (answer.status, json.loads(answer.text or "")["detail"]) == (
        500,
        "Internal error; the log has it under request id 3f9a-12.",
    )
