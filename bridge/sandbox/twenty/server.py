"""Starts the sandbox: parts → aiohttp application → a listening server."""

from collections.abc import AsyncIterator, Collection
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from aiohttp import web

from bridge.sandbox.twenty import cross_site, failing, seed
from bridge.sandbox.twenty.callers import Callers
from bridge.sandbox.twenty.execution import Executor
from bridge.sandbox.twenty.faults import Faults
from bridge.sandbox.twenty.generation import GENERATIONS, OLDEST, Generation
from bridge.sandbox.twenty.graphql_api import GraphqlApi
from bridge.sandbox.twenty.http import Asked, Endpoints, Log
from bridge.sandbox.twenty.limits import Limiter
from bridge.sandbox.twenty.outbound import Outbound
from bridge.sandbox.twenty.pages.routes import Pages
from bridge.sandbox.twenty.store import Store
from bridge.sandbox.twenty.webhooks import Webhooks
from bridge.sandbox.twenty.workspace import Workspace

MEGABYTE = 2**20


@dataclass
class TwentySandbox:
    """A running sandbox: where it is, how to get in, what it was asked, and how to make it fail."""

    url: str
    generation: str
    api_key: str
    user_token: str
    session: str
    readonly_key: str
    faults: Faults
    _log: Log

    @property
    def requests(self) -> list[Asked]:
        """What was asked, oldest first."""
        return self._log.requests

    @property
    def root_fields(self) -> int:
        """How many root fields of /graphql were asked for, whatever came of them."""
        return self._log.root_fields


@asynccontextmanager
async def twenty_sandbox(
    *,
    port: int = 0,
    host: str = "127.0.0.1",
    database: str | Path = ":memory:",
    provisioned: bool = False,
    rate_limit: bool = True,
    generation: str = OLDEST,
    application_pages: Collection[str] = (),
    safe_mode: bool = False,
    allowed_hosts: Collection[str] = (),
) -> AsyncIterator[TwentySandbox]:
    """A Twenty that listens on a port (0: a free one) until the context ends.

    `database` is a file that survives a restart, or `:memory:`. Only a new database asks for the rest:
    `generation` is its version, of `GENERATIONS`; `provisioned` brings the object `phoneCall` along;
    `application_pages` names objects whose records an application shows on a page of its own.
    In `safe_mode` webhooks to private addresses are dropped without a word, but for `allowed_hosts`, which
    only versions since 2.33 know.
    """
    chosen = GENERATIONS[generation]
    _check_pages(chosen, application_pages)
    async with AsyncExitStack() as stack:
        workspace = Workspace(Store(database))
        stack.push_async_callback(workspace.close)
        await workspace.open(
            partial(
                seed.template, chosen, provisioned=provisioned, application_pages=tuple(application_pages)
            ),
            seed.renew,
        )
        known_hosts = allowed_hosts if workspace.generation.allowed_hosts else ()
        webhooks = Webhooks(workspace, Outbound(safe_mode=safe_mode, allowed_hosts=known_hosts))
        stack.push_async_callback(webhooks.close)
        faults, log = Faults(), Log()
        limiter = Limiter(enabled=rate_limit, second=workspace.generation.second_rate_limit)
        app = _application(workspace, webhooks, faults, log, limiter)
        address = await stack.enter_async_context(_listening(app, host, port))
        known = seed.credentials(workspace.rows)
        yield TwentySandbox(
            url=address,
            generation=workspace.generation.version,
            api_key=known.api_key,
            user_token=known.user_token,
            session=known.session,
            readonly_key=known.readonly_key,
            faults=faults,
            _log=log,
        )


def _check_pages(generation: Generation, application_pages: Collection[str]) -> None:
    if application_pages and not generation.application_layouts:
        raise ValueError(f"A Twenty {generation.version} has one page for each object.")


def _application(
    workspace: Workspace, webhooks: Webhooks, faults: Faults, log: Log, limiter: Limiter
) -> web.Application:
    issuer = seed.issuer_of(workspace.rows)
    executor = Executor(workspace, limiter, faults, webhooks.tell)
    endpoints = Endpoints(
        workspace, GraphqlApi(workspace, executor), Callers(workspace, issuer, faults), issuer, log
    )
    middlewares = [failing.middleware(faults)]
    if workspace.generation.sessions:
        middlewares.append(cross_site.refuse)
    app = web.Application(middlewares=middlewares, client_max_size=64 * MEGABYTE)
    app.add_routes(
        [
            web.post("/graphql", endpoints.graphql),
            web.get("/graphql", endpoints.graphql_get),
            web.post("/metadata", endpoints.metadata),
            web.get("/healthz", _healthz),
            *failing.control(faults),
            *Pages(workspace).routes(),
        ]
    )
    return app


async def _healthz(_: web.Request) -> web.Response:
    return web.json_response({"status": "ok", "info": {}, "error": {}, "details": {}})


@asynccontextmanager
async def _listening(app: web.Application, host: str, port: int) -> AsyncIterator[str]:
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        bound_host, bound_port = runner.addresses[0][:2]
        yield f"http://{bound_host}:{bound_port}"
    finally:
        await runner.cleanup()
