"""Builds the handler of the status page."""

from datetime import timedelta

from bridge.settings import Settings
from bridge.settings.served import agents_of
from bridge.web.authentication.keys import keys_of
from bridge.web.status.report import Reporter
from bridge.web.status.session import StatusSession, secret_of
from bridge.web.status.status import StatusPage
from bridge.wiring.parts import Parts
from bridge.wiring.phone import agent_authentication, colleagues_of


def status_page(settings: Settings, parts: Parts) -> StatusPage:
    """For members of the workspace, and for keys with the right."""
    server, keys = settings.server, keys_of(settings.auth, agents_of(settings))
    examination = parts.examination
    return StatusPage(
        Reporter(
            parts.inbox,
            drain=parts.draining,
            diagnosis=lambda: examination.last,
            zone=settings.zone,
        ),
        parts.authentication,
        StatusSession(
            keys,
            secret=secret_of(settings.twilio.api_secret),
            lasts=timedelta(hours=settings.phone.tab_hours),
            path=f"{server.prefix}/status",
            secure=server.origin.startswith("https:"),
        ),
        keys,
        agents=agent_authentication(settings, parts),
        colleagues=colleagues_of(settings, parts),
        addresses=parts.addresses,
        root=server.prefix,
        origin=server.origin,
    )
