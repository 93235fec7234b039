"""From the sound of one file to what is said in it."""

import io
import wave
from array import array
from collections.abc import Callable, Sequence
from typing import TypeAlias

from bridge.sandbox.sound import Heard, hear

Recogniser: TypeAlias = Callable[[bytes, int], Sequence[Heard]]
"""From 16-bit samples of one channel and their rate to the utterances in them."""

hear_tones: Recogniser = hear
"""Reads what the sandbox Twilio's recordings say in tones."""


def samples_of(audio: bytes) -> tuple[bytes, int]:
    """The samples of a WAV file of 16 bits, its channels mixed, and their rate; raises ValueError."""
    try:
        with wave.open(io.BytesIO(audio)) as wav:
            if wav.getsampwidth() != 2:
                raise ValueError("not 16 bits")
            return _mono(wav.readframes(wav.getnframes()), wav.getnchannels()), wav.getframerate()
    except (wave.Error, EOFError) as error:
        raise ValueError(str(error)) from error


def _mono(frames: bytes, channels: int) -> bytes:
    if channels == 1:
        return frames
    samples = array("h", frames)
    sides = [samples[number::channels] for number in range(channels)]
    return array("h", (max(-32768, min(32767, sum(one))) for one in zip(*sides, strict=True))).tobytes()
