"""Puts together what looks back: reconciliation and retention for `app`, what asks Twilio for `backfill`."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from datetime import timedelta

from bridge import background
from bridge.inbox.forgetting import Forgotten
from bridge.inbox.missing_agents import MissingAgents
from bridge.inbox.operation import drop_lost
from bridge.inbox.replicas import drop_ended_leases
from bridge.inbox.retention import Retention
from bridge.inbox.sign_ins import drop_ended
from bridge.inbox.store import Inbox
from bridge.settings import Settings
from bridge.settings.served import agents_of
from bridge.sync.changed_people import ChangedPeople
from bridge.sync.corrections import Corrections
from bridge.sync.deletions import Deletions
from bridge.sync.looking_back import EVERY, FIRST_IN
from bridge.sync.reconcile.comparison import Ours
from bridge.sync.reconcile.reconciler import Reconciler
from bridge.sync.reconcile.twilio_calls import Asking
from bridge.sync.retention import RecordingRetention
from bridge.sync.rounds import Rounds
from bridge.twilio.rest import TwilioRest
from bridge.wiring.erasing import erasing
from bridge.wiring.examination import EVERY as EXAMINE_EVERY
from bridge.wiring.examination import FIRST_IN as EXAMINE_IN
from bridge.wiring.parts import Parts

PURGE_EVERY = timedelta(hours=1)
ADD_AGENTS_EVERY = timedelta(minutes=5)
DELETE_EVERY = timedelta(hours=6)

Lead = Callable[[], Awaitable[None]]


def asking_for(settings: Settings, inbox: Inbox, twilio: TwilioRest, *, dry: bool = False) -> Asking:
    """Who asks Twilio for the bridge's calls."""
    account = settings.twilio
    return Asking(
        inbox,
        twilio,
        ours_of(settings),
        forgotten_of(settings, inbox),
        account_url=f"{account.api_url}/2010-04-01/Accounts/{account.account_sid}",
        dry=dry,
    )


def forgotten_of(settings: Settings, inbox: Inbox) -> Forgotten:
    """Whom the inbox has forgotten."""
    return Forgotten(inbox, [key.get_secret_value() for key in settings.inbox.forget_key])


def ours_of(settings: Settings) -> Ours:
    """Which calls of the account are the bridge's."""
    return Ours(settings.own_numbers, agents_of(settings))


@asynccontextmanager
async def upkeep(settings: Settings, parts: Parts, lead: Lead) -> AsyncIterator[None]:
    """Reconciles, purges, deletes recordings, follows corrections, sends alerts, transcribes and summarises.

    All but transcribing while it is this process's turn: `lead` raises Standby while it is another's.
    """
    keeper = parts.conferences.keeper
    rounds = [
        *_rounds(settings, parts.inbox, parts.account.rest, lead),
        *_looking_back(settings, parts, lead),
        *_alerts(settings, parts, lead),
        erasing(settings, parts.inbox, parts.account, lead),
        Rounds("conferences", keeper.sweep, every=keeper.every, lead=lead),
        Rounds("doctor", parts.examination.once, every=EXAMINE_EVERY, lead=_each, first_in=EXAMINE_IN),
    ]
    tasks = [background.keep_running(each.run, name=each.name) for each in rounds]
    try:
        async with _transcribing(settings, parts), _summarizing(settings, parts, lead):
            yield
    finally:
        await background.stop(*tasks)


async def _each() -> None:
    """Every replica's turn."""


def _alerts(settings: Settings, parts: Parts, lead: Lead) -> Iterator[Rounds]:
    if settings.alerts.to or settings.alerts.webhook_url:
        from bridge.wiring.alerts import alerting  # noqa: PLC0415 - it loads doctor, which takes long

        yield alerting(settings, parts, lead)


def _transcribing(settings: Settings, parts: Parts) -> AbstractAsyncContextManager[None]:
    if not settings.transcripts.is_on:
        return nullcontext()
    from bridge.wiring.transcripts import transcribing  # noqa: PLC0415 - few bridges have an engine

    return transcribing(settings, parts.inbox, parts.account)


def _summarizing(settings: Settings, parts: Parts, lead: Lead) -> AbstractAsyncContextManager[None]:
    if not settings.summaries.is_on:
        return nullcontext()
    from bridge.wiring.summaries import summarizing  # noqa: PLC0415 - few bridges have a model

    return summarizing(settings, parts.inbox, lead)


def _rounds(settings: Settings, inbox: Inbox, twilio: TwilioRest, lead: Lead) -> Iterator[Rounds]:
    yield Rounds("sign-ins", lambda now: drop_ended(inbox, now=now), every=PURGE_EVERY, lead=lead)
    yield Rounds("leases", lambda now: drop_ended_leases(inbox, now=now), every=PURGE_EVERY, lead=lead)
    yield Rounds("lost webhooks", lambda now: drop_lost(inbox, now=now), every=PURGE_EVERY, lead=lead)
    missing = MissingAgents(inbox)
    yield Rounds("agents of calls", missing.once, every=ADD_AGENTS_EVERY, lead=lead)
    if minutes := settings.reconcile.minutes:
        reconciler = Reconciler(inbox, asking_for(settings, inbox, twilio))
        yield Rounds("reconcile", reconciler.once, every=timedelta(minutes=minutes), lead=lead)
    if days := settings.inbox.keep_days:
        retention = Retention(inbox, timedelta(days=days))
        yield Rounds("purge", retention.once, every=PURGE_EVERY, lead=lead)
    if (kept_days := settings.recordings.keep_days) is not None:
        recordings = RecordingRetention(inbox, twilio, timedelta(days=kept_days))
        yield Rounds("delete recordings", recordings.once, every=DELETE_EVERY, lead=lead)


def _looking_back(settings: Settings, parts: Parts, lead: Lead) -> Iterator[Rounds]:
    """What asks Twenty for what users did, where its webhook did not tell."""
    inbox, twenty = parts.inbox, parts.workspace.client
    client, ample = twenty.while_allowed(lead), twenty.budget.ample
    corrections = Corrections(inbox, client, affordable=ample)
    yield Rounds("corrections", corrections.once, every=EVERY, lead=lead, first_in=FIRST_IN)
    people = ChangedPeople(
        inbox,
        client,
        affordable=ample,
        region=settings.region,
        late=timedelta(days=settings.matching.late_days),
        forget=parts.workspace.forget,
    )
    yield Rounds("changed people", people.once, every=EVERY, lead=lead, first_in=FIRST_IN)
    if settings.transcripts.erase_with_call:
        deletions = Deletions(inbox, client, affordable=ample)
        yield Rounds("deleted calls", deletions.once, every=EVERY, lead=lead, first_in=FIRST_IN)
