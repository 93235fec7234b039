"""A transcript as a dialogue: who spoke, from when on, and the words."""

from collections.abc import Callable, Sequence

from msgspec import Struct

from bridge.calls.transcripts.segments import Segment, Speaker, Transcript

LONGEST_TURN = 600
"""Characters after which a speaker's next segment is an utterance of its own."""

LONGEST_PAUSE = 8.0
"""Seconds of silence after which it is."""


class Utterance(Struct, frozen=True):
    """What a speaker says until another one speaks; in seconds from the call's start, as plain text."""

    speaker: Speaker
    start_seconds: float
    end_seconds: float
    text: str


def dialogue(transcript: Transcript) -> list[Utterance]:
    """The utterances of a transcript, in order; segments without words are left out."""
    spoken: list[Utterance] = []
    for segment in transcript.segments:
        text = " ".join(segment.text.split())
        if not text:
            continue
        if spoken and _goes_on(spoken[-1], segment):
            last = spoken.pop()
            text, start = f"{last.text} {text}", last.start_seconds
            end = max(last.end_seconds, segment.end_seconds)
        else:
            start, end = segment.start_seconds, segment.end_seconds
        spoken.append(Utterance(segment.speaker, start, end, text))
    return spoken


def _goes_on(last: Utterance, segment: Segment) -> bool:
    return (
        last.speaker == segment.speaker
        and len(last.text) < LONGEST_TURN
        and segment.start_seconds - last.end_seconds <= LONGEST_PAUSE
    )


def clock(seconds: float) -> str:
    """`1:05`, and from an hour on `1:02:05`."""
    minutes, rest = divmod(int(max(0.0, seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def plain_blocks(spoken: Sequence[Utterance], name: Callable[[Speaker], str]) -> list[str]:
    """Each utterance as plain text, `Anna (1:05): Good morning.`; `name` says what a speaker is called."""
    return [f"{name(one.speaker)} ({clock(one.start_seconds)}): {one.text}" for one in spoken]
