"""One of Twenty's GraphQL endpoints; gql, which takes 0.1 s and 7 MB, is imported by its first operation."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from importlib import import_module
from io import BytesIO
from typing import TYPE_CHECKING, Any

from bridge.errors import TwentyError
from bridge.network.client import BoundedResponse
from bridge.observability import metrics
from bridge.settings import TwentySettings
from bridge.twenty.client.documents import text_of

if TYPE_CHECKING:
    from bridge.twenty.client.session import Session

Opens = Callable[[], Awaitable["Session"]]


class Endpoint:
    """Sends operations to one URL; made by `open_endpoint`. Both methods raise TwentyError."""

    def __init__(self, opens: Opens) -> None:
        self._opens = opens
        self._opened: Session | None = None
        self._opening = asyncio.Lock()

    async def send(
        self,
        name: str,
        variables: dict[str, Any],
        *,
        bare: frozenset[str] = frozenset(),
        post: Mapping[str, Any] | None = None,
    ) -> Any:
        """Sends an operation; the data of the answer. `bare`: see `text_of`; `post` is for aiohttp."""
        session = await self._session()
        return await _measured(name, session.execute(name, text_of(name, bare), variables, dict(post or {})))

    async def upload(self, name: str, content: bytes, *, name_of_file: str, kind: str) -> Any:
        """Sends an operation with a file in its variable `file`; `kind` is the file's type."""
        session, file = await self._session(), BytesIO(content)
        sent = session.upload(name, text_of(name), file, name_of_file=name_of_file, kind=kind)
        return await _measured(name, sent)

    async def _session(self) -> "Session":
        async with self._opening:
            if self._opened is None:
                self._opened = await self._opens()
        return self._opened


async def _measured(name: str, answered: Awaitable[Any]) -> Any:
    began, outcome = time.perf_counter(), "ok"
    try:
        return await answered
    except TwentyError as error:
        outcome = error.code.removeprefix("twenty.")
        raise
    finally:
        metrics.TWENTY_DURATIONS.observe(time.perf_counter() - began, name)
        metrics.TWENTY_REQUESTS.inc(name, outcome)


@asynccontextmanager
async def open_endpoint(
    settings: TwentySettings,
    path: str,
    *,
    within: int,
    key: str | None = None,
    response: type[BoundedResponse] = BoundedResponse,
) -> AsyncIterator[Endpoint]:
    """A session to `/graphql` or `/metadata`, with the API `key` if any; opened by the first operation.

    An operation takes up to `within` seconds; `response` bounds the answers.
    """
    async with AsyncExitStack() as stack:

        async def opens() -> "Session":
            module = await asyncio.to_thread(import_module, "bridge.twenty.client.session")
            opening = module.open_session(settings, path, within=within, key=key, response=response)
            session: Session = await stack.enter_async_context(opening)
            return session

        yield Endpoint(opens)
