"""The HTTP edge: what was sent becomes a document and variables, and the answer JSON."""

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import BodyPartReader, web
from graphql import GraphQLSyntaxError

from bridge.sandbox.twenty import documents
from bridge.sandbox.twenty.callers import Callers
from bridge.sandbox.twenty.cross_site import SESSION_COOKIES
from bridge.sandbox.twenty.errors import ApiError
from bridge.sandbox.twenty.failing import ARRIVED
from bridge.sandbox.twenty.graphql_api import GraphqlApi
from bridge.sandbox.twenty.metadata import endpoint
from bridge.sandbox.twenty.metadata.context import Context
from bridge.sandbox.twenty.metadata.endpoint import plain_error
from bridge.sandbox.twenty.tokens import Issuer
from bridge.sandbox.twenty.workspace import Workspace

_HALF = re.compile("[\ud800-\udfff]")
"""Half a surrogate pair."""


@dataclass(frozen=True)
class Asked:
    """One request as it was understood: for tests that count what a client asks."""

    at: float
    path: str
    operation: str | None
    root_fields: tuple[str, ...]


@dataclass
class Log:
    """What was asked so far, and how many root fields of /graphql that were."""

    requests: list[Asked] = field(default_factory=list)
    root_fields: int = 0

    def note(self, path: str, operation: documents.Operation, *, at: float) -> None:
        names = tuple(root.name for root in operation.roots)
        self.requests.append(Asked(at, path, operation.name, names))
        if path == "/graphql":
            self.root_fields += sum(not name.startswith("__") for name in names)


@dataclass(frozen=True)
class Endpoints:
    """Handlers of /graphql and /metadata."""

    workspace: Workspace
    api: GraphqlApi
    callers: Callers
    issuer: Issuer
    log: Log

    async def graphql(self, request: web.Request) -> web.StreamResponse:
        return await self._answer(request)

    async def metadata(self, request: web.Request) -> web.StreamResponse:
        return await self._answer(request)

    async def graphql_get(self, request: web.Request) -> web.Response:
        """The original answers a GET as if nobody had signed in."""
        try:
            document = documents.read(request.query.get("query", ""))
        except GraphQLSyntaxError as error:
            return web.json_response({"errors": [plain_error(error)]})
        operation = document.operation(None)
        if operation is None:
            raise web.HTTPBadRequest
        return web.json_response(await self.api.answer(document, operation, {}, None))

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        try:
            if request.content_type == "multipart/form-data":
                body = await _multipart(request)
            else:
                body = _body(await request.text(), request.content_type)
        except ValueError:
            refusal = {"message": "Unexpected end of JSON input", "error": "Bad Request", "statusCode": 400}
            return web.json_response(refusal, status=400)
        if isinstance(body, list):
            return web.json_response({"errors": [{"message": "Batching is not supported."}]}, status=400)
        if not isinstance(body, dict) or not isinstance(body.get("query"), str):
            return await _never()
        try:
            sessions: list[str] = []
            answer = web.json_response(await self._execute(request, body, sessions))
            for session in sessions:
                _set_cookie(answer, session, secure=request.secure)
            return answer
        except GraphQLSyntaxError as error:
            return web.json_response({"errors": [plain_error(error)]})
        except ApiError as error:
            return web.json_response({"errors": [error.as_json()], "data": None}, status=error.status)

    async def _execute(
        self, request: web.Request, body: dict[str, Any], sessions: list[str]
    ) -> dict[str, Any]:
        caller = await self.callers.identify(request.headers)
        document = documents.read(body["query"])
        name = body.get("operationName")
        operation = document.operation(name)
        if operation is None:
            return {"errors": [{"message": f'Unknown operation named "{name}".'}]}
        variables = {**operation.defaults, **(body.get("variables") or {})}
        self.log.note(request.path, operation, at=request.get(ARRIVED) or time.time())
        if request.path == "/graphql":
            return await self.api.answer(document, operation.resolved(variables), variables, caller)
        return await self.workspace.store.run(
            lambda connection: endpoint.answer(
                Context(self.workspace, connection, self.issuer, caller, sessions),
                document,
                name,
                body.get("variables") or {},
            )
        )


def _set_cookie(answer: web.Response, session: str, *, secure: bool) -> None:
    name = SESSION_COOKIES[0 if secure else 1]
    answer.set_cookie(name, session, path="/", httponly=True, secure=secure, samesite="Lax")


async def _multipart(request: web.Request) -> Any:
    """Operations, a map, then the files, in this order; raises ValueError.

    https://github.com/jaydenseric/graphql-multipart-request-spec
    """
    parts = [part async for part in _parts(request)]
    if [name for name, _ in parts[:2]] != ["operations", "map"]:
        raise ValueError("Misordered multipart fields")
    body, places = json.loads(parts[0][1]), json.loads(parts[1][1])
    files = dict(parts[2:])
    for name, paths in places.items():
        for path in paths:
            first, variable = path.split(".")
            if body[first][variable] is not None:
                raise ValueError("The variable of a file is null in the operations")
            body[first][variable] = files[name]
    return body


async def _parts(request: web.Request) -> AsyncIterator[tuple[str, bytes]]:
    async for part in await request.multipart():
        if isinstance(part, BodyPartReader):
            yield part.name or "", bytes(await part.read())


def _body(text: str, content_type: str) -> Any:
    if content_type == "application/x-www-form-urlencoded":
        return dict(parse_qsl(text))
    body = json.loads(text)
    if "\\u" not in text:
        return body
    # Whole pairs are one character by now; the original keeps the replacement character for half a pair.
    return json.loads(_HALF.sub("\ufffd", json.dumps(body, ensure_ascii=False)))


async def _never() -> web.Response:
    """A request without a query is never answered; so does the original."""
    await asyncio.get_running_loop().create_future()
    return web.Response()
