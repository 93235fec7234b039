"""Channels merge in order of time; pieces merge without loss or repetition."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.calls.transcripts.merging import by_time, merged_channel, merged_pieces, transcript_of_call
from bridge.calls.transcripts.segments import Role, Segment, Speaker, Transcript

ANNA, MARIE = Speaker(Role.AGENT, "anna"), Speaker(Role.CUSTOMER, "+33639980001")
START = datetime(2026, 11, 30, 9, tzinfo=UTC)

Word = tuple[str, float, float]
"""A word with the seconds of its start and end."""


def said(start: float, end: float, text: str, speaker: Speaker = ANNA) -> Segment:
    return Segment(speaker, start, end, text)


def texts(segments: Sequence[Segment]) -> list[str]:
    return [word for segment in segments for word in segment.text.split()]


spans = st.lists(st.tuples(st.floats(0, 1e4), st.floats(0, 60)), max_size=30)


@given(spans, spans)
def test_channels_merge_in_order_for_any_overlap(
    one: list[tuple[float, float]], other: Sequence[tuple[float, float]]
) -> None:
    both = [
        *(said(start, start + length, f"a{n}", ANNA) for n, (start, length) in enumerate(sorted(one))),
        *(said(start, start + length, f"m{n}", MARIE) for n, (start, length) in enumerate(sorted(other))),
    ]
    merged = by_time(both)
    assert sorted(map(repr, merged)) == sorted(map(repr, both))
    assert all(first.start_seconds <= second.start_seconds for first, second in pairwise(merged))
    for speaker, letter, count in ((ANNA, "a", len(one)), (MARIE, "m", len(other))):
        assert [s.text for s in merged if s.speaker == speaker] == [f"{letter}{n}" for n in range(count)]


@st.composite
def speech(draw: st.DrawFn) -> list[Word]:
    """Words in order, each once; servers place words of a segment no better than by their share of it."""
    moment, words = 0.0, []
    for number in range(draw(st.integers(0, 80))):
        moment += draw(st.sampled_from((0.0, 0.0, 0.1, 0.5, 4.0)))
        length = draw(st.floats(0.2, 0.6))
        words.append((f"word{number}" + draw(st.sampled_from(("", "."))), moment, moment + length))
        moment += length
    return words


def recognised(words: Sequence[Word], cuts: Sequence[int], begin: float, end: float) -> list[Segment]:
    """What a server makes of a piece: the words within it, in segments of so many words each."""
    heard = [word for word in words if begin <= word[1] and word[2] <= end]
    segments, place, turn = [], 0, 0
    while place < len(heard):
        some = heard[place : place + (count := cuts[turn % len(cuts)])]
        segments.append(said(some[0][1] - begin, some[-1][2] - begin, " ".join(word[0] for word in some)))
        place, turn = place + count, turn + 1
    return segments


lengths = st.lists(st.integers(1, 4), min_size=1, max_size=3)


@given(speech(), lengths, lengths, st.floats(0, 20), st.floats(2, 8))
def test_pieces_merge_without_loss_or_repetition(
    words: list[Word], some: list[int], others: list[int], begin: float, overlap: float
) -> None:
    end = begin + overlap
    first = recognised(words, some, 0, end)
    second = [
        said(one.start_seconds + begin, one.end_seconds + begin, one.text)
        for one in recognised(words, others, begin, 1e9)
    ]
    merged = merged_pieces(first, second, overlap=begin)
    assert texts(merged) == [word[0] for word in words]
    assert all(one.start_seconds <= other.start_seconds for one, other in pairwise(merged))


REPEATED = [said(n, n + 0.8, "no") for n in range(10)]


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        pytest.param(REPEATED[:7], REPEATED[4:], ["no"] * 10, id="repeated words, by their times"),
        pytest.param(
            [said(0, 4, "I will call you on Monday mor")],
            [said(2, 6, "call you on Monday morning at nine")],
            ["I", "will", "call", "you", "on", "Monday", "morning", "at", "nine"],
            id="a word cut by the end of the piece",
        ),
        pytest.param(
            [said(0, 4, "Yes, of course. Call me")],
            [said(2.2, 6, "of COURSE, call me tomorrow")],
            ["Yes,", "of", "course.", "Call", "me", "tomorrow"],
            id="other case and punctuation",
        ),
        pytest.param(
            [said(0, 1, "Hello?"), said(2, 3, "Hmm")],
            [said(3.2, 4, "Ahem"), said(5, 6, "Hello!")],
            ["Hello?", "Hmm", "Ahem", "Hello!"],
            id="nothing alike: the second goes on",
        ),
        pytest.param(
            [said(0, 6, "こんにちは元気")],
            [said(2.5, 9, "元気です今日は東京へ行きます")],
            ["こんにちは元気", "です今日は東京へ行きます"],
            id="a language without blanks, whose segment ends later",
        ),
        pytest.param(
            [said(0, 6, "こんにちは元気")],
            [said(2.5, 8, "元気です今日は")],
            ["こんにちは元気", "です今日は"],
            id="a language without blanks, whose segment's middle is earlier",
        ),
        pytest.param(
            [said(0, 6, "\U00020000\U00020001\U00020002\U00020003")],
            [said(2.5, 8, "\U00020002\U00020003\U00020004\U00020005")],
            ["\U00020000\U00020001\U00020002\U00020003", "\U00020004\U00020005"],
            id="rare characters of a language without blanks",
        ),
        pytest.param(
            [said(2, 2, "no no")],
            [said(2, 2, "no no")],
            ["no", "no"],
            id="of joints that are as near the longest",
        ),
        pytest.param([], [said(2, 3, "Hello")], ["Hello"], id="silence before"),
        pytest.param([said(2, 3, "Hello")], [], ["Hello"], id="silence after"),
        pytest.param([said(1, 2, "Yes")], [said(5, 6, "Yes")], ["Yes", "Yes"], id="said twice"),
    ],
)
def test_joints(first: list[Segment], second: list[Segment], expected: list[str]) -> None:
    begins = 4.0 if first == REPEATED[:7] else 2.0
    assert texts(merged_pieces(first, second, overlap=begins)) == expected


def test_a_segment_that_is_cut_keeps_the_time_of_the_words_that_it_keeps() -> None:
    first, second = said(4, 8, "aa bb cc xx"), said(0, 4, "cc dd ee ff")
    before, after = said(0, 1, "before"), said(0, 1, "after")
    merged = merged_channel([(0, [before, first]), (6, [second]), (20, [after])])
    assert merged == [before, said(4, 7.5, "aa bb cc"), said(7.5, 10, "dd ee ff"), said(20, 21, "after")]


def of_recording(*segments: Segment, language: str = "fr") -> Transcript:
    return Transcript(segments=segments, language=language, engine="openai", model="m")


def test_recordings_of_a_call_count_from_its_start() -> None:
    early = START - timedelta(seconds=2)
    later = START + timedelta(minutes=1)
    call = transcript_of_call(
        START,
        [
            (later, of_recording(said(1, 2, "and the words of the longer one"))),
            (early, of_recording(said(1, 4, "Hi"), language="en")),
        ],
    )
    assert call is not None
    assert [(s.start_seconds, s.end_seconds) for s in call.segments] == [(0, 2), (61, 62)]
    assert call.language == "fr"
    assert transcript_of_call(START, []) is None
