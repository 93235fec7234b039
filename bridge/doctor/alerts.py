"""Checks the ways on which alerts go out; sends a test message on request."""

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial

from bridge.alerts.channels import Channel, channels_of, language_of
from bridge.alerts.email import EmailChannel
from bridge.alerts.messages import Words
from bridge.doctor.checks import Check, Verdict, error, ok
from bridge.language.phrase import phrase
from bridge.settings import Settings

MEND = phrase(
    "Compare alerts in config.yaml, and BRIDGE_ALERT_… in the environment, with docs/how-to/alerts.md."
)
TEST = phrase("doctor --test-alert sends a test message.")


def checks(settings: Settings, *, send_test: bool, trust: ssl.SSLContext | None = None) -> Iterator[Check]:
    """One check for each way; with `send_test` a message goes out."""
    channels = list(channels_of(settings, trust=trust))
    if not channels:
        yield Check("alerts", _none)
    for channel in channels:
        examine = partial(_tested if send_test else _reached, settings, channel)
        yield Check(f"alerts.{channel.name}", examine, MEND)


async def _none() -> Verdict:
    return ok(
        phrase("Alerts are not set: docs/how-to/alerts.md says how a message comes when something needs you.")
    )


async def _reached(settings: Settings, channel: Channel) -> Verdict:
    """Whether the mail server takes the login; a webhook can only be tried."""
    if not isinstance(channel, EmailChannel):
        return ok(phrase("Alerts are posted to {where}. {test}", where=channel.where, test=TEST))
    if settings.alerts.smtp_username and not settings.alerts.login:
        return error(
            phrase("alerts.smtp_username is set, and no password."),
            phrase("Set BRIDGE_ALERT_SMTP_PASSWORD."),
        )
    await channel.check()
    return ok(
        phrase(
            "The mail server {where} answers, and takes what the settings have of a login. {test}",
            where=channel.where,
            test=TEST,
        )
    )


async def _tested(settings: Settings, channel: Channel) -> Verdict:
    now = datetime.now(UTC)
    await channel.send(Words(language_of(settings), settings.server.public_url).test(now), now)
    return ok(phrase("{where} has taken a test message: look whether it arrives.", where=channel.where))
