"""The server of models: what it hears, what it refuses, and how it fails when a test says so."""

import json
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bridge.sandbox.sound import Conversation, Said, wav_of
from bridge.sandbox.speech import Answer, SpeechSandbox, speech_sandbox
from bridge.sandbox.speech.spoken import SpokenWords

SPOKEN = Path(__file__).parent / "spoken.wav"
"""By espeak-ng: two sentences of these words."""
WORDS = """hello good morning please call back tomorrow nine order number seven four two thank you goodbye
    agreed meet friday monday invoice contract paid phone"""

SCHEMA = {
    "type": "object",
    "properties": {
        "summary": {"type": "string"},
        "steps": {"type": "array", "items": {"$ref": "#/$defs/Step"}},
    },
    "required": ["summary", "steps"],
    "additionalProperties": False,
    "$defs": {
        "Step": {
            "type": "object",
            "properties": {"second": {"type": "integer"}},
            "required": ["second"],
            "additionalProperties": False,
        }
    },
}


def wav(*lines: Said, seconds: int = 4, channels: int = 1) -> bytes:
    return wav_of(Conversation(lines), seconds=seconds, channels=channels)


async def transcribe(
    server: SpeechSandbox, audio: bytes, *, key: str = "k", name: str = "1.wav", **fields: str
) -> tuple[int, Any]:
    form = aiohttp.FormData({"model": "whisper-1", "response_format": "verbose_json", **fields})
    form.add_field("file", audio, filename=name)
    url = f"{server.url}/v1/audio/transcriptions"
    headers = {"Authorization": f"Bearer {key}"}
    async with aiohttp.request("POST", url, data=form, headers=headers) as response:
        return response.status, await response.json()


async def chat(server: SpeechSandbox, **body: Any) -> tuple[int, Any]:
    asked = {"model": "m", "messages": [{"role": "user", "content": "Hi"}], **body}
    async with aiohttp.request("POST", f"{server.url}/v1/chat/completions", json=asked) as response:
        return response.status, await response.json()


async def test_it_hears_what_a_recording_says() -> None:
    async with speech_sandbox(api_key="k") as server:
        said = wav(Said(1, 0.5, "Bonjour, Marie à l’appareil"), Said(1, 2.8, "Merci"))
        status, body = await transcribe(server, said, language="fr")
        assert status == 200
        assert body["text"] == "Bonjour, Marie à l’appareil Merci"
        found = [(one["start"], one["text"]) for one in body["segments"]]
        assert found == [(0.5, " Bonjour, Marie à l’appareil"), (2.8, " Merci")]
        assert body["duration"] == 4.0
        assert server.transcribed[0].fields["language"] == "fr"


async def test_it_refuses_what_the_api_refuses() -> None:
    async with speech_sandbox(api_key="k") as server:
        server.largest = 100_000
        audio = wav(Said(1, 0, "Hi"))
        assert (await transcribe(server, audio, key="other"))[0] == 401
        assert (await transcribe(server, audio, model=""))[0] == 400
        assert (await transcribe(server, audio, name="audio"))[0] == 400
        assert (await transcribe(server, audio, format="json"))[0] == 400
        assert (await transcribe(server, b"RIFF and no more"))[0] == 400
        assert (await transcribe(server, wav(seconds=10)))[0] == 413


async def test_it_answers_as_a_script_says_then_as_ever() -> None:
    async with speech_sandbox(api_key="k") as server:
        server.transcripts.extend([Answer.limited(), Answer.broken(), Answer(body={"segments": "a lie"})])
        audio = wav(Said(1, 0, "Hi"))
        statuses = [await transcribe(server, audio) for _ in range(4)]
        assert [status for status, _ in statuses] == [429, 500, 200, 200]
        assert statuses[2][1] == {"segments": "a lie"}
        assert statuses[3][1]["text"] == "Hi"
        server.transcripts.append(Answer(half=True))
        with pytest.raises(aiohttp.ClientPayloadError):
            await transcribe(server, audio)


async def test_chat_completions_are_strict_about_the_schema() -> None:
    loose = {**SCHEMA, "required": ["summary"]}
    async with speech_sandbox() as server:
        for schema, expected in ((SCHEMA, 200), (loose, 400)):
            asked = {"name": "summary", "strict": True, "schema": schema}
            status, body = await chat(server, response_format={"type": "json_schema", "json_schema": asked})
            assert status == expected, body
        status, body = await chat(
            server,
            response_format={"type": "json_schema", "json_schema": {"name": "s", "schema": SCHEMA}},
        )
        answer = json.loads(body["choices"][0]["message"]["content"])
        assert answer == {"summary": "A sentence.", "steps": []}
        assert (await chat(server, response_format={"type": "schema"}))[0] == 400
        assert (await chat(server, tools=[]))[0] == 400
        server.says("Of the script")
        assert (await chat(server))[1]["choices"][0]["message"]["content"] == "Of the script"


async def test_it_recognises_speech_where_there_is_pocketsphinx() -> None:
    pytest.importorskip("pocketsphinx")
    words = WORDS.split()
    async with speech_sandbox(api_key="k", recognise=SpokenWords(words)) as server:
        _, body = await transcribe(server, SPOKEN.read_bytes())
    assert [one["text"].split() for one in body["segments"]] == [
        ["good", "morning", "please", "call", "back", "tomorrow"],
        ["meet", "friday", "thank", "you", "goodbye"],
    ]
    assert body["segments"][1]["start"] > body["segments"][0]["end"] > 1
