"""A proxy before the sandbox Twenty that refuses on /metadata what a schema refuses."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import lru_cache
from typing import Any

import aiohttp
from aiohttp import web
from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    execute_sync,
    parse,
    validate,
)
from graphql.execution.values import get_variable_values

from bridge.sandbox.twenty import TwentySandbox

GRID = {"row": 0, "column": 0, "rowSpan": 1, "columnSpan": 12}

Json = dict[str, Any]


@asynccontextmanager
async def held_to(
    twenty: TwentySandbox, schema: GraphQLSchema, *, printing: GraphQLSchema | None = None
) -> AsyncIterator[str]:
    """The address of a Twenty whose /metadata has that schema, or prints another one than it has."""
    async with aiohttp.ClientSession() as session:

        async def forward(request: web.Request) -> web.Response:
            body = await request.json()
            if request.path == "/metadata":
                if (answer := answered(schema, printing or schema, body)) is not None:
                    return web.json_response(answer)
                body = with_grid(body)
            headers = {"Authorization": request.headers["Authorization"]}
            async with session.post(f"{twenty.url}{request.path}", json=body, headers=headers) as there:
                return web.json_response(await there.json(), status=there.status)

        application = web.Application(client_max_size=10_000_000)
        application.router.add_post("/{path:.*}", forward)
        runner = web.AppRunner(application)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        try:
            yield f"http://127.0.0.1:{runner.addresses[0][1]}"
        finally:
            await runner.cleanup()


def answered(schema: GraphQLSchema, printed: GraphQLSchema, body: Json) -> Json | None:
    """What the schema alone answers: a refusal, or an introspection."""
    document, errors = read(schema, body["query"])
    if errors:
        return {"errors": [{"message": error.message.replace("'", '"')} for error in errors]}
    (definition,) = document.definitions
    assert isinstance(definition, OperationDefinitionNode)
    given = get_variable_values(schema, definition.variable_definitions or (), body.get("variables") or {})
    if isinstance(given, list):
        coded = {"extensions": {"code": "BAD_USER_INPUT"}}
        return {"errors": [{"message": error.message.replace("'", '"'), **coded} for error in given]}
    if "__schema" in body["query"] or "__type" in body["query"]:
        return {"data": introspected(printed, body["query"])}
    return None


@lru_cache(maxsize=1000)
def read(schema: GraphQLSchema, query: str) -> tuple[DocumentNode, list[GraphQLError]]:
    """The document, and what the schema refuses of it."""
    document = parse(query)
    return document, validate(schema, document)


@lru_cache(maxsize=20)
def introspected(schema: GraphQLSchema, query: str) -> Json | None:
    """What the schema says of itself, which takes half a second."""
    return execute_sync(schema, parse(query)).data


def with_grid(body: Json) -> Json:
    """The request as the sandbox's own generation takes it."""
    if "createPageLayoutWidget" not in body["query"]:
        return body
    given: Json = json.loads(json.dumps(body))
    given["variables"]["input"].setdefault("gridPosition", GRID)
    return given
