"""The sound of a recording: fetched from Twilio piece by piece, and split by channel.

Only one piece is in memory at a time, and none on the disk: a killed process leaves no conversation behind.
"""

import asyncio
import io
import wave
from array import array
from collections.abc import Sequence

import aiohttp
from aiohttp import hdrs
from msgspec import Struct

from bridge.errors import TranscriptRefused, TranscriptUnavailable
from bridge.network.errors import media_type, why
from bridge.twilio.rest.media import Media

HEAD = 64 * 1024
"""Bytes that are read for the header; Twilio's has 44."""

CHUNK = 64 * 1024

KINDS = {1: "B", 2: "h", 4: "i"}
"""Bytes of a sample → the type of an array of them."""

QUIET = {1: 2, 2: 100, 4: 100 << 16}
"""A sample's amplitude below which no voice is heard: 50 dB below the loudest."""

FETCH_SECONDS = 300
"""For a piece: a server that sends a byte now and then holds up no job for longer."""

PIECE_SECONDS = 200
"""The longest piece: with two channels of 8 kHz, 6 MB, of which there are some copies at a time."""

OVERLAP_SECONDS = 5
"""What two pieces have in common: a word that one of them cuts is whole in the other."""


class Sound(Struct, frozen=True):
    """The form of a WAV file; `offset` is the byte at which its samples begin."""

    rate: int
    width: int
    channels: int
    frames: int
    offset: int

    @property
    def seconds(self) -> float:
        """Its length."""
        return self.frames / self.rate


class Piece(Struct, frozen=True):
    """Frames of a recording, from `start` up to `stop`."""

    start: int
    stop: int


def pieces_of(sound: Sound, *, largest_bytes: int) -> Sequence[Piece]:
    """The pieces of each channel: each but the first begins before the end of the one before it.

    None is longer than PIECE_SECONDS, and none's file has more than `largest_bytes`.
    """
    length = min(PIECE_SECONDS * sound.rate, (largest_bytes - 1000) // sound.width)
    overlap = min(OVERLAP_SECONDS * sound.rate, length // 2)
    starts = range(0, max(1, sound.frames - overlap), length - overlap)
    return [Piece(start, min(start + length, sound.frames)) for start in starts]


def sound_of(head: bytes | bytearray, total: int | None) -> Sound:
    """The form of a WAV file of `total` bytes (None: unknown), by its beginning. Raises TranscriptRefused."""
    file = io.BytesIO(head)
    try:
        with wave.open(file) as wav:
            rate, width = wav.getframerate(), wav.getsampwidth()
            channels, said = wav.getnchannels(), wav.getnframes()
            offset = file.tell()
    except (wave.Error, EOFError, RuntimeError, ValueError) as problem:
        said_of_it = str(problem) or "its header ends too early"
        raise TranscriptRefused(
            f"The recording is not a WAV file that can be read: {said_of_it}"
        ) from problem
    if width not in KINDS or not 1 <= channels <= 8 or not 1000 <= rate <= 200_000:
        raise TranscriptRefused(f"The recording has {channels} channels of {8 * width} bits at {rate} Hz.")
    # A file that was written as it was recorded does not know its length.
    there = said if total is None else max(0, total - offset) // (width * channels)
    return Sound(rate, width, channels, min(said, there) or there, offset)


def wav_of(frames: bytes | bytearray, sound: Sound, channel: int) -> bytes | None:
    """A channel (from 0) of interleaved frames as a WAV file; None where no voice is heard on it."""
    samples = array(KINDS[sound.width], frames)[channel :: sound.channels]
    middle = 128 if sound.width == 1 else 0
    if not samples or max(max(samples) - middle, middle - min(samples)) < QUIET[sound.width]:
        return None
    return _wav(samples.tobytes(), sound)


def _wav(samples: bytes, sound: Sound) -> bytes:
    """One channel's samples as a file."""
    file = io.BytesIO()
    with wave.open(file, "wb") as wav:
        wav.setnchannels(1)
        wav.setsampwidth(sound.width)
        wav.setframerate(sound.rate)
        wav.writeframesraw(samples)
    return file.getvalue()


SHORTEST_SECONDS = 10
"""A file that is no longer than this is not halved."""


class Half(Struct, frozen=True):
    """One half of a file, as a file of its own."""

    start_seconds: float
    seconds: float
    file: bytes


def halves(file: bytes) -> Sequence[Half]:
    """Two halves of one channel's WAV file that overlap; none of a short one."""
    with wave.open(io.BytesIO(file)) as wav:
        sound = Sound(wav.getframerate(), wav.getsampwidth(), 1, wav.getnframes(), 0)
        frames = wav.readframes(sound.frames)
    if sound.seconds <= SHORTEST_SECONDS:
        return []
    size, middle = sound.width, sound.frames // 2
    overlap = min(OVERLAP_SECONDS * sound.rate, middle // 2)
    starts = middle - overlap // 2
    stops = starts + overlap
    ends = sound.frames - starts
    return [
        Half(0.0, stops / sound.rate, _wav(frames[: stops * size], sound)),
        Half(starts / sound.rate, ends / sound.rate, _wav(frames[starts * size :], sound)),
    ]


class Audio:
    """The sound of one recording with so many `channels`. Methods raise TranscriptError and TwilioError.

    While it splits a piece into channels, which takes copies of it, it holds `splitting`.
    """

    def __init__(
        self, media: Media, recording_sid: str, channels: int, *, splitting: asyncio.Lock | None = None
    ) -> None:
        self._media = media
        self._sid = recording_sid
        self._splitting = splitting or asyncio.Lock()
        # Twilio refuses two channels of a recording that has one.
        self._channels = channels if channels > 1 else None

    async def sound(self) -> Sound:
        """Its form."""
        head, total = await self._bytes(0, HEAD)
        return sound_of(head, total)

    async def files(self, sound: Sound, piece: Piece) -> list[bytes | None]:
        """Each channel's WAV file of a piece; None for a channel on which no voice is heard."""
        size = sound.width * sound.channels
        start, wanted = sound.offset + piece.start * size, (piece.stop - piece.start) * size
        if not wanted:
            return [None] * sound.channels
        frames, _ = await self._bytes(start, wanted)
        if len(frames) < wanted:
            raise TranscriptUnavailable("Twilio sent less of the recording than it has.")
        async with self._splitting:
            return await asyncio.to_thread(_split, frames, sound)

    async def _bytes(self, start: int, wanted: int) -> tuple[bytearray, int | None]:
        """So many bytes from there on, or fewer at the end; and how many there are in all, if known."""
        headers: dict[str, str] = {hdrs.RANGE: f"bytes={start}-{start + wanted - 1}"}
        try:
            async with (
                asyncio.timeout(FETCH_SECONDS),
                self._media.open(
                    self._sid, method="GET", headers=headers, extension=".wav", channels=self._channels
                ) as answer,
            ):
                _check(answer, start)
                # A server that knows no ranges sends all of it.
                skipped = start if answer.status == 200 else 0
                body = await _read(answer, skip=skipped, most=wanted)
                return body, _total(answer)
        except (aiohttp.ClientError, TimeoutError, OSError) as cut:
            raise TranscriptUnavailable(f"The recording did not arrive from Twilio: {why(cut)}.") from cut


def _check(answer: aiohttp.ClientResponse, start: int) -> None:
    """Raises TranscriptError for an answer that has not the bytes from `start` on."""
    if answer.status == 416 and not start:
        raise TranscriptRefused("The recording is empty.")
    kind = media_type(answer.headers)
    if answer.status not in {200, 206} or kind.startswith("text/") or kind.endswith(("json", "xml")):
        # A page of a proxy or of a storage that is down, for example.
        raise TranscriptUnavailable(f"Twilio answered {answer.status} ({kind[:40]}) in place of the sound.")
    named = answer.headers.get(hdrs.CONTENT_RANGE, f"bytes {start}-")
    if answer.status == 206 and not named.startswith(f"bytes {start}-"):
        raise TranscriptUnavailable("Twilio sent another part of the recording than the one asked for.")


def _split(frames: bytearray, sound: Sound) -> list[bytes | None]:
    return [wav_of(frames, sound, channel) for channel in range(sound.channels)]


async def _read(answer: aiohttp.ClientResponse, *, skip: int, most: int) -> bytearray:
    body = bytearray()
    async for chunk in answer.content.iter_chunked(CHUNK):
        kept = chunk[skip:]
        skip = max(0, skip - len(chunk))
        body += kept[: most - len(body)]
        if len(body) >= most:
            break
    return body


def _total(answer: aiohttp.ClientResponse) -> int | None:
    """Of `Content-Range: bytes 0-9/44` 44, of a whole answer its length."""
    said = answer.headers.get(hdrs.CONTENT_RANGE, "").rpartition("/")[2]
    if answer.status == 200:
        said = answer.headers.get(hdrs.CONTENT_LENGTH, "")
    return int(said[:15]) if said.isascii() and said.isdecimal() else None
