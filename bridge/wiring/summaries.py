"""Puts together what summarises calls: a model, and the jobs that it is given."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

from bridge import background
from bridge.inbox.store import Inbox
from bridge.settings import Settings
from bridge.sync.rounds import Rounds
from bridge.transcripts.summaries.chat import open_chat
from bridge.transcripts.summaries.jobs import SummaryJobs
from bridge.transcripts.summaries.summarizer import Summarizer

EVERY = timedelta(seconds=5)

AT_ONCE = 3
"""Calls that are summarised at a time: one at which the model stalls does not keep the others waiting."""


@asynccontextmanager
async def summarizing(
    settings: Settings, inbox: Inbox, lead: Callable[[], Awaitable[None]]
) -> AsyncIterator[None]:
    """Summarises meanwhile; `lead` raises Standby while another replica leads."""
    async with open_chat(settings.summaries) as chat:
        jobs = SummaryJobs(inbox, Summarizer(chat, language=settings.voice.language))
        rounds = Rounds("summaries", jobs.once, every=EVERY, lead=lead)
        tasks = [background.keep_running(rounds.run, name=rounds.name) for _ in range(AT_ONCE)]
        try:
            yield
        finally:
            await background.stop(*tasks)
