"""Observes what can need a person. What cannot be found out now is left out."""

import asyncio
import shutil
import ssl
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from sqlalchemy import make_url

from bridge.alerts.kinds import RIGHT, Alert, Observation, wrong
from bridge.doctor import database, public, twenty
from bridge.doctor.checks import Status
from bridge.errors import TwentyDenied, TwentyError, TwilioDenied, TwilioError
from bridge.inbox.operation import last_heard, lost_since
from bridge.inbox.store import Inbox
from bridge.inbox.transcripts.jobs import job_backlog
from bridge.inbox.transcripts.summaries import failed_summaries
from bridge.settings import Settings
from bridge.twenty.client.client import Executes

WAITS_TOO_LONG = timedelta(minutes=30)
LOST_FOR = timedelta(days=1)
"""How long no webhook has to be lost until it is over."""

PROBE_EVERY = timedelta(minutes=15)
CERTIFICATE_EVERY = timedelta(hours=1)
CONNECT_SECONDS = 10

FIRST_HOUR = timedelta(hours=1)
"""Open time after a start in which silence proves nothing: nothing was heard while no bridge ran."""

HAS_EXPIRED = 10
"""X509_V_ERR_CERT_HAS_EXPIRED of OpenSSL."""


class DrainState(Protocol):
    """The part of the worker that is observed."""

    reason: str | None
    needs_operator: bool


class ListsCalls(Protocol):
    """The part of Twilio's REST API that is tried; raises TwilioError."""

    def calls(self, *, started_after: datetime | None = None) -> AsyncIterator[object]: ...


class Observing:
    """Looks at the bridge; `trust` are other certificates than usual."""

    def __init__(
        self,
        settings: Settings,
        inbox: Inbox,
        drain: DrainState,
        client: Executes,
        twilio: ListsCalls,
        *,
        began: datetime,
        trust: ssl.SSLContext | None = None,
    ) -> None:
        self._settings = settings
        self._inbox = inbox
        self._drain = drain
        self._client = client
        self._twilio = twilio
        self._began = began
        self._key = Remembered(PROBE_EVERY)
        self._certificate = Remembered(CERTIFICATE_EVERY)
        self._credentials = Remembered(PROBE_EVERY)
        self._trust = trust

    async def once(self, now: datetime) -> Mapping[Alert, Observation]:
        """What is known now. Raises InboxUnavailable."""
        return {alert: observation async for alert, observation in self._all(now) if observation}

    async def _all(self, now: datetime) -> AsyncIterator[tuple[Alert, Observation | None]]:
        yield Alert.TWENTY_REFUSES, await self._refused(now)
        yield Alert.TWILIO_REFUSES, await self._credentials_refused(now)
        async for backlog in self._backlog(now):
            yield backlog
        yield Alert.TRANSCRIPTS_PARKED, await self._spoken()
        lost = await lost_since(self._inbox, now - LOST_FOR)
        yield Alert.WEBHOOKS_LOST, wrong(lost=lost) if lost else RIGHT
        yield Alert.DISK_FULL, self._disk()
        yield Alert.CERTIFICATE_EXPIRES, await self._certificate_ends(now)
        yield Alert.KEY_EXPIRES, self._key_ends(now)
        yield Alert.TWILIO_SILENT, await self._silence(now)

    async def _refused(self, now: datetime) -> Observation | None:
        """The worker asks Twenty only where calls are due, so the key is tried, too."""
        if self._drain.needs_operator:
            return wrong(reason=self._drain.reason)
        if self._key.is_old(now):
            self._key.set(await self._tried_key(), now)
        return self._key.observation

    async def _tried_key(self) -> Observation | None:
        try:
            await twenty.check_key(self._client)
        except TwentyDenied as denied:
            return wrong(reason=denied.code)
        except TwentyError:
            return None
        return RIGHT

    async def _credentials_refused(self, now: datetime) -> Observation | None:
        """By the list of calls, which reconciliation reads; without it the credentials may lack the right."""
        if not self._settings.reconcile.minutes:
            return None
        if self._credentials.is_old(now):
            self._credentials.set(await self._tried_credentials(now), now)
        return self._credentials.observation

    async def _tried_credentials(self, now: datetime) -> Observation | None:
        try:
            # No call began tomorrow: the answer is short.
            async for _ in self._twilio.calls(started_after=now + timedelta(days=1)):
                pass
        except TwilioDenied as denied:
            return wrong(reason=denied)
        except TwilioError:
            return None
        return RIGHT

    async def _backlog(self, now: datetime) -> AsyncIterator[tuple[Alert, Observation | None]]:
        backlog = await self._inbox.backlog()
        yield Alert.CALLS_PARKED, wrong(parked=backlog.parked) if backlog.parked else RIGHT
        if backlog.oldest and now - backlog.oldest > WAITS_TOO_LONG:
            # That Twenty refuses them is an alert already.
            waiting = wrong(due=backlog.due, since=f"{backlog.oldest:%Y-%m-%d %H:%M}")
            yield Alert.CALLS_WAIT, None if self._drain.needs_operator else waiting
        else:
            yield Alert.CALLS_WAIT, RIGHT

    async def _spoken(self) -> Observation:
        """Where the feature was switched off again, what is parked needs nothing."""
        settings = self._settings
        recordings = (await job_backlog(self._inbox)).parked if settings.transcripts.is_on else 0
        summaries = await failed_summaries(self._inbox) if settings.summaries.is_on else 0
        return wrong(transcripts=recordings, summaries=summaries) if recordings or summaries else RIGHT

    def _disk(self) -> Observation | None:
        url = make_url(self._settings.inbox.database_url.get_secret_value())
        if url.get_backend_name() != "sqlite":
            # No query returns the free space of the server's disk.
            return None
        folder = Path(url.database or "").absolute().parent
        free = shutil.disk_usage(folder).free
        is_room = database.room(free, folder).status is Status.OK
        return RIGHT if is_room else wrong(free=free // 2**20)

    async def _certificate_ends(self, now: datetime) -> Observation | None:
        parts = urlsplit(self._settings.server.public_url)
        if parts.scheme != "https":
            return None
        if self._certificate.is_old(now):
            found = await self._certificate_of(parts.hostname or "", parts.port or 443, now)
            self._certificate.set(found, now)
        return self._certificate.observation

    async def _certificate_of(self, host: str, port: int, now: datetime) -> Observation | None:
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                context = self._trust or ssl.create_default_context()
                ends = await public.certificate_end(host, port, context)
        except ssl.SSLCertVerificationError as refused:
            expired = wrong(host=host, ends=f"≤ {now:%Y-%m-%d}")
            return expired if refused.verify_code == HAS_EXPIRED else None
        except (OSError, UnicodeError):
            return None
        is_well = public.certificate(ends, now).status is Status.OK
        return RIGHT if is_well else wrong(host=host, ends=f"{ends:%Y-%m-%d}")

    def _key_ends(self, now: datetime) -> Observation:
        ends = twenty.key_end(self._settings.twenty)
        return wrong(ends=f"{ends:%Y-%m-%d}") if ends and ends < now + twenty.SOON else RIGHT

    async def _silence(self, now: datetime) -> Observation | None:
        hours, longest = (
            self._settings.lines.default.hours,
            timedelta(hours=self._settings.alerts.silent_hours),
        )
        heard = await last_heard(self._inbox)
        if not hours or not longest or heard is None:
            return None
        if now - heard < longest:
            return RIGHT
        opened = hours.hours
        silent = opened.open_between(heard, now)
        if silent < longest:
            return RIGHT
        if opened.open_between(self._began, now) < FIRST_HOUR:
            return None
        return wrong(heard=f"{heard.astimezone(UTC):%Y-%m-%d %H:%M}", hours=silent // timedelta(hours=1))


class Remembered:
    """An observation that costs a request, and is made anew only now and then."""

    def __init__(self, every: timedelta) -> None:
        self._every = every
        self._at: datetime | None = None
        self.observation: Observation | None = None

    def is_old(self, now: datetime) -> bool:
        """Whether it is to be made anew; also after a clock jumped back."""
        return self._at is None or not self._at <= now < self._at + self._every

    def set(self, observation: Observation | None, now: datetime) -> None:
        """Remembers it."""
        self.observation, self._at = observation, now
