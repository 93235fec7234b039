"""Puts together what transcribes recordings: an engine, and the jobs that it is given."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from bridge import background
from bridge.calls.fold.states import Direction
from bridge.calls.transcripts.recorded import Selection
from bridge.inbox.store import Inbox
from bridge.settings import Settings, TranscriptSettings
from bridge.settings.batch_languages import DETECTED, batch_language
from bridge.transcripts.engines.batch import BatchConfiguration, TwilioBatch
from bridge.transcripts.engines.classic import TwilioClassic
from bridge.transcripts.engines.openai import open_openai
from bridge.transcripts.jobs import TranscriptJobs
from bridge.transcripts.transcriber import Transcriber
from bridge.twilio.transcripts.opening import open_transcripts
from bridge.twilio.urls import CallbackUrls
from bridge.wiring.twilio import Account


@asynccontextmanager
async def transcribing(settings: Settings, inbox: Inbox, account: Account) -> AsyncIterator[None]:
    """Transcribes meanwhile, with the engine that is set."""
    transcripts = settings.transcripts
    async with engine_of(settings, inbox, account) as engine:
        per_day = transcripts.minutes_per_day * 60
        jobs = TranscriptJobs(inbox, engine, selection_of(transcripts), seconds_per_day=per_day)
        task = background.keep_running(jobs.run, name="transcripts")
        try:
            yield
        finally:
            await background.stop(task)


def engine_of(settings: Settings, inbox: Inbox, account: Account) -> AbstractAsyncContextManager[Transcriber]:
    """The engine that the settings name."""
    if settings.transcripts.engine == "openai":
        return open_openai(settings.transcripts, account.media)
    return _open_twilio(settings, inbox)


@asynccontextmanager
async def _open_twilio(settings: Settings, inbox: Inbox) -> AsyncIterator[Transcriber]:
    transcripts = settings.transcripts
    async with open_transcripts(settings.twilio) as rest:
        if transcripts.engine == "twilio-classic":
            yield TwilioClassic(rest.intelligence, service=transcripts.service or "")
            return
        configuration = BatchConfiguration(
            name=transcripts.configuration,
            language=batch_language(transcripts.language) or DETECTED,
            model=transcripts.speech_model,
            callback=CallbackUrls(settings.server.public_url).transcripts,
        )
        yield TwilioBatch(rest.batch, inbox, configuration)


def selection_of(transcripts: TranscriptSettings) -> Selection:
    """Which recordings are transcribed."""
    return Selection(
        lines=transcripts.lines,
        directions=[Direction(one.upper()) for one in transcripts.directions],
        voicemails=transcripts.voicemails,
        minimum_seconds=transcripts.minimum_seconds,
    )
