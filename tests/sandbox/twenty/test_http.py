"""What is asked in an unusual way is answered as the original does."""

import aiohttp
import pytest

from bridge.sandbox.twenty import TwentySandbox

MESSAGE = 'Cannot query field "people" on type "Query".'
UNSEEN = {"errors": [{"message": MESSAGE, "locations": [{"line": 1, "column": 2}]}]}


@pytest.mark.parametrize(
    ("body", "status", "answer"),
    [
        (
            '{"query": ',
            400,
            {"message": "Unexpected end of JSON input", "error": "Bad Request", "statusCode": 400},
        ),
        (
            '[{"query": "{people {totalCount}}"}]',
            400,
            {"errors": [{"message": "Batching is not supported."}]},
        ),
        ('{"query": "{people {totalCount}}", "operationName": null, "variables": null}', 200, UNSEEN),
        (
            '{"query": "{people("}',
            200,
            {
                "errors": [
                    {
                        "message": "Syntax Error: Expected Name, found <EOF>.",
                        "locations": [{"line": 1, "column": 9}],
                    }
                ]
            },
        ),
        (
            '{"query": "query A {a} query B {b}", "operationName": "C"}',
            200,
            {"errors": [{"message": 'Unknown operation named "C".'}]},
        ),
    ],
)
async def test_a_body(
    sandbox: TwentySandbox, session: aiohttp.ClientSession, body: str, status: int, answer: object
) -> None:
    headers = {"Content-Type": "application/json"}
    async with session.post(sandbox.url + "/graphql", data=body, headers=headers) as got:
        assert (got.status, await got.json()) == (status, answer)


async def test_a_get_sees_no_workspace(sandbox: TwentySandbox, session: aiohttp.ClientSession) -> None:
    headers = {"Authorization": f"Bearer {sandbox.api_key}"}
    query = {"query": "{people {totalCount}}"}
    async with session.get(sandbox.url + "/graphql", params=query, headers=headers) as got:
        assert (got.status, await got.json()) == (200, UNSEEN)


async def test_health(sandbox: TwentySandbox, session: aiohttp.ClientSession) -> None:
    async with session.get(sandbox.url + "/healthz") as got:
        assert await got.json() == {"status": "ok", "info": {}, "error": {}, "details": {}}
