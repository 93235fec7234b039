"""Puts together who drains the inbox: for `app`, and for `backfill` where no bridge runs."""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial

import structlog

from bridge.background import keep_running
from bridge.calls.recording_links import RecordingLinks, derived_key
from bridge.inbox.drain_lock import DrainLock
from bridge.inbox.store import Inbox
from bridge.inbox.transcripts.erasing import erase_spoken
from bridge.inbox.transcripts.summaries import spoken_in
from bridge.settings import Settings
from bridge.sync.stages.pipeline import Pipeline
from bridge.sync.stages.prepare import EraseSpoken, Policy, Preparation
from bridge.sync.stages.remind import Reminders
from bridge.sync.worker import Worker
from bridge.twenty.client.client import TwentyClient
from bridge.twenty.people.directory import Directory
from bridge.twenty.people.members import Members
from bridge.twenty.writing.bisection import Batches
from bridge.wiring.upkeep import forgotten_of

log = structlog.get_logger()


def worker_for(
    settings: Settings,
    inbox: Inbox,
    client: TwentyClient,
    lock: DrainLock,
    *,
    directory: Directory,
    members: Members,
    live: bool = True,
) -> Worker:
    """Who drains the inbox into the workspace, while `lock` can be had; without `live` what is over alone."""
    activities, matching = settings.activities, settings.matching
    batches = Batches(client, client.budget)
    policy = Policy(
        links=links_of(settings),
        texts=settings.voice.spoken,
        region=settings.region,
        zone=settings.zone,
        several=matching.several,
        unmatched=matching.nobody,
        own_numbers=settings.our_numbers,
        proposes=settings.summaries.tasks,
    )
    reminders = Reminders(
        inbox=inbox,
        zone=settings.zone,
        members=members,
        texts=settings.voice.spoken,
        links=links_of(settings),
        assignee=activities.assignee,
        due_in=timedelta(hours=activities.due_hours),
        spoken_in=partial(spoken_in, inbox),
    )
    return Worker(
        inbox,
        Pipeline(
            inbox,
            client,
            batches=batches,
            directory=directory,
            preparation=Preparation(
                client,
                batches,
                directory,
                members,
                policy,
                forgotten=forgotten_of(settings, inbox),
                spoken_in=partial(spoken_in, inbox),
                erase_spoken=_erasing(settings, inbox),
            ),
            reminders=reminders if activities.missed_call_tasks else None,
            live=lambda: live and activities.live == "auto" and client.budget.ample(),
        ),
        lead=lock.take,
    )


def _erasing(settings: Settings, inbox: Inbox) -> EraseSpoken | None:
    """What erases the text of a call that a user deleted in Twenty, where the settings want it."""

    async def erase(call_sids: Collection[str]) -> None:
        await erase_spoken(inbox, call_sids, now=datetime.now(UTC))

    return erase if settings.transcripts.erase_with_call else None


def links_of(settings: Settings) -> RecordingLinks:
    """The bridge's links to recordings."""
    keys = [key.get_secret_value().encode() for key in settings.recordings.link_keys]
    twilio = settings.twilio
    return RecordingLinks(
        settings.server.public_url,
        twilio.account_sid,
        keys=keys or [derived_key(twilio.api_secret.get_secret_value())],
    )


@asynccontextmanager
async def draining(worker: Worker, stop_seconds: float) -> AsyncIterator[None]:
    """Drains meanwhile."""
    task = keep_running(worker.run, name="worker")
    try:
        yield
    finally:
        worker.stop()
        # A batch that outlives this is found due at the next start.
        _, late = await asyncio.wait([task], timeout=stop_seconds)
        for unfinished in late:
            log.warning("worker.cut_short", seconds=stop_seconds)
            unfinished.cancel()
