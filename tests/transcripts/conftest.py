"""A Twilio with a recording, a server of speech to text, and the engine between them."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import pytest

from bridge.calls.transcripts.segments import AudioChannel, Recorded, Role, Speaker
from bridge.sandbox.sound import Conversation, Said
from bridge.sandbox.speech import SpeechSandbox, speech_sandbox
from bridge.sandbox.twilio import TwilioSandbox, twilio_sandbox
from bridge.sandbox.twilio.recordings import Recording
from bridge.settings import TranscriptSettings
from bridge.transcripts.engines.openai import OpenAiTranscriber, open_openai
from bridge.twilio.rest.media import open_media
from tests.support import TEN, twilio_settings

MARIE, ANNA = Speaker(Role.CUSTOMER, "+33639980001"), Speaker(Role.AGENT, "anna")
BOTH = (AudioChannel(1, MARIE), AudioChannel(2, ANNA))
KEY = "an invented key"


@pytest.fixture
async def twilio() -> AsyncIterator[TwilioSandbox]:
    """An account with recordings."""
    async with twilio_sandbox() as sandbox:
        yield sandbox


OpenEngine = Callable[..., AbstractAsyncContextManager[OpenAiTranscriber]]


@pytest.fixture
async def speech() -> AsyncIterator[SpeechSandbox]:
    """A server that hears what the sandbox Twilio's recordings say in tones."""
    async with speech_sandbox(api_key=KEY) as server:
        yield server


@pytest.fixture
def open_engine(twilio: TwilioSandbox, speech: SpeechSandbox) -> OpenEngine:
    """The engine, with settings of its section."""

    @asynccontextmanager
    async def opened(**more: Any) -> AsyncIterator[OpenAiTranscriber]:
        values = {"engine": "openai", "url": f"{speech.url}/v1", "api_key": KEY, "model": "m"} | more
        settings = TranscriptSettings.model_validate(values)
        async with (
            open_media(twilio_settings(twilio), hosts=()) as media,
            open_openai(settings, media) as engine,
        ):
            yield engine

    return opened


def recording(
    twilio: TwilioSandbox, *lines: Said, seconds: int, channels: int = 2, media: bytes | None = None
) -> Recorded:
    """What Twilio has: a recording in which this is said."""
    made = Recording(
        sid=f"RE{len(twilio.account.recordings) + 1:032x}",
        call_sid="CA" + "1" * 32,
        source="DialVerb",
        started=TEN,
        began_at=0,
        channels=channels,
        conversation=Conversation(lines, media=media),
    )
    made.finish(seconds)
    twilio.account.keep_recording(made)
    return Recorded(
        recording_sid=made.sid, starts_at=TEN, seconds=seconds, channels=BOTH if channels == 2 else ()
    )


class Noted:
    """A progress that is kept in memory; `fail_after` so many saves the process is killed."""

    def __init__(self, text: str = "", *, fail_after: int | None = None) -> None:
        self.text = text
        self.saves = 0
        self._fail_after = fail_after

    async def save(self, text: str, *, is_piece: bool = False) -> None:
        if self.saves == self._fail_after:
            raise KeyboardInterrupt
        self.text = text
        self.saves += 1
