"""Puts together what transcribes recordings: an engine, and the jobs that it is given."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from bridge import background
from bridge.calls.fold.states import Direction
from bridge.calls.transcripts.recorded import Selection
from bridge.inbox.store import Inbox
from bridge.settings import Settings, TranscriptSettings
from bridge.transcripts.engines.openai import open_openai
from bridge.transcripts.jobs import TranscriptJobs
from bridge.transcripts.transcriber import Transcriber
from bridge.wiring.twilio import Account


@asynccontextmanager
async def transcribing(settings: Settings, inbox: Inbox, account: Account) -> AsyncIterator[None]:
    """Transcribes meanwhile, where an engine is set."""
    transcripts = settings.transcripts
    if not transcripts.is_on:
        yield
        return
    async with engine_of(settings, account) as engine:
        per_day = transcripts.minutes_per_day * 60
        jobs = TranscriptJobs(inbox, engine, selection_of(transcripts), seconds_per_day=per_day)
        task = background.keep_running(jobs.run, name="transcripts")
        try:
            yield
        finally:
            await background.stop(task)


def engine_of(settings: Settings, account: Account) -> AbstractAsyncContextManager[Transcriber]:
    """The engine that the settings name."""
    return open_openai(settings.transcripts, account.media)


def selection_of(transcripts: TranscriptSettings) -> Selection:
    """Which recordings are transcribed."""
    return Selection(
        lines=transcripts.lines,
        directions=[Direction(one.upper()) for one in transcripts.directions],
        voicemails=transcripts.voicemails,
        minimum_seconds=transcripts.minimum_seconds,
    )
