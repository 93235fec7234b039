"""Channels merge in order of time; pieces merge without loss or repetition."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.calls.transcripts.merging import (
    by_time,
    merged_channel,
    merged_pieces,
    shift,
    transcript_of_call,
)
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


@pytest.mark.parametrize(
    "letters",
    [
        "\u0e00ก\u0e7f\u0eff",  # Thai and Lao
        "\u1000က\u109fအ",  # Burmese
        "\u1780ក\u17ffខ",  # Khmer
        "\u3040あ\u30ffア",  # Japanese
        "\u3400中\u9fff国",  # Chinese
        "\uf900\ufa10\ufaff\uf901",
        "\U00020000\U0002a6d6\U0003ffff\U00020001",
    ],
)
def test_in_scripts_without_blanks_each_letter_is_a_word(letters: str) -> None:
    """So the pieces join in the midst of what has no blank; letters of other scripts are of one word."""
    first, second = letters[:3], letters[1:]
    merged = merged_pieces([said(0, 6, first)], [said(2, 8, second)], overlap=2)
    assert "".join(one.text for one in merged) == letters
    assert texts(merged_pieces([said(0, 6, "abc")], [said(2, 8, "bcd")], overlap=2)) == ["abc"]


@pytest.mark.parametrize(
    "letters", ["\u0dff\u0f00", "\u0fff\u10a0", "\u177f\u1800", "\u303f\u3100", "\u33ff\ua000"]
)
def test_what_is_beside_those_scripts_has_words_of_several_letters(letters: str) -> None:
    word = letters * 2
    merged = merged_pieces([said(0, 6, f"a {word}")], [said(2, 8, f"{word} b")], overlap=2)
    assert texts(merged) == ["a", word, "b"]
    assert [one.text for one in merged] == [f"a {word}", "b"]


def test_words_of_two_segments_are_one_within_a_second() -> None:
    for second, words in ((4.9, ["a", "b", "c"]), (5.1, ["a", "b", "b", "c"])):
        first = [said(0, 1, "a"), said(2, 4, "b")]
        merged = merged_pieces(first, [said(second, 8, "b c")], overlap=3)
        assert (texts(merged) == words) is True, (second, merged)


def test_what_ended_more_than_a_second_before_the_second_piece_is_no_part_of_the_joint() -> None:
    for ends, words in ((4.0, ["no", "yes", "go"]), (3.9, ["no", "yes", "no", "yes", "go"])):
        first = [said(2, ends, "no yes")]
        merged = merged_pieces(first, [said(5, 8, "no yes go")], overlap=5)
        assert texts(merged) == words


def test_of_pieces_one_after_the_other_only_what_is_near_is_joined_again() -> None:
    """What ended more than a second before a piece stays as it is."""
    whole = merged_channel(
        [
            (0, [said(0, 2, "one two"), said(3, 5, "three four")]),
            (4, [said(0, 1, "four"), said(2, 3, "five")]),
            (8, [said(0.5, 1, "six")]),
            (9, [said(0, 1, "six seven")]),
        ]
    )
    assert texts(whole) == ["one", "two", "three", "four", "five", "six", "seven"]
    assert whole[0] == said(0, 2, "one two")


def test_segments_are_shifted_and_none_begins_before_the_call() -> None:
    segments = [said(1, 3, "a"), said(0, 1, "b"), said(5, 6, "c")]
    assert list(shift(segments, -2)) == [said(0, 1, "a"), said(0, 0, "b"), said(3, 4, "c")]
    assert list(shift(segments, 0.5)) == [said(1.5, 3.5, "a"), said(0.5, 1.5, "b"), said(5.5, 6.5, "c")]


def test_of_several_recordings_the_one_with_the_most_words_names_the_language() -> None:
    many = of_recording(said(0, 1, "xx"), said(2, 3, "yy"), language="de")
    long = of_recording(said(0, 9, "abc"), language="en")
    for recordings in ([(START, many), (START, long)], [(START, long), (START, many)]):
        call = transcript_of_call(START, recordings)
        assert call
        assert (call.language, call.engine, call.model) == ("de", "openai", "m")
        assert [one.text for one in call.segments] == ["xx", "abc", "yy"]


def test_of_equal_starts_the_shorter_segment_comes_first() -> None:
    segments = [said(1, 3, "a"), said(1, 2, "b", MARIE), said(0, 9, "c"), said(1, 2, "d")]
    assert [one.text for one in by_time(segments)] == ["c", "b", "d", "a"]
