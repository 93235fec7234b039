"""Puts together what deletes the transcripts of erased calls at Twilio."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, nullcontext
from datetime import timedelta

from bridge.inbox.store import Inbox
from bridge.inbox.transcripts.erasing import BATCH, CLASSIC, RECORD
from bridge.settings import Settings
from bridge.sync.rounds import Rounds
from bridge.transcripts.erasing import Erases, NothingKept, OpenEraser, RecordErasing, TranscriptErasing
from bridge.wiring.twilio import Account

ERASE_EVERY = timedelta(minutes=5)


def erasing(
    settings: Settings, inbox: Inbox, account: Account, lead: Callable[[], Awaitable[None]]
) -> Rounds:
    """Deletes at Twilio what it has of erased calls and the engine that is set now does not delete itself."""

    @asynccontextmanager
    async def classic() -> AsyncIterator[Erases]:
        from bridge.transcripts.engines.classic import TwilioClassic  # noqa: PLC0415 - few bridges had it
        from bridge.twilio.transcripts.opening import open_transcripts  # noqa: PLC0415 - likewise

        async with open_transcripts(settings.twilio) as rest:
            yield TwilioClassic(rest.intelligence, service="")

    engines: dict[str, OpenEraser] = {
        CLASSIC: classic,
        BATCH: lambda: nullcontext(NothingKept()),
        RECORD: lambda: nullcontext(RecordErasing(account.rest)),
    }
    engines.pop(settings.transcripts.engine, None)
    return Rounds("erase transcripts", TranscriptErasing(inbox, engines).once, every=ERASE_EVERY, lead=lead)
