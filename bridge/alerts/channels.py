"""The ways on which alerts go out."""

import ssl
from collections.abc import Iterator
from datetime import datetime
from typing import Protocol

from bridge.alerts.email import EmailChannel
from bridge.alerts.kinds import Language
from bridge.alerts.messages import AlertMessage
from bridge.alerts.webhook import WebhookChannel
from bridge.settings import Settings


class Channel(Protocol):
    """A way to a person; `name` is its key in the database, `where` names its server in logs."""

    name: str
    where: str

    async def send(self, message: AlertMessage, now: datetime) -> None:
        """Raises AlertNotSent."""


def channels_of(settings: Settings, *, trust: ssl.SSLContext | None = None) -> Iterator[Channel]:
    """Those that are set."""
    if settings.alerts.to:
        yield EmailChannel(settings.alerts, trust=trust)
    if settings.alerts.webhook_url:
        yield WebhookChannel(settings.alerts, bridge=settings.server.public_url)


def language_of(settings: Settings) -> Language:
    """The language of what the bridge writes to its operators."""
    return "fr" if settings.voice.language.startswith("fr") else "en"
