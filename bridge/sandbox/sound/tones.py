"""Text as tones: each half of a byte is a tone of 20 ms; a reader of the sound gets the text back.

High halves and low ones have frequencies of their own, so that what is cut in the middle is read from the
next whole byte on, as a recogniser hears half a word.
"""

import itertools
import math
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

RATE = 8000
"""Samples a second of Twilio's recordings."""

_TONE = 160
_GAP = 40
_WORD_GAP = 400
_LOUDNESS = 12_000
_LOWEST, _STEP = 400, 100
_SILENCE = bytes(48)
_PAUSE_SECONDS = 0.4
"""A longer silence ends an utterance."""


@dataclass(frozen=True, slots=True)
class Heard:
    """An utterance that was read from tones; seconds from the beginning of the sound."""

    start: float
    end: float
    text: str


def say(text: str) -> bytes:
    """A text as 16-bit samples; its words apart."""
    pause = bytes(2 * _WORD_GAP)
    return pause.join(b"".join(map(_byte, word.encode())) for word in text.split())


def tone(hertz: int, seconds: float) -> bytes:
    """One steady tone, which says nothing; `hertz` is a whole number, so that seconds of it join."""
    whole, rest = divmod(round(seconds * RATE), RATE)
    second = _tone(hertz, RATE)
    return second * whole + second[: 2 * rest]


def hear(samples: bytes, rate: int = RATE) -> list[Heard]:
    """The utterances in 16-bit samples of one channel: what `say` made, and nothing else."""
    words = list(_words(samples, rate))
    return [_utterance(group) for group in _grouped(words)]


@cache
def _byte(value: int) -> bytes:
    high, low = value >> 4, 16 + (value & 15)
    return b"".join(_tone(_LOWEST + _STEP * one, _TONE) + bytes(2 * _GAP) for one in (high, low))


@cache
def _tone(hertz: int, length: int) -> bytes:
    wave = array(
        "h", (round(_LOUDNESS * math.sin(2 * math.pi * hertz * n / RATE + 0.2)) for n in range(length))
    )
    return wave.tobytes()


def _utterance(words: Sequence[Heard]) -> Heard:
    return Heard(words[0].start, words[-1].end, " ".join(word.text for word in words))


def _grouped(words: Sequence[Heard]) -> Iterator[list[Heard]]:
    group: list[Heard] = []
    for word in words:
        if group and word.start - group[-1].end > _PAUSE_SECONDS:
            yield group
            group = []
        group.append(word)
    if group:
        yield group


def _words(samples: bytes, rate: int) -> Iterator[Heard]:
    symbols: list[int] = []
    begun = ended = 0
    for start, end in _sounds(samples):
        if symbols and start - ended > 3 * _GAP * rate // RATE:
            yield from _word(symbols, begun / rate, ended / rate)
            symbols = []
        begun = begun if symbols else start
        ended = end
        symbols.append(_symbol(samples[2 * start : 2 * end], rate))
    yield from _word(symbols, begun / rate, ended / rate)


def _word(symbols: Sequence[int], start: float, end: float) -> Iterator[Heard]:
    pairs = itertools.pairwise(symbols)
    letters = bytes(high << 4 | low & 15 for high, low in pairs if 0 <= high < 16 <= low)
    if text := letters.decode(errors="ignore"):
        yield Heard(start, end, text)


def _sounds(samples: bytes) -> Iterator[tuple[int, int]]:
    """Where it is not silent, as indexes of samples; linear in the length."""
    at, length = 0, len(samples)
    while at < length:
        silence = samples.find(_SILENCE, at)
        end = length if silence < 0 else silence + silence % 2
        if end > at:
            yield at // 2, end // 2
        at = _sound_after(samples, max(end, at))


def _sound_after(samples: bytes, at: int) -> int:
    """The next sample that is not 0."""
    step = 4096
    while at < len(samples) and not any(samples[at : at + step]):
        at += step
    rest = samples[at : at + step]
    found = at + len(rest) - len(rest.lstrip(b"\0"))
    return found - found % 2


def _symbol(samples: bytes, rate: int) -> int:
    """Which of the 32 tones it is; -1 for another sound, or too little of one."""
    wave = array("h", samples)
    if not rate // 200 <= len(wave) <= rate // 40:
        return -1
    crossings = [n for n, (one, two) in enumerate(itertools.pairwise(wave)) if (one < 0) != (two < 0)]
    if len(crossings) < 3:
        return -1
    hertz = (len(crossings) - 1) * rate / (2 * (crossings[-1] - crossings[0]))
    symbol = round((hertz - _LOWEST) / _STEP)
    return symbol if 0 <= symbol < 32 else -1
