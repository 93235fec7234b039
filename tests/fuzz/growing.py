"""Growth: the CPU time that an input of twice the size takes is at most two and a half times as long."""

import random
import time
from collections.abc import Collection, Iterator, Sequence

from tests.cpu_time import COARSE, seconds
from tests.fuzz.target import Around, Target

AT_MOST = 2.5
BEST_OF = 5
TRIES = 4
SLOWEST = 4
"""So many pieces of a place are tried at all sizes: those that take the longest at the smallest."""

MOST_PIECES = 100

Growing = tuple[Around, bytes]


def pieces(inputs: Collection[bytes], words: Sequence[bytes], chance: random.Random) -> list[bytes]:
    """What is repeated: parts of inputs, words, and two of these."""
    found = {word for word in words if word}
    for data in inputs:
        found |= {data[:1], data[:64], data[-3:]}
        for _ in range(4):
            begins = chance.randrange(len(data) + 1)
            found.add(data[begins : begins + chance.choice((1, 2, 3, 8, 40))])
    listed = sorted(piece for piece in found if piece)
    chance.shuffle(listed)
    listed = listed[:MOST_PIECES]
    return [
        *listed,
        *(chance.choice(listed) + chance.choice(words or listed) for _ in range(len(listed) // 2)),
    ]


def too_slow(target: Target, inputs: Collection[bytes], *, seconds_a_place: float = 10) -> Iterator[str]:
    """What takes more than its share of time at twice the size, as a sentence."""
    chance = random.Random(target.largest)
    candidates = pieces(inputs, target.words, chance)
    for around in target.grows:
        for piece in _slowest(target, around, candidates, time.monotonic() + seconds_a_place):
            if told := _grows(target, around, piece):
                yield told


def _slowest(target: Target, around: Around, candidates: list[bytes], ends: float) -> list[bytes]:
    """Of all, or of as many as there is time for."""
    sized = []
    for piece in candidates:
        sized.append((_least(target, around, piece, target.largest // 8, 1), piece))
        if time.monotonic() > ends:
            break
    return [piece for _, piece in sorted(sized, reverse=True)[:SLOWEST]]


def _grows(target: Target, around: Around, piece: bytes) -> str:
    """Timed again where it took too long: on a busy machine other work slows down one size alone."""
    told = ""
    for _ in range(TRIES):
        if not (told := _once(target, around, piece)):
            break
    return told


def _once(target: Target, around: Around, piece: bytes) -> str:
    before = 0.0
    for parts in (8, 4, 2, 1):
        size = target.largest // parts
        # One piece fewer can be what is read to its end, as where each is half of a pair.
        now = max(_least(target, around, piece, size - less, BEST_OF) for less in (0, len(piece)))
        if before and now > AT_MOST * max(before, COARSE):
            return f"{around.before!r} + {piece!r}… of {size} bytes: {now:.4f} s after {before:.4f} s"
        before = now
    return ""


def _least(target: Target, around: Around, piece: bytes, size: int, best_of: int) -> float:
    return seconds(target.timed(around.grown(piece, size)), least_of=best_of)
