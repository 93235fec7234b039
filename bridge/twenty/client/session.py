"""gql's session to one of Twenty's endpoints; `endpoint` imports it with the first operation."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

from aiohttp import ClientResponseError
from aiohttp.hdrs import RETRY_AFTER
from gql import Client, FileVar, GraphQLRequest
from gql.client import AsyncClientSession
from gql.transport.aiohttp import AIOHTTPTransport
from gql.transport.exceptions import (
    TransportConnectionFailed,
    TransportError,
    TransportQueryError,
    TransportServerError,
)
from graphql import DocumentNode
from yarl import URL

from bridge.errors import TwentyDenied, TwentyFailed, TwentyOverLimit, TwentyUnavailable
from bridge.json_text import from_json
from bridge.language.phrase import phrase
from bridge.network.client import AnswerTooLarge, BoundedResponse, bound_to
from bridge.network.errors import seconds_of, why
from bridge.settings import TwentySettings
from bridge.twenty.client.errors import translate
from bridge.twenty.values import storable_json

NOT_PARSED = DocumentNode(definitions=())


class Request(GraphQLRequest):
    """A request of one operation, sent as the text that it is."""

    def __init__(self, name: str, text: str, variables: dict[str, Any]) -> None:
        super().__init__(NOT_PARSED, variable_values=variables, operation_name=name)
        self._text = text

    @property
    def payload(self) -> dict[str, Any]:
        """The body of the POST."""
        return {
            "query": self._text,
            "operationName": self.operation_name,
            "variables": self.variable_values or {},
        }


class Session:
    """Sends operations to the `url`; both methods raise TwentyError."""

    def __init__(self, session: AsyncClientSession, url: str) -> None:
        self._session = session
        self._url = url

    async def execute(self, name: str, text: str, variables: dict[str, Any], post: dict[str, Any]) -> Any:
        """The data of the answer to an operation; `post` are arguments for aiohttp."""
        return await self._ask(name, Request(name, text, variables), post)

    async def upload(self, name: str, text: str, content: BytesIO, *, name_of_file: str, kind: str) -> Any:
        """As `execute`, with a file in the variable `file`; `kind` is its type.

        https://github.com/jaydenseric/graphql-multipart-request-spec
        """
        file = FileVar(content, filename=name_of_file, content_type=kind)
        return await self._ask(name, Request(name, text, {"file": file}), {}, uploads=True)

    async def _ask(self, name: str, request: Request, post: dict[str, Any], *, uploads: bool = False) -> Any:
        try:
            return await self._session.execute(request, extra_args=post, upload_files=uploads)
        except TransportQueryError as answered:
            raise translate(answered.errors) from None
        except TransportServerError as failed:
            raise _status_error(name, failed) from None
        # gql raises AssertionError for an answer without data and errors.
        except (TransportError, TimeoutError, OSError, AssertionError) as away:
            raise self._unusable(name, _cause(away)) from away

    def _unusable(self, name: str, cause: BaseException) -> TwentyUnavailable:
        told = {"name": name, "host": str(URL(self._url).origin()), "reason": why(cause)}
        if isinstance(cause, AnswerTooLarge):
            # What one record says can be that long.
            return TwentyFailed(phrase("{name}: Twenty at {host} cannot be used: {reason}", **told))
        return TwentyUnavailable(phrase("{name}: Twenty at {host} cannot be reached: {reason}", **told))


@asynccontextmanager
async def open_session(
    settings: TwentySettings, path: str, *, within: int, key: str | None, response: type[BoundedResponse]
) -> AsyncIterator[Session]:
    """See `open_endpoint`."""
    url = f"{settings.api_url}/{path}"
    transport = AIOHTTPTransport(
        url,
        headers={"Authorization": f"Bearer {key}"} if key else None,
        timeout=within,
        ssl=True,
        json_serialize=storable_json,
        json_deserialize=from_json,
        client_session_args=bound_to(settings.api_url, response=response),
    )
    # The workspace's schema is large and changes; `schema/` asks for the part that matters.
    client = Client(transport=transport, execute_timeout=within, fetch_schema_from_transport=False)
    async with client as session:
        yield Session(session, url)


def _cause(away: BaseException) -> BaseException:
    """The network's error, where gql has one of its own around it."""
    return (isinstance(away, TransportConnectionFailed) and away.__cause__) or away


def _status_error(name: str, failed: TransportServerError) -> TwentyDenied | TwentyUnavailable:
    status = failed.code
    if status in (401, 403):
        return TwentyDenied(f"{name}: HTTP {status}", code="twenty.unauthenticated")
    if status == 429:
        # A reverse proxy's limit: Twenty's own answers are 200 with a code.
        return TwentyOverLimit(f"{name}: HTTP {status}", retry_after=_retry_after(failed.__cause__))
    return TwentyUnavailable(f"{name}: HTTP {status}")


def _retry_after(cause: BaseException | None) -> float | None:
    headers = cause.headers if isinstance(cause, ClientResponseError) else None
    return seconds_of(headers.get(RETRY_AFTER), now=datetime.now(UTC)) if headers else None
