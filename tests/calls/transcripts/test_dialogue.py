"""A transcript as a dialogue."""

import pytest

from bridge.calls.transcripts.dialogue import Utterance, clock, dialogue, plain_blocks
from bridge.calls.transcripts.segments import Role, Segment, Speaker, Transcript

ANNA, MARIE = Speaker(Role.AGENT, "anna"), Speaker(Role.CUSTOMER, "+33639980001")
NAMES = {ANNA: "Anna", MARIE: "Marie Durand"}


def test_what_a_speaker_says_on_end_is_one_block() -> None:
    segments = (
        Segment(ANNA, 0, 2, " Good\n morning. "),
        Segment(ANNA, 2, 3, "What can I do?"),
        Segment(MARIE, 3, 3.5, "   "),
        Segment(ANNA, 3.6, 4, "Hello?"),
        Segment(MARIE, 65.2, 67, "*Hi*"),
        Segment(MARIE, 80, 81, "Sorry."),
        Segment(ANNA, 3725, 3726, "Bye."),
    )
    transcript = Transcript(segments=segments, language="en", engine="openai")
    assert plain_blocks(dialogue(transcript), NAMES.__getitem__) == [
        "Anna (0:00): Good morning. What can I do? Hello?",
        "Marie Durand (1:05): *Hi*",
        "Marie Durand (1:20): Sorry.",
        "Anna (1:02:05): Bye.",
    ]


def test_a_monologue_comes_in_several_blocks() -> None:
    segments = tuple(Segment(ANNA, n, n + 1, "x" * 99) for n in range(20))
    spoken = dialogue(Transcript(segments=segments, language="", engine="openai"))
    assert 2 < len(spoken) < 6
    assert sum(len(one.text.replace(" ", "")) for one in spoken) == 20 * 99


def test_clock_never_shows_a_time_before_the_call() -> None:
    assert clock(-3) == "0:00"


def test_when_a_speaker_begins_anew() -> None:
    """After eight seconds of silence, or 600 characters."""
    segments = (
        Segment(ANNA, 0, 2, "a"),
        Segment(ANNA, 10, 11, "b"),
        Segment(ANNA, 19.1, 20, "c"),
        # A server's times can go back; the later end counts.
        Segment(ANNA, 20, 30, "d"),
        Segment(ANNA, 21, 22, "e"),
        Segment(ANNA, 38, 39, "f"),
        Segment(MARIE, 39, 40, "x" * 599),
        Segment(MARIE, 40, 41, "y"),
        Segment(MARIE, 41, 42, "z"),
    )
    spoken = dialogue(Transcript(segments=segments, language="", engine="openai"))
    assert spoken == [
        Utterance(ANNA, 0, 11, "a b"),
        Utterance(ANNA, 19.1, 39, "c d e f"),
        Utterance(MARIE, 39, 41, f"{'x' * 599} y"),
        Utterance(MARIE, 41, 42, "z"),
    ]


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0.9, "0:00"), (59.9, "0:59"), (60, "1:00"), (3599, "59:59"), (3600, "1:00:00"), (36061, "10:01:01")],
)
def test_clock(seconds: float, shown: str) -> None:
    assert clock(seconds) == shown
