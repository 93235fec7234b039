"""The composition root: opens the parts, one after the other, and routes requests to handlers of them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path

import structlog
from aiohttp import web
from msgspec import Struct

from bridge.calls.live_calls import LiveCalls
from bridge.inbox.drain_lock import DrainLock, claim_file, open_drain_lock
from bridge.inbox.store import Inbox
from bridge.observability.logs import LogRequest, log_request
from bridge.settings import Settings
from bridge.twenty.people.recognition import WAITS_SECONDS
from bridge.twenty.schema.check import AFTER_SECONDS, Comparison
from bridge.web.authentication.client_address import Addresses
from bridge.web.authentication.users import CHECKS_PER_MINUTE
from bridge.web.availabilities import Availabilities
from bridge.web.operation.limits import BODY_SECONDS, LARGEST_RECORD
from bridge.web.operation.metrics import Scrape
from bridge.web.operation.security_headers import preparing
from bridge.web.operation.shutdown import Shutdown
from bridge.web.phone.events import CHECK_SECONDS, Events
from bridge.web.routes import Edge, add_routes
from bridge.web.twilio.inbound import Clock, utc_now
from bridge.wiring.authentication import build_authentication, warn_of_anonymous_access
from bridge.wiring.calls import call_rules, open_inbox_and_live_calls
from bridge.wiring.comparison import drifts_of
from bridge.wiring.conferences import SWEEP_SECONDS, conferences_of, hearing
from bridge.wiring.examination import Examination, doctor_command
from bridge.wiring.operation import middlewares, public_edge, scrape_of
from bridge.wiring.parts import Parts
from bridge.wiring.phone import phone_edge
from bridge.wiring.twenty import Workspace, open_workspace, webhook_of
from bridge.wiring.twilio import Account, open_account
from bridge.wiring.upkeep import upkeep
from bridge.wiring.voice import twilio_edge
from bridge.wiring.worker import draining, worker_for

log = structlog.get_logger()

SCRAPE = web.AppKey("scrape", Scrape)
SHUTDOWN = web.AppKey("shutdown", Shutdown)


class Bounds(Struct, frozen=True, kw_only=True):
    """What has one right value, and which tests choose otherwise.

    `clock` is the time for lines with hours, `recognition_seconds` how long a caller waits to be recognised,
    `body_seconds` how long a request's body has to arrive, `checks_per_minute` how often unknown tokens of
    one address are checked at Twenty, `stream_check_seconds` how often the credentials of open streams are,
    `conference_check_seconds` how often Twilio is asked who is in conferences, `compare_seconds` when
    Twenty's schema is compared after the start.
    """

    clock: Clock = utc_now
    recognition_seconds: float = WAITS_SECONDS
    body_seconds: float = BODY_SECONDS
    checks_per_minute: int = CHECKS_PER_MINUTE
    stream_check_seconds: float = CHECK_SECONDS
    conference_check_seconds: float = SWEEP_SECONDS
    compare_seconds: float = AFTER_SECONDS


BOUNDS = Bounds()


@asynccontextmanager
async def open_app(
    settings: Settings,
    *,
    config: Path | None = None,
    bounds: Bounds = BOUNDS,
    log_request: LogRequest = log_request,
) -> AsyncIterator[web.Application]:
    """The application with its parts open and its worker draining; `config` is the settings' file.

    Raises InboxUnavailable where the database cannot be opened, AlreadyServed where another process has
    its file. Twenty is not waited for.
    """
    async with open_drain_lock(settings.inbox) as lock:
        await claim_file(lock, settings.inbox)
        async with (
            open_inbox_and_live_calls(settings) as (inbox, live_calls),
            open_account(settings) as account,
            open_workspace(settings, recognition_seconds=bounds.recognition_seconds) as workspace,
        ):
            parts = _parts(
                settings,
                lock,
                bounds=bounds,
                inbox=inbox,
                live_calls=live_calls,
                account=account,
                workspace=workspace,
                examination=Examination(doctor_command(config)),
            )
            async with (
                hearing(inbox, parts.conferences.keeper),
                parts.availabilities.following(),
                draining(parts.worker, settings.server.stop_seconds),
                upkeep(settings, parts, lock.check),
                parts.comparison.running(),
            ):
                yield _application(settings, parts, bounds, log_request)


def _parts(
    settings: Settings,
    lock: DrainLock,
    *,
    bounds: Bounds,
    inbox: Inbox,
    live_calls: LiveCalls,
    account: Account,
    workspace: Workspace,
    examination: Examination,
) -> Parts:
    addresses = Addresses(settings.server.trusted_proxies)
    rules = call_rules(settings, live_calls, workspace.members)
    return Parts(
        inbox=inbox,
        account=account,
        workspace=workspace,
        worker=worker_for(
            settings,
            inbox,
            workspace.client.while_allowed(lock.check),
            lock,
            directory=workspace.directory,
            members=workspace.members,
        ),
        rules=rules,
        conferences=conferences_of(
            settings, inbox, account.rest, rules, check_seconds=bounds.conference_check_seconds
        ),
        addresses=addresses,
        availabilities=Availabilities(
            inbox,
            talked_until=live_calls.talked_until,
            after_call=timedelta(seconds=settings.phone.after_call_seconds),
        ),
        authentication=build_authentication(
            settings,
            inbox,
            workspace.sessions,
            addresses,
            checks_per_minute=bounds.checks_per_minute,
        ),
        examination=examination,
        comparison=Comparison(
            drifts_of(settings.twenty),
            partial(workspace.client.execute, "WorkspaceMembers"),
            after=bounds.compare_seconds,
        ),
        clock=bounds.clock,
    )


def _application(
    settings: Settings, parts: Parts, bounds: Bounds, log_request: LogRequest
) -> web.Application:
    server = settings.server
    outermost_first = middlewares(settings, parts, log_request, body_seconds=bounds.body_seconds)
    app = web.Application(middlewares=outermost_first, client_max_size=LARGEST_RECORD)
    shutdown = Shutdown()
    edge = Edge(
        twilio=twilio_edge(settings, parts),
        twenty=webhook_of(settings, parts.inbox, parts.workspace),
        phone=phone_edge(
            settings,
            parts,
            is_stopping=lambda: shutdown.begun,
            stream_check_seconds=bounds.stream_check_seconds,
        ),
        public=public_edge(settings, parts, shutdown),
    )
    app.cleanup_ctx.append(partial(_feeding, edge.phone.events))
    app.on_shutdown.append(edge.phone.events.close)
    sharing = add_routes(app, edge, prefix=server.prefix, origins=settings.origins)
    app.on_response_prepare.append(preparing(server.public_url, sharing=sharing, shutdown=shutdown))
    app[SHUTDOWN], app[SCRAPE] = shutdown, scrape_of(parts)
    warn_of_anonymous_access(settings)
    for warning in settings.warnings:
        log.warning("settings.changed", what=warning)
    for warning in settings.ignored:
        log.warning("settings.unknown", what=warning)
    return app


async def _feeding(events: Events, _app: web.Application) -> AsyncIterator[None]:
    async with events.running():
        yield
