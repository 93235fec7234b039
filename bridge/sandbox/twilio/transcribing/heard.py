"""What a recogniser hears in a recording: the lines of its script, or what its own file says in tones."""

import io
import wave
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bridge.sandbox.sound import Conversation, hear
from bridge.sandbox.twilio.recordings import Recording


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence; `channel` counts from 1, times are seconds from the recording's start."""

    channel: int
    start: float
    end: float
    text: str


def sentences_of(recording: Recording) -> Sequence[Sentence]:
    """In order of time; all are on channel 1 where the recording has no other."""
    talk = recording.conversation
    if talk is None:
        return []
    found = _read(talk.media) if talk.media is not None else _scripted(talk, recording)
    return sorted(found, key=lambda one: (one.start, one.channel))


def _scripted(talk: Conversation, recording: Recording) -> Iterator[Sentence]:
    for line in talk.until(recording.duration or 0):
        yield Sentence(min(line.channel, recording.channels), line.at, line.until, line.text)


def _read(media: bytes) -> Iterator[Sentence]:
    with wave.open(io.BytesIO(media)) as wav:
        channels, rate = wav.getnchannels(), wav.getframerate()
        samples = array("h", wav.readframes(wav.getnframes()))
    for number in range(channels):
        for one in hear(samples[number::channels].tobytes(), rate):
            yield Sentence(number + 1, one.start, one.end, one.text)
