"""Builds middlewares, and the handlers of health, capabilities, recordings, the status page and metrics."""

from aiohttp.typedefs import Middleware

from bridge.calls.routing.lines import Group, Lines
from bridge.observability.logs import LogRequest
from bridge.settings import Settings
from bridge.settings.digest import digest_of
from bridge.web.handlers import Handler
from bridge.web.operation.access_log import observing
from bridge.web.operation.health import Health, capabilities
from bridge.web.operation.limits import limits
from bridge.web.operation.metrics import Scrape
from bridge.web.operation.shutdown import Shutdown
from bridge.web.recordings import GoneRecordings, Recordings
from bridge.web.routes import PublicEdge
from bridge.web.transcripts import TranscriptPages
from bridge.wiring.parts import Parts
from bridge.wiring.status import status_page
from bridge.wiring.worker import links_of


def middlewares(
    settings: Settings, parts: Parts, log_request: LogRequest, *, body_seconds: float
) -> list[Middleware]:
    """What every request passes, the outermost first."""
    tell = log_request if settings.log.requests else None
    observed = observing(log_request=tell, watch=parts.addresses.watch)
    concurrent = settings.server.concurrent_requests
    return [observed, limits(concurrent_requests=concurrent, body_seconds=body_seconds)]


def public_edge(settings: Settings, parts: Parts, shutdown: Shutdown) -> PublicEdge:
    """All that is for anyone, or signs in by itself."""
    return PublicEdge(
        health=_health(settings, parts, shutdown),
        capabilities=_capabilities(settings, parts.rules.lines),
        recordings=Recordings(
            links_of(settings), parts.account.media, parts.addresses, GoneRecordings(parts.inbox)
        ),
        transcripts=TranscriptPages(
            parts.inbox,
            links_of(settings),
            parts.workspace.members.names,
            region=settings.region,
            root=settings.server.prefix,
        ),
        status=status_page(settings, parts),
    )


def scrape_of(parts: Parts) -> Scrape:
    """Answers scrapes of the metrics."""
    client, draining = parts.workspace.client, parts.draining
    return Scrape(parts.inbox, budget_left=client.budget.left, drain_reason=lambda: draining.reason)


def _health(settings: Settings, parts: Parts, shutdown: Shutdown) -> Health:
    draining = parts.draining
    return Health(
        parts.inbox,
        shutdown,
        settings_digest=digest_of(settings),
        reasons=lambda: filter(None, (draining.reason, parts.addresses.reason)),
    )


def _capabilities(settings: Settings, lines: Lines) -> Handler:
    ringing = any(isinstance(step, Group) and step.agents for line in lines for step in line.steps)
    return capabilities(
        phone_number=settings.twilio.phone_number,
        app_sid=settings.twilio.app_sid,
        incoming=ringing and (not settings.auth.anonymous or settings.auth.anonymous_incoming),
        voicemail=any(line.voicemail for line in lines),
    )
