"""Error answers: an internal error gives the client the request id, and nothing of its cause."""

import json

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from bridge.errors import BridgeError
from bridge.observability import context
from bridge.web.operation.problems import problems


@pytest.mark.parametrize("error", [RuntimeError("a secret cause"), BridgeError("a secret cause")])
async def test_an_internal_error_names_the_request_id(error: Exception) -> None:
    async def fails(_request: web.Request) -> web.StreamResponse:
        raise error

    context.bind(request_id="3f9a-12")
    answer = await problems(make_mocked_request("GET", "/"), fails)
    assert isinstance(answer, web.Response)
    assert (answer.status, json.loads(answer.text or "")["detail"]) == (
        500,
        "Internal error; the log has it under request id 3f9a-12.",
    )
