"""The engine `openai`: each channel by itself, in pieces, for any answer of the server."""

import io
import json
import wave
from itertools import pairwise
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from hypothesis import given
from hypothesis import strategies as st

from bridge.calls.transcripts.segments import Role, Speaker
from bridge.errors import TranscriptError, TranscriptRefused, TranscriptUnavailable, TwilioRefused
from bridge.sandbox.sound import Said
from bridge.sandbox.speech import Answer, SpeechSandbox
from bridge.sandbox.twilio import TwilioSandbox
from bridge.transcripts.audio import Audio, Sound, pieces_of, sound_of, wav_of
from bridge.twilio.rest.media import open_media
from tests.support import twilio_settings
from tests.transcripts.conftest import ANNA, KEY, MARIE, Noted, OpenEngine, recording

HELLO = (Said(1, 0.5, "Hello Anna"), Said(2, 2.5, "Hello Marie"), Said(1, 5, "Yes"))


async def test_each_side_is_heard_on_its_own(
    twilio: TwilioSandbox, speech: SpeechSandbox, open_engine: OpenEngine
) -> None:
    recorded = recording(twilio, *HELLO, seconds=8)
    async with open_engine(language="fr-FR") as engine:
        made = await engine.transcribe(recorded, Noted())
    assert [(s.speaker, s.start_seconds, s.text) for s in made.segments] == [
        (MARIE, 0.5, "Hello Anna"),
        (ANNA, 2.5, "Hello Marie"),
        (MARIE, 5, "Yes"),
    ]
    assert (made.language, made.engine, made.model) == ("fr-FR", "openai", "m")
    assert [asked.fields for asked in speech.transcribed] == [
        {"model": "m", "response_format": "verbose_json", "language": "fr"}
    ] * 2


async def test_one_channel_is_of_all_who_were_in_the_call(
    twilio: TwilioSandbox, open_engine: OpenEngine
) -> None:
    recorded = recording(twilio, *HELLO, seconds=8, channels=1)
    async with open_engine() as engine:
        made = await engine.transcribe(recorded, Noted())
    assert made.speakers == [Speaker(Role.SEVERAL)]
    assert made.language == "english"


WORDS = [f"word{n}" for n in range(110)]
LONG = (Said(1, 1, " ".join(WORDS[:5])), Said(1, 50, " ".join(WORDS[5:])), Said(2, 20, "Hmm"))


async def test_a_long_recording_goes_in_pieces_and_after_a_kill_only_what_is_missing(
    twilio: TwilioSandbox, speech: SpeechSandbox, open_engine: OpenEngine
) -> None:
    speech.largest = 1_000_000
    recorded = recording(twilio, *LONG, seconds=100)
    async with open_engine(piece_megabytes=1) as engine:
        killed = Noted(fail_after=3)
        with pytest.raises(KeyboardInterrupt):
            await engine.transcribe(recorded, killed)
        # On the second channel nothing is said in the second piece, so it is not sent.
        before = len(speech.transcribed)
        made = await engine.transcribe(recorded, Noted(killed.text))
    assert (before, len(speech.transcribed)) == (3, 3)
    spoken = " ".join(s.text for s in made.segments if s.speaker == MARIE)
    assert spoken.split() == WORDS
    assert [s.text for s in made.segments if s.speaker == ANNA] == ["Hmm"]


async def test_pieces_that_are_too_large_for_the_server_are_halved(
    twilio: TwilioSandbox, speech: SpeechSandbox, open_engine: OpenEngine
) -> None:
    speech.largest = 700_000
    recorded = recording(twilio, *LONG, seconds=100)
    async with open_engine() as engine:
        made = await engine.transcribe(recorded, Noted())
        asked = len(speech.transcribed)
        assert " ".join(s.text for s in made.segments if s.speaker == MARIE).split() == WORDS
        assert [(s.start_seconds, s.text) for s in made.segments if s.speaker == ANNA] == [(20, "Hmm")]
        # What it is known to refuse is not sent once more.
        speech.largest = 25_000_000
        await engine.transcribe(recorded, Noted())
        assert max(len(heard.audio) for heard in speech.transcribed[asked:]) < 700_000
        # A server that takes nothing: at some length it is over.
        speech.largest = 1
        with pytest.raises(TranscriptRefused, match="piece_megabytes"):
            await engine.transcribe(recorded, Noted())
        speech.largest = 25_000_000
        await engine.transcribe(recorded, Noted())
        assert max(len(heard.audio) for heard in speech.transcribed) > 700_000


def answered(**body: Any) -> Answer:
    return Answer(body=body)


REPEATS_KEY = Answer(status=400, body={"error": {"message": f"{KEY} is wrong"}})


def segment(text: Any, start: Any = 0, end: Any = 1, **more: Any) -> dict[str, Any]:
    return {"start": start, "end": end, "text": text} | more


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        pytest.param(answered(text="Hi"), [(0, 3, "Hi", None)], id="no times"),
        pytest.param(answered(text="", segments=[]), [], id="silence"),
        pytest.param(answered(text="Thank you.", segments=[]), [], id="a text that no segment has"),
        pytest.param(
            answered(
                segments=[
                    segment("b", 2, 3),
                    segment(" a\n\x00 ", 0, 1, avg_logprob=-0.5, tokens=[1], new={}),
                ]
            ),
            [(0, 1, "a", 0.607), (2, 3, "b", None)],
            id="unordered, with fields of its own",
        ),
        pytest.param(
            answered(segments=[segment("a", -5, 1e9), segment("b", 2, 1), segment("c", 1e300, 1e301)]),
            [(0, 3, "a", None), (2, 2, "b", None), (3, 3, "c", None)],
            id="times beyond the piece",
        ),
        pytest.param(
            Answer(
                body='{"segments": [{"start": NaN, "end": 1, "text": "a"}, 7, {"text": "b"}], "text": "all"}'
            ),
            [(0, 3, "all", None)],
            id="segments that cannot be read",
        ),
        pytest.param(
            answered(
                segments=[segment("Thanks for watching!", no_speech_prob=0.9, avg_logprob=-1.5), segment("a")]
            ),
            [(0, 1, "a", None)],
            id="noise",
        ),
        pytest.param(
            answered(segments=[segment("a" * 5000)]), [(0, 1, "a" * 1300, None)], id="more than can be said"
        ),
        pytest.param(
            Answer(body=rb'{"text": "\ud800x", "segments": [{"start":0,"end":1,"text":"\ud800x"}]}'),
            [(0, 1, "x", None)],
            id="half a surrogate",
        ),
    ],
)
async def test_answers_are_read_leniently(
    twilio: TwilioSandbox, speech: SpeechSandbox, open_engine: OpenEngine, answer: Answer, expected: list[Any]
) -> None:
    recorded = recording(twilio, Said(1, 0, "Hi"), seconds=3, channels=1)
    speech.transcripts.append(answer)
    async with open_engine() as engine:
        made = await engine.transcribe(recorded, Noted())
    assert [(s.start_seconds, s.end_seconds, s.text, s.confidence) for s in made.segments] == expected


@pytest.mark.parametrize(
    ("answer", "error", "said"),
    [
        (Answer.broken(), TranscriptUnavailable, "answered 500: The server had an error"),
        (Answer.limited(), TranscriptUnavailable, "answered 429"),
        (Answer(half=True), TranscriptUnavailable, "did not answer"),
        (Answer(body="<html>"), TranscriptUnavailable, "not valid JSON"),
        (Answer(body="[" * 100_000), TranscriptUnavailable, "not valid JSON"),
        (answered(words=1), TranscriptUnavailable, "neither segments nor a text"),
        (Answer(body=json.dumps({"text": "a" * 5_000_000})), TranscriptUnavailable, "larger than"),
        (Answer(status=302, headers={"Location": "/"}), TranscriptUnavailable, "answered 302"),
        (Answer(status=404, body="no"), TranscriptUnavailable, "transcripts.url"),
        (Answer(status=401, body="no"), TranscriptUnavailable, "TRANSCRIPTS_API_KEY"),
        (Answer.too_large(), TranscriptRefused, "piece_megabytes"),
        (REPEATS_KEY, TranscriptRefused, r"400: \[…\] is wrong"),
        (Answer(status=400, body={"error": {"message": "no\x00 model"}}), TranscriptRefused, "no model."),
    ],
)  # fmt: skip
async def test_what_is_wrong_is_retried_or_parked_with_its_reason(
    twilio: TwilioSandbox,
    speech: SpeechSandbox,
    open_engine: OpenEngine,
    answer: Answer,
    error: type[TranscriptError],
    said: str,
) -> None:
    recorded = recording(twilio, Said(1, 0, "Hi"), seconds=3, channels=1)
    speech.transcripts.append(answer)
    async with open_engine() as engine:
        with pytest.raises(error, match=said) as raised:
            await engine.transcribe(recorded, Noted())
    assert "invented" not in str(raised.value)


async def test_recordings_that_cannot_be_read(twilio: TwilioSandbox, open_engine: OpenEngine) -> None:
    async with open_engine() as engine:
        gone = recording(twilio, seconds=3)
        del twilio.account.recordings[gone.recording_sid]
        with pytest.raises(TwilioRefused):
            await engine.transcribe(gone, Noted())
        begun = recording(twilio, seconds=3, media=a_wav(0))
        assert not (await engine.transcribe(begun, Noted())).segments
        with pytest.raises(TranscriptRefused, match="not a WAV file"):
            await engine.transcribe(recording(twilio, seconds=3, media=b"ID3\x04 no WAV"), Noted())


PAGES = (
    (web.Response(text="<p>Down</p>", content_type="text/html"), TranscriptUnavailable, "text/html"),
    (web.Response(status=416), TranscriptRefused, "empty"),
    (
        web.Response(status=206, body=b"RIFF", headers={"Content-Range": "bytes 9-12/99"}),
        TranscriptUnavailable,
        "another part",
    ),
)


async def test_a_page_or_another_part_is_no_recording(twilio: TwilioSandbox) -> None:
    pages = [page for page, _, _ in PAGES]

    async def lie(_request: web.Request) -> web.Response:
        return pages.pop(0)

    app = web.Application()
    app.router.add_get("/{path:.*}", lie)
    async with TestServer(app) as server:
        settings = twilio_settings(twilio).model_copy(update={"api_url": str(server.make_url("/"))})
        async with open_media(settings, hosts=()) as media:
            for _, error, said in PAGES:
                with pytest.raises(error, match=said):
                    await Audio(media, "RE" + "1" * 32, 2).sound()


def a_wav(frames: int, *, channels: int = 2, width: int = 2, loud: int = 0) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as wav:
        wav.setnchannels(channels)
        wav.setsampwidth(width)
        wav.setframerate(8000)
        wav.writeframes(bytes([loud]) * frames * channels * width)
    return file.getvalue()


def test_a_header_is_believed_as_far_as_there_are_bytes() -> None:
    whole = a_wav(1000)
    assert sound_of(whole, len(whole)) == Sound(8000, 2, 2, 1000, 44)
    streamed = whole[:40] + b"\xff\xff\xff\xff" + whole[44:]
    assert sound_of(streamed, len(whole)).frames == 1000
    assert sound_of(whole[:60], len(whole)).frames == sound_of(whole[:60], None).frames == 1000
    longer_than_all = whole[:12] + b"LIST\xff\xff\xff\x7f" + whole[12:]
    other_codec = whole[:20] + b"\x07" + whole[21:]
    for broken in (b"", b"RIFF", longer_than_all, a_wav(9, width=3), a_wav(9, channels=9), other_codec):
        with pytest.raises(TranscriptRefused):
            sound_of(broken, len(broken))


def test_a_silent_channel_is_not_sent() -> None:
    sound = Sound(8000, 2, 2, 4, 44)
    frames = b"\0\0\0\x10" * 4
    assert wav_of(frames, sound, 0) is None
    second = wav_of(frames, sound, 1)
    assert second
    with wave.open(io.BytesIO(second)) as wav:
        assert wav.readframes(9) == b"\0\x10" * 4


@given(
    st.integers(0, 100_000_000),
    st.sampled_from((1, 2, 4)),
    st.integers(1000, 48_000),
    st.integers(1_000_000, 24_000_000),
)
def test_pieces_cover_a_recording_and_overlap(frames: int, width: int, rate: int, largest: int) -> None:
    pieces = pieces_of(Sound(rate, width, 2, frames, 44), largest_bytes=largest)
    assert (pieces[0].start, pieces[-1].stop) == (0, frames)
    for one, other in pairwise(pieces):
        assert one.start < other.start < one.stop < other.stop
        assert one.stop - other.start >= min(rate, largest // width // 3)
    assert all((one.stop - one.start) * width + 44 <= largest for one in pieces)
