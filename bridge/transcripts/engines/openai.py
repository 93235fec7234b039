"""Any server that speaks `POST /v1/audio/transcriptions`, one of the company's own included.

https://platform.openai.com/docs/api-reference/audio/createTranscription
"""

import asyncio
import io
import json
import math
import unicodedata
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import aiohttp
import structlog
from aiohttp import hdrs
from msgspec import Struct
from pydantic import BaseModel, ConfigDict, SecretStr, TypeAdapter, ValidationError

from bridge.calls.transcripts.cleaning import language_name
from bridge.calls.transcripts.merging import by_time, merged_channel
from bridge.calls.transcripts.segments import Recorded, Role, Segment, Speaker, Transcript
from bridge.errors import TranscriptRefused, TranscriptUnavailable
from bridge.network.client import body_upto, open_session
from bridge.network.errors import seconds_of, why
from bridge.settings import TranscriptSettings
from bridge.transcripts.audio import Audio, Half, Piece, Sound, halves, pieces_of
from bridge.transcripts.transcriber import Progress
from bridge.twilio.rest.media import Media

MEGABYTE = 1_000_000
LARGEST_ANSWER = 4 * 1024 * 1024
CONNECT_SECONDS = 10

CHARACTERS_A_SECOND = 100
"""Five times as fast as people speak: what a server adds beyond is no transcript."""

MOST_SEGMENTS = 5000

NO_SPEECH, NO_WORDS = 0.6, -1.0
"""Whisper's own bounds: what it is so unsure of was noise. https://github.com/openai/whisper"""

REFUSED = frozenset({400, 413, 415, 422})
"""Of this recording; every other status can be of the server, the key or the settings."""

Heard = list[Any]
"""A segment as it is stored: start, end, text, confidence; the times from the piece's start."""

log = structlog.get_logger()


class _TooLarge(TranscriptRefused):
    """The server takes smaller files alone."""


class _Spoken(BaseModel):
    """A segment of an answer."""

    model_config = ConfigDict(extra="ignore", allow_inf_nan=False)

    start: float
    end: float
    text: str
    avg_logprob: float | None = None
    no_speech_prob: float | None = None

    @property
    def is_noise(self) -> bool:
        """Whether the model thinks that no words are there."""
        return (self.no_speech_prob or 0) > NO_SPEECH and (self.avg_logprob or 0) < NO_WORDS

    @property
    def confidence(self) -> float | None:
        """From 0 to 1."""
        return None if self.avg_logprob is None else round(math.exp(min(0.0, self.avg_logprob)), 3)


class _Begun(BaseModel):
    """The progress: what was heard, piece by piece, and in each channel by channel."""

    form: list[int]
    """Of what the pieces are; the rest holds for the same alone."""
    heard: list[list[Heard]] = []
    language: str = ""


class _Work(Struct):
    """A recording that is being transcribed."""

    sound: Sound
    pieces: Sequence[Piece]
    begun: _Begun

    @property
    def place(self) -> tuple[int, int]:
        """The next piece and channel."""
        return divmod(len(self.begun.heard), self.sound.channels)


class OpenAiTranscriber:
    """Sends each channel on its own, in pieces; made by `open_openai`."""

    engine = "openai"

    def __init__(self, session: aiohttp.ClientSession, settings: TranscriptSettings, media: Media) -> None:
        self._session = session
        self._settings = settings
        self._url = f"{settings.url}/audio/transcriptions"
        self._media = media
        # Of several recordings at once one is split: the others wait for the server meanwhile.
        self._splitting = asyncio.Lock()
        self._shapes: set[tuple[str, ...]] = set()
        self._too_large = math.inf

    async def transcribe(self, recorded: Recorded, progress: Progress) -> Transcript:
        """Raises TranscriptError and TwilioError; see `Transcriber`."""
        channels = len(recorded.channels)
        audio = Audio(self._media, recorded.recording_sid, channels, splitting=self._splitting)
        work = self._work(await audio.sound(), progress.text)
        for number in range(work.place[0], len(work.pieces)):
            piece = work.pieces[number]
            files = await audio.files(work.sound, piece)
            for file in files[work.place[1] :]:
                heard = await self._heard(file, (piece.stop - piece.start) / work.sound.rate, work.begun)
                work.begun.heard.append(heard)
                await progress.save(work.begun.model_dump_json(), is_piece=True)
        return self._transcript(recorded, work)

    def remainder(self, progress: str) -> str:
        """The server keeps nothing."""
        return ""

    async def erase(self, remainder: str) -> None:
        """The server keeps nothing."""

    def _work(self, sound: Sound, begun: str) -> _Work:
        pieces = pieces_of(sound, largest_bytes=self._settings.piece_megabytes * MEGABYTE)
        form = [sound.frames, sound.rate, sound.width, sound.channels, len(pieces)]
        try:
            stored = _Begun.model_validate_json(begun)
        except ValidationError:
            stored = _Begun(form=form)
        return _Work(sound, pieces, stored if stored.form == form else _Begun(form=form))

    def _transcript(self, recorded: Recorded, work: _Work) -> Transcript:
        channels = work.sound.channels
        segments: list[Segment] = []
        for channel in range(channels):
            # A recording said to have one channel and sent with two is of all who were in the call.
            speaker = recorded.speaker(channel + 1)
            told = [
                (piece.start / work.sound.rate, [Segment(speaker, *one) for one in heard])
                for piece, heard in zip(work.pieces, work.begun.heard[channel::channels], strict=True)
            ]
            segments += merged_channel(told)
        return Transcript(
            segments=by_time(segments),
            language=self._settings.language or work.begun.language,
            engine=self.engine,
            model=self._settings.model,
        )

    async def _heard(self, file: bytes | None, seconds: float, begun: _Begun) -> list[Heard]:
        if file is None:
            return []
        parts = halves(file) if len(file) >= self._too_large else []
        if not parts:
            try:
                return self._read(await self._asked(file), seconds, begun)
            except _TooLarge:
                parts = halves(file)
                if not parts:
                    # It takes nothing at all, which says nothing of lengths once that is mended.
                    self._too_large = math.inf
                    raise
                self._too_large = len(file)
                log.warning("transcripts.piece_halved", engine=self.engine, bytes=len(file))
        return _joined([(part, await self._heard(part.file, part.seconds, begun)) for part in parts])

    def _read(self, answer: Mapping[str, Any], seconds: float, begun: _Begun) -> list[Heard]:
        language = answer.get("language")
        if isinstance(language, str) and not begun.language:
            begun.language = language_name(language)
        return self._segments(answer, seconds)

    def _segments(self, answer: Mapping[str, Any], seconds: float) -> list[Heard]:
        listed = answer.get("segments")
        spoken = _readable(listed[:MOST_SEGMENTS]) if isinstance(listed, list) else []
        text = answer.get("text")
        if not isinstance(text, str) and not isinstance(listed, list):
            self._log_shape(answer)
            raise TranscriptUnavailable("The server's answer has neither segments nor a text.")
        if (
            not spoken
            and isinstance(text, str)
            and text.strip()
            and not (isinstance(listed, list) and not listed)
        ):
            # A server that knows no times, or none that can be read.
            self._log_shape(answer)
            spoken = [_Spoken(start=0, end=seconds, text=text)]
        return _bounded([one for one in spoken if not one.is_noise], seconds)

    def _log_shape(self, answer: Mapping[str, Any]) -> None:
        """Once for each: the names of its fields, nothing of what was said."""
        shape = tuple(sorted(str(name)[:40] for name in answer)[:20])
        if shape not in self._shapes and len(self._shapes) < 100:
            self._shapes.add(shape)
            log.warning("transcripts.shape", engine=self.engine, names=shape)

    async def _asked(self, file: bytes) -> Mapping[str, Any]:
        try:
            async with self._session.post(
                self._url, data=self._form(file), headers=self._headers(), allow_redirects=False
            ) as answer:
                body = await _limited(answer)
                if answer.status != 200:
                    raise _refusal(answer, body, self._settings.api_key)
        except (aiohttp.ClientError, TimeoutError, OSError) as away:
            raise TranscriptUnavailable(
                f"The server of transcripts.url did not answer: {why(away)}."
            ) from away
        return _object(body)

    def _headers(self) -> Mapping[str, str]:
        key = self._settings.api_key
        return {hdrs.AUTHORIZATION: f"Bearer {key.get_secret_value()}"} if key else {}

    def _form(self, file: bytes) -> aiohttp.FormData:
        form = aiohttp.FormData()
        form.add_field("file", io.BytesIO(file), filename="audio.wav", content_type="audio/wav")
        form.add_field("model", self._settings.model)
        form.add_field("response_format", "verbose_json")
        if self._settings.language:
            form.add_field("language", self._settings.language.partition("-")[0])
        return form


async def _limited(answer: aiohttp.ClientResponse) -> bytes:
    body = await body_upto(answer, LARGEST_ANSWER + 1)
    if len(body) > LARGEST_ANSWER:
        raise TranscriptUnavailable("The server's answer is larger than a transcript can be.")
    return body


def _object(body: bytes) -> Mapping[str, Any]:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError) as problem:
        raise TranscriptUnavailable("The server's answer is not valid JSON.") from problem
    if not isinstance(answer, dict):
        raise TranscriptUnavailable("The server's answer is not a JSON object.")
    return answer


def _refusal(
    answer: aiohttp.ClientResponse, body: bytes, key: SecretStr | None
) -> TranscriptRefused | TranscriptUnavailable:
    status = answer.status
    said = f"The server answered {status}{_reason(body, key)}"
    if status == 413:
        return _TooLarge(f"{said}; transcripts.piece_megabytes is more than it takes.")
    if status in REFUSED:
        return TranscriptRefused(f"{said}.")
    if status in {401, 403}:
        return TranscriptUnavailable(f"{said}; it does not take TRANSCRIPTS_API_KEY.")
    wait = seconds_of(answer.headers.get(hdrs.RETRY_AFTER), now=datetime.now(UTC))
    hint = "; is it transcripts.url?" if status in {404, 405} else "."
    return TranscriptUnavailable(f"{said}{hint}", retry_after=wait)


def _reason(body: bytes, key: SecretStr | None) -> str:
    """`: ` and what an error says of itself, as OpenAI's API has it; "" where it says nothing.

    Some servers repeat the key that they refuse: it is left out.
    """
    try:
        message = json.loads(body)["error"]["message"]
    except (ValueError, LookupError, TypeError, RecursionError):
        return ""
    if not isinstance(message, str):
        return ""
    secret = key.get_secret_value() if key else ""
    return f": {_clean(message.replace(secret, '[…]') if secret else message)[:200]}"


def _joined(parts: Sequence[tuple[Half, list[Heard]]]) -> list[Heard]:
    """What was heard in parts of a piece that overlap, as of the piece."""
    several = Speaker(Role.SEVERAL)
    told = ((part.start_seconds, [Segment(several, *one) for one in heard]) for part, heard in parts)
    return [[one.start_seconds, one.end_seconds, one.text, one.confidence] for one in merged_channel(told)]


_SPOKEN = TypeAdapter(_Spoken)


def _readable(listed: Sequence[Any]) -> list[_Spoken]:
    """The segments that can be read."""
    found = []
    for one in listed:
        try:
            found.append(_SPOKEN.validate_python(one))
        except ValidationError:
            continue
    return found


def _bounded(spoken: Sequence[_Spoken], seconds: float) -> list[Heard]:
    """In order, within the piece, and no more text than can be said in it."""
    left = int(seconds * CHARACTERS_A_SECOND) + 1000
    heard: list[Heard] = []
    for one in sorted(spoken, key=lambda one: one.start):
        text = _clean(one.text)[:left]
        left -= len(text)
        start = min(max(0.0, one.start), seconds)
        if text:
            heard.append([start, min(max(start, one.end), seconds), text, one.confidence])
    return heard


def _clean(text: str) -> str:
    """Without control characters and half surrogates, which no database stores; blanks once."""
    kept = (" " if unicodedata.category(c) in {"Cc", "Cs"} else c for c in text)
    return " ".join("".join(kept).split())


@asynccontextmanager
async def open_openai(settings: TranscriptSettings, media: Media) -> AsyncIterator[OpenAiTranscriber]:
    """The engine with a session of its own; nothing is requested yet."""
    timeout = aiohttp.ClientTimeout(total=settings.timeout_seconds, sock_connect=CONNECT_SECONDS)
    async with open_session(timeout) as session:
        yield OpenAiTranscriber(session, settings, media)
