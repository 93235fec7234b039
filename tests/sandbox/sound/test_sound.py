"""Recordings as sound: what is said as tones is read back, by channel, and from any cut on."""

import io
import wave
from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.sandbox.sound import Conversation, Said, hear, wav_of
from bridge.sandbox.sound.espeak import speak
from bridge.sandbox.sound.tones import say

WORDS = st.text(st.characters(exclude_categories=("Z", "C")), min_size=1, max_size=8)


def sides(audio: bytes) -> list[bytes]:
    with wave.open(io.BytesIO(audio)) as wav:
        samples = array("h", wav.readframes(wav.getnframes()))
        return [samples[n :: wav.getnchannels()].tobytes() for n in range(wav.getnchannels())]


@given(st.lists(WORDS, min_size=1, max_size=5))
def test_what_is_said_in_tones_is_heard(words: list[str]) -> None:
    text = " ".join(" ".join(words).split())
    assert " ".join(one.text for one in hear(bytes(300) + say(text) + bytes(300))) == text


@pytest.mark.parametrize("cut", range(0, 1600, 97))
def test_what_is_cut_in_a_word_is_heard_from_its_next_letter_on(cut: int) -> None:
    heard = hear(say("abcdefgh")[2 * cut :])
    assert "abcdefgh".endswith(heard[0].text)
    assert len(heard[0].text) >= 8 - cut // 400 - 1


def test_each_channel_has_its_own_lines_and_one_channel_both() -> None:
    talk = Conversation([Said(1, 0.5, "Hello Anna"), Said(2, 2, "Hello Marie"), Said(1, 99, "too late")])
    first, second = sides(wav_of(talk, seconds=4, channels=2))
    assert [(one.start, one.text) for one in hear(first)] == [(0.5, "Hello Anna")]
    assert [(one.start, one.text) for one in hear(second)] == [(2.0, "Hello Marie")]
    for channels, requested in ((1, 0), (2, 1)):
        (mixed,) = sides(wav_of(talk, seconds=4, channels=channels, requested=requested))
        assert [one.text for one in hear(mixed)] == ["Hello Anna", "Hello Marie"]


def test_without_a_script_each_channel_has_a_tone_that_says_nothing() -> None:
    first, second = sides(wav_of(None, seconds=2, channels=2))
    assert len(first) == len(second) == 2 * 2 * 8000
    assert first != second
    assert any(first)
    assert hear(first) == hear(second) == []


def test_speech_is_spoken_where_there_is_espeak() -> None:
    spoken = speak("Hello", "en-US", 1)
    if spoken is None:
        pytest.skip("espeak-ng is not on PATH")
    (sound,) = sides(wav_of(Conversation([Said(1, 0, "Hello")], spoken=True), seconds=2, channels=1))
    assert sound.startswith(spoken)
    assert hear(sound) == []
