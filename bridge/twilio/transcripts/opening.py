"""Opens both of Twilio's products for transcripts over one session."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from msgspec import Struct

from bridge.settings.systems import TwilioAccount
from bridge.twilio.rest.client import PAUSES
from bridge.twilio.rest.http import Http
from bridge.twilio.rest.login import SECONDS, Login, login_of, neighbour, open_twilio
from bridge.twilio.transcripts.batch import BatchTranscription
from bridge.twilio.transcripts.intelligence import Intelligence


class TranscriptsRest(Struct, frozen=True):
    """Conversation Intelligence (classic), and batch transcription: an account can use one of them."""

    intelligence: Intelligence
    batch: BatchTranscription


@asynccontextmanager
async def open_transcripts(
    settings: TwilioAccount,
    *,
    login: Login | None = None,
    seconds: float = SECONDS,
    pauses: Sequence[float] = PAUSES,
) -> AsyncIterator[TranscriptsRest]:
    """With `login` that of the process, else one of its own; nothing is sent before it is asked for."""
    async with open_twilio(settings.api_url) as session:
        login = login or login_of(settings, session, seconds=seconds)
        http = Http(session, login, seconds=seconds, pauses=pauses)
        yield TranscriptsRest(
            Intelligence(http, neighbour(settings.api_url, "intelligence")),
            BatchTranscription(http, neighbour(settings.api_url, "voice")),
        )
