"""Recognises speech of a small vocabulary, by pocketsphinx: for tests, which have it in the extra `dev`."""

from array import array
from collections.abc import Iterator, Sequence
from importlib import import_module
from typing import Any

from bridge.sandbox.sound import Heard

MODEL_RATE = 16_000
FRAME_SECONDS = 0.02
PAUSE_FRAMES = 20
"""So many silent frames end an utterance."""

LOUD = 300
"""The mean amplitude from which a frame is not silent."""


class SpokenWords:
    """Recognises English in which only these words occur; see `Recogniser`. Raises ImportError without it."""

    def __init__(self, words: Sequence[str]) -> None:
        # 29 MB, which only tests have: no module needs it to be imported.
        pocketsphinx: Any = import_module("pocketsphinx")
        self._decoder: Any = pocketsphinx.Decoder(lm=None, loglevel="FATAL", samprate=MODEL_RATE)
        said = " | ".join(word.lower() for word in words)
        self._decoder.add_jsgf_string("words", f"#JSGF V1.0; grammar words; public <said> = ({said})+;")
        self._decoder.activate_search("words")

    def __call__(self, samples: bytes, rate: int) -> Sequence[Heard]:
        """The utterances, each from one pause to the next."""
        wave = array("h", samples)
        found = ((start, end, self._text(wave[start:end], rate)) for start, end in _utterances(wave, rate))
        return [Heard(start / rate, end / rate, text) for start, end, text in found if text]

    def _text(self, wave: "array[int]", rate: int) -> str:
        pause = bytes(MODEL_RATE // 5 * 2)
        self._decoder.start_utt()
        self._decoder.process_raw(pause + _at_model_rate(wave, rate) + pause, full_utt=True)
        self._decoder.end_utt()
        found = self._decoder.hyp()
        return str(found.hypstr) if found else ""


def _utterances(wave: "array[int]", rate: int) -> Iterator[tuple[int, int]]:
    """Where a voice is heard, as indexes of samples."""
    size = int(rate * FRAME_SECONDS)
    loud = [
        number
        for number in range(len(wave) // size)
        if sum(map(abs, wave[number * size : (number + 1) * size])) > LOUD * size
    ]
    groups: list[list[int]] = []
    for number in loud:
        if not groups or number - groups[-1][-1] > PAUSE_FRAMES:
            groups.append([])
        groups[-1].append(number)
    yield from ((group[0] * size, (group[-1] + 1) * size) for group in groups)


def _at_model_rate(wave: "array[int]", rate: int) -> bytes:
    """Straight lines between the samples."""
    length = len(wave) * MODEL_RATE // rate
    padded = [*wave, 0]
    places = (n * rate / MODEL_RATE for n in range(length))
    points = ((int(place), place % 1) for place in places)
    return array("h", (round(padded[n] * (1 - part) + padded[n + 1] * part) for n, part in points)).tobytes()
