"""Speech by espeak-ng, where it is on PATH."""

import io
import itertools
import shutil
import subprocess
import wave
from array import array
from functools import lru_cache

from bridge.sandbox.sound.tones import RATE

VOICES = ("f2", "f5")
"""The voices of channel 1 and 2."""


@lru_cache(maxsize=256)
def speak(text: str, language: str, channel: int) -> bytes | None:
    """A text as 16-bit samples, 8 kHz; None where espeak-ng is not on PATH."""
    program = shutil.which("espeak-ng")
    if program is None:
        return None
    voice = f"{language.lower()}+{VOICES[(channel - 1) % 2]}"
    done = subprocess.run(  # noqa: S603  # its argument is a language, its input the text
        [program, "--stdout", "-v", voice, "-s", "150"],
        input=text.encode(),
        capture_output=True,
        check=True,
        timeout=30,
    )
    with wave.open(io.BytesIO(done.stdout)) as wav:
        return _at_8_khz(array("h", wav.readframes(wav.getnframes())), wav.getframerate())


def _at_8_khz(samples: "array[int]", rate: int) -> bytes:
    """The mean of the samples that fall on one of ours: enough of a low-pass filter for a telephone."""
    step, length = rate / RATE, len(samples) * RATE // rate
    edges = [int(n * step) for n in range(length + 1)]
    means = (sum(samples[a:b]) // (b - a) for a, b in itertools.pairwise(edges))
    return array("h", means).tobytes()
