"""Merges what was transcribed in parts: recordings of a call, channels of one, pieces of a channel."""

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from difflib import SequenceMatcher
from itertools import chain

from msgspec import Struct
from msgspec.structs import replace

from bridge.calls.transcripts.segments import Segment, Transcript

CLOSE_SECONDS = 1.0
"""So far apart two pieces can place one segment's words: servers round."""


MOST_WORDS = 200
"""Words of an overlap that are compared: more than a person says in a minute."""

UNSPACED = (
    ("\u0e00", "\u0eff"),
    ("\u1000", "\u109f"),
    ("\u1780", "\u17ff"),
    ("\u3040", "\u30ff"),
    ("\u3400", "\u9fff"),
    ("\uf900", "\ufaff"),
    ("\U00020000", "\U0003ffff"),
)
"""Thai and Lao, Burmese, Khmer, Japanese, Chinese: words have no blanks between them."""


def by_time(segments: Iterable[Segment]) -> tuple[Segment, ...]:
    """Segments of several channels in order of time; of equal times, as they came."""
    return tuple(sorted(segments, key=lambda segment: (segment.start_seconds, segment.end_seconds)))


def transcript_of_call(
    started_at: datetime, recordings: Sequence[tuple[datetime, Transcript]]
) -> Transcript | None:
    """The transcript of a call that started then, of those of its recordings, each with its start.

    Language, engine and model are those of the recording with the most words. None without recordings.
    """
    if not recordings:
        return None
    shifted = chain.from_iterable(
        shift(one.segments, (starts_at - started_at).total_seconds()) for starts_at, one in recordings
    )
    longest = max((one for _, one in recordings), key=_length)
    return replace(longest, segments=by_time(shifted))


def _length(transcript: Transcript) -> int:
    return sum(len(segment.text) for segment in transcript.segments)


def shift(segments: Iterable[Segment], seconds: float) -> Iterable[Segment]:
    """The segments so much later; none before 0, as clocks differ."""
    for one in segments:
        start = max(0.0, one.start_seconds + seconds)
        yield replace(one, start_seconds=start, end_seconds=max(start, one.end_seconds + seconds))


class _Word(Struct, frozen=True):
    """A word of a segment, from `start` up to `stop` of its text, and the time that this place suggests."""

    start: int
    stop: int
    seconds: float
    segment: Segment

    @property
    def text(self) -> str:
        """As it stands there."""
        return self.segment.text[self.start : self.stop]

    @property
    def folded(self) -> str:
        """Without case and punctuation, which differ between two readings of one word."""
        return "".join(filter(str.isalnum, _plain(self.text))) or self.text

    def can_be(self, other: "_Word") -> bool:
        """Whether the times of their segments allow that both are one word."""
        latest_start = max(self.segment.start_seconds, other.segment.start_seconds)
        return latest_start - min(self.segment.end_seconds, other.segment.end_seconds) <= CLOSE_SECONDS


def _plain(word: str) -> str:
    return unicodedata.normalize("NFKC", word).casefold()


def merged_pieces(first: Sequence[Segment], second: Sequence[Segment], *, overlap: float) -> list[Segment]:
    """Two pieces of one channel as one, each in order of time; `second` starts at second `overlap`.

    What both have of the overlap is kept once: the pieces are joined where the end of the first reads as the
    beginning of the second. Where they read nothing alike there, the second goes on where the first ends.
    """
    before, after = _words(first), _words(second)
    end = max((segment.end_seconds for segment in first), default=overlap)
    of_first = before[-MOST_WORDS:]
    # All behind the last one that is too early: times of a server can be out of order.
    early = (n for n, word in enumerate(of_first, 1) if word.segment.end_seconds < overlap - CLOSE_SECONDS)
    of_first = of_first[max(early, default=0) :]
    of_second = [word for word in after if word.segment.start_seconds <= end + CLOSE_SECONDS][:MOST_WORDS]
    keep, skip = _join(of_first, of_second)
    skip = _before(end, of_second) if skip is None else skip
    return [*_upto(first, len(before) - len(of_first) + keep), *_beyond(second, skip)]


def merged_channel(pieces: Iterable[tuple[float, Sequence[Segment]]]) -> list[Segment]:
    """The pieces of one channel as one, each with the second at which it starts, in order of time."""
    whole: list[Segment] = []
    for starts, piece in pieces:
        near = len(whole)
        while near and whole[near - 1].end_seconds >= starts - CLOSE_SECONDS:
            near -= 1
        whole[near:] = merged_pieces(whole[near:], list(shift(piece, starts)), overlap=starts)
    return whole


def _words(segments: Sequence[Segment]) -> list[_Word]:
    return [word for segment in segments for word in _words_of(segment)]


def _words_of(segment: Segment) -> list[_Word]:
    """Each word in its share of the segment's time, by its letters."""
    places = list(_places(segment.text))
    letters, passed, words = sum(stop - start for start, stop in places), 0, []
    length = segment.end_seconds - segment.start_seconds
    for start, stop in places:
        share = (passed + (stop - start) / 2) / letters
        words.append(_Word(start, stop, segment.start_seconds + share * length, segment))
        passed += stop - start
    return words


def _places(text: str) -> Iterator[tuple[int, int]]:
    """Where the words of a text start and stop; each letter is one in scripts that put no blanks between."""
    begins = 0
    for number, letter in enumerate(text):
        is_word = _stands_alone(letter)
        if is_word or letter.isspace():
            if begins < number:
                yield begins, number
            begins = number + 1
        if is_word:
            yield number, number + 1
    if begins < len(text):
        yield begins, len(text)


def _stands_alone(letter: str) -> bool:
    return letter >= UNSPACED[0][0] and any(first <= letter <= last for first, last in UNSPACED)


def _join(tail: Sequence[_Word], head: Sequence[_Word]) -> tuple[int, int | None]:
    """How many words of the tail to keep, and how many of the head to skip; None where nothing is alike."""
    left, right = [word.folded for word in tail], [word.folded for word in head]
    fits = [n for n in range(1, min(len(left), len(right)) + 1) if left[-n:] == right[:n]]
    possible = [n for n in fits if all(map(_Word.can_be, tail[-n:], head[:n]))]
    if possible:
        return len(tail), min(possible, key=lambda n: (_distance(tail[-n:], head[:n]), -n))
    block = SequenceMatcher(None, left, right, autojunk=False).find_longest_match()
    if block.size and tail[block.a].can_be(head[block.b]):
        return block.a + block.size, block.b + block.size
    return len(tail), None


def _distance(some: Sequence[_Word], others: Sequence[_Word]) -> float:
    gaps = [abs(one.seconds - other.seconds) for one, other in zip(some, others, strict=True)]
    return sum(gaps) / len(gaps)


def _before(moment: float, words: Sequence[_Word]) -> int:
    return sum(1 for word in words if word.seconds < moment)


def _upto(segments: Sequence[Segment], words: int) -> Iterable[Segment]:
    """The first so many words, in their segments; a segment that is cut ends with its last word."""
    for segment in segments:
        own = _words_of(segment)
        if words >= len(own):
            yield segment
        elif words > 0:
            text = segment.text[: own[words - 1].stop]
            yield replace(segment, text=text, end_seconds=own[words].seconds)
        words -= len(own)


def _beyond(segments: Sequence[Segment], words: int) -> Iterable[Segment]:
    """Without the first so many words; a segment that is cut begins with its first word."""
    for segment in segments:
        own = _words_of(segment)
        if words <= 0:
            yield segment
        elif words < len(own):
            text = segment.text[own[words].start :]
            yield replace(segment, text=text, start_seconds=own[words].seconds)
        words -= len(own)
