"""All checks of a bridge with these settings."""

import ssl
from collections.abc import Collection, Iterator
from itertools import chain
from pathlib import Path

import aiohttp

from bridge.doctor import (
    agents,
    alerts,
    clock,
    database,
    members,
    phone,
    public,
    queries,
    running,
    settings,
    transcripts,
    twenty,
    twilio,
    twilio_transcripts,
    webhook,
)
from bridge.doctor.bridge_address import BridgeAddress, signature_of_callback
from bridge.doctor.checks import SECONDS, Check, Finding, examine, wanted
from bridge.network.client import SchemaResponse, open_session
from bridge.settings import ServerSettings, Settings
from bridge.settings.config_files import ENV_FILE
from bridge.settings.digest import digest_of
from bridge.twenty.client.client import TwentyClient, open_client

WAITS_SECONDS = 1
"""Seconds to wait for Twenty's rate limit; after that the check reports that it did not run."""

ANY_HOST = {"0.0.0.0": "127.0.0.1", "::": "[::1]", "": "127.0.0.1"}  # noqa: S104 - compared with


async def examine_all(
    configured: Settings,
    names: Collection[str] = (),
    *,
    env_file: Path = ENV_FILE,
    trust: ssl.SSLContext | None = None,
    seconds: int = SECONDS,
    test_alert: bool = False,
) -> list[Finding]:
    """Runs the checks and returns their findings; `names` of checks or themes choose some of them.

    Each check has `seconds`. A request has a little less, so that its timeout names the system that did not
    answer. With `test_alert` a message goes out as alerts do. Raises NotUnderstood for unknown names.
    """
    asking = max(1, seconds - 2)
    timeout = aiohttp.ClientTimeout(total=asking)
    # The operator does not wait for the bridge's own rate limit.
    impatient = {"timeout_seconds": asking, "requests_per_minute": 1_000_000}
    of_twenty = configured.twenty.model_copy(update=impatient)
    async with (
        open_session(timeout) as session,
        open_client(of_twenty, response=SchemaResponse) as client,
    ):
        hurried = client.interactive(within=WAITS_SECONDS)
        checks = [
            *_checks(configured, session, hurried, env_file, seconds=asking),
            *_of_bridge(configured, session, trust),
            *phone.checks(configured, hurried, BridgeAddress(configured.server.public_url, session, trust)),
            *alerts.checks(configured, send_test=test_alert, trust=trust),
            *clock.checks(session, twilio_url=configured.twilio.api_url, twenty_url=of_twenty.api_url),
        ]
        return await examine(wanted(checks, names), seconds=seconds)


def _checks(
    configured: Settings,
    session: aiohttp.ClientSession,
    client: TwentyClient,
    env_file: Path,
    *,
    seconds: float,
) -> Iterator[Check]:
    of_twilio, public_url = configured.twilio, configured.server.public_url
    here = BridgeAddress(address_of(configured.server), session)
    return chain(
        settings.checks(configured, env_file),
        database.checks(
            configured.inbox.database_url.get_secret_value(),
            here,
            [key.get_secret_value() for key in configured.inbox.forget_key],
        ),
        twenty.checks(
            configured.twenty,
            client,
            session,
            region=configured.region,
            tasks=configured.activities.missed_call_tasks,
        ),
        webhook.checks(configured, client),
        queries.checks(client),
        members.checks(configured, client),
        agents.checks(configured, client),
        twilio.checks(
            of_twilio,
            session,
            public_url=public_url,
            numbers=configured.own_numbers,
            caller_ids=configured.caller_ids,
            countries=configured.dialling.rules(configured.region).countries,
            seconds=seconds,
        ),
        transcripts.checks(configured, session),
        twilio_transcripts.checks(of_twilio, configured.transcripts, seconds=seconds),
    )


def address_of(server: ServerSettings) -> str:
    """Where the process itself listens, as seen from this machine."""
    return f"http://{ANY_HOST.get(server.host, server.host)}:{server.port}"


def _of_bridge(
    configured: Settings, session: aiohttp.ClientSession, trust: ssl.SSLContext | None
) -> Iterator[Check]:
    of_twilio = configured.twilio
    here = BridgeAddress(address_of(configured.server), session)
    public_one = BridgeAddress(configured.server.public_url, session, trust)
    signature = signature_of_callback(public_one.url, of_twilio)
    return chain(
        running.checks(
            here,
            app_sid=of_twilio.app_sid,
            phone_number=of_twilio.phone_number,
            signature=signature,
            digest=digest_of(configured),
        ),
        public.checks(here, public_one, signature=signature, origins=configured.origins),
    )
