"""Puts together what sends alerts, for the process that drains."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from bridge.alerts.channels import channels_of, language_of
from bridge.alerts.messages import Words
from bridge.alerts.observing import Observing
from bridge.alerts.sending import Sending
from bridge.settings import Settings
from bridge.sync.rounds import Rounds
from bridge.wiring.parts import Parts

EVERY = timedelta(minutes=1)
WAITS_SECONDS = 5
"""For Twenty's rate limit, when the key is tried."""


def alerting(settings: Settings, parts: Parts, lead: Callable[[], Awaitable[None]]) -> Rounds:
    """Sends alerts on each channel that is set, while it is this process's turn (`lead`)."""
    words = Words(language_of(settings), settings.server.public_url)
    sendings = [Sending(parts.inbox, channel, words, lead=lead) for channel in channels_of(settings)]
    client = parts.workspace.client.interactive(within=WAITS_SECONDS)
    observing = Observing(
        settings, parts.inbox, parts.worker, client, parts.account.rest, began=datetime.now(UTC)
    )

    async def once(now: datetime) -> None:
        observed = await observing.once(now)
        for sending in sendings:
            await sending.once(observed, now)

    return Rounds("alerts", once, every=EVERY, lead=lead)
