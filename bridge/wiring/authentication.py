"""Builds what authenticates callers of the API: keys, devices, users of Twenty, anonymous pages."""

import structlog

from bridge.inbox.store import Inbox
from bridge.settings import Settings
from bridge.settings.served import agents_of
from bridge.twenty.users.resemblance import Resemblance
from bridge.twenty.users.sessions import Sessions
from bridge.web.authentication.authenticate import Anyone, Authentication
from bridge.web.authentication.client_address import Addresses
from bridge.web.authentication.devices import Devices
from bridge.web.authentication.keys import keys_of
from bridge.web.authentication.users import CHECKS_PER_MINUTE, Users

log = structlog.get_logger()


def build_authentication(
    settings: Settings,
    inbox: Inbox,
    sessions: Sessions,
    addresses: Addresses,
    *,
    checks_per_minute: int = CHECKS_PER_MINUTE,
) -> Authentication:
    """Authenticates requests as the settings say."""
    auth, agents = settings.auth, agents_of(settings)
    users = Users(
        sessions,
        addresses,
        Resemblance(settings.twenty.api_token.get_secret_value()),
        origin=settings.server.origin,
        members=auth.members,
        checks_per_minute=checks_per_minute,
    )
    anyone = Anyone(
        origins=settings.origins,
        agents=agents.allowed,
        incoming=auth.anonymous_incoming,
        per_minute=auth.anonymous_per_minute,
    )
    return Authentication(
        keys=keys_of(auth, agents),
        devices=Devices(inbox, agents),
        users=users,
        anyone=anyone if auth.anonymous else None,
    )


def warn_of_anonymous_access(settings: Settings) -> None:
    """Logs at each start that anonymous pages can place calls, where the settings allow it."""
    if settings.auth.anonymous:
        log.warning(
            "auth.ANYONE_MAY_CALL",
            what="auth.anonymous is on: clients that send one of these origins call on the company's bill",
            origins=sorted(settings.origins),
            incoming=settings.auth.anonymous_incoming,
        )
