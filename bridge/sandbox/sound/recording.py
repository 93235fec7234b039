"""A recording's sound as a WAV file: 16 bits, 8 kHz, as Twilio's are."""

import io
import wave
from array import array
from collections.abc import Sequence
from functools import lru_cache

from bridge.sandbox.sound.conversation import Conversation, Said
from bridge.sandbox.sound.espeak import speak
from bridge.sandbox.sound.tones import RATE, say, tone

HERTZ = (440, 660)
"""What is heard on the channels of a recording of which nothing else is known."""


def wav_of(conversation: Conversation | None, *, seconds: int, channels: int, requested: int = 0) -> bytes:
    """The WAV file of a recording; `requested` channels, 0 for those that it has."""
    if conversation is not None and conversation.media is not None:
        return conversation.media
    sides = [_side(conversation, channel, seconds) for channel in range(1, max(2, channels) + 1)]
    if channels == 1 or requested == 1:
        sides = [_mixed(sides) if conversation is not None or channels > 1 else sides[0]]
    return _wav(sides)


def _side(conversation: Conversation | None, channel: int, seconds: int) -> bytes:
    if conversation is None:
        return tone(HERTZ[channel - 1], seconds)
    samples = bytearray(2 * RATE * seconds)
    for line in conversation.until(seconds):
        if line.channel == channel:
            sound, start = _voice(conversation, line), 2 * round(line.at * RATE)
            end = min(len(samples), start + len(sound))
            samples[start:end] = sound[: end - start]
    return bytes(samples)


def _voice(conversation: Conversation, line: Said) -> bytes:
    spoken = speak(line.text, conversation.language, line.channel) if conversation.spoken else None
    return spoken or say(line.text)


@lru_cache(maxsize=8)
def _wav_of(sides: tuple[bytes, ...]) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as wav:
        wav.setnchannels(len(sides))
        wav.setsampwidth(2)
        wav.setframerate(RATE)
        wav.writeframes(_interleaved(sides))
    return out.getvalue()


def _wav(sides: Sequence[bytes]) -> bytes:
    return _wav_of(tuple(sides))


def _interleaved(sides: Sequence[bytes]) -> bytes:
    samples = array("h", bytes(sum(map(len, sides))))
    for number, side in enumerate(sides):
        samples[number :: len(sides)] = array("h", side)
    return samples.tobytes()


def _mixed(sides: Sequence[bytes]) -> bytes:
    """Both sides in one channel; where one of them is silent, the other as it is."""
    first, second = sides
    if not any(second):
        return first
    pairs = zip(array("h", first), array("h", second), strict=True)
    return array("h", (max(-32768, min(32767, one + two)) for one, two in pairs)).tobytes()
