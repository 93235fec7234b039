"""`POST /v1/audio/transcriptions`. https://platform.openai.com/docs/api-reference/audio/createTranscription"""

from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import BodyPartReader, web

from bridge.sandbox.sound import Heard
from bridge.sandbox.speech.recognisers import Recogniser, samples_of
from bridge.sandbox.speech.scripted import Refused, Transcribed

FIELDS = frozenset(
    {
        "model",
        "language",
        "prompt",
        "response_format",
        "temperature",
        "timestamp_granularities[]",
        "include[]",
        "chunking_strategy",
        "stream",
    }
)
FORMATS = ("json", "text", "srt", "vtt", "verbose_json")
LARGEST = 25 * 1024 * 1024
"""The bytes of a file that OpenAI takes."""


async def read_transcription(request: web.Request, *, largest: int) -> Transcribed:
    """The fields and the file of a request; raises Refused for what the API would not take."""
    if request.content_type != "multipart/form-data":
        raise Refused("Could not parse multipart form")
    fields: dict[str, str] = {}
    audio, name = b"", ""
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader):
            raise Refused("Could not parse multipart form")
        if part.name == "file":
            audio, name = await _file(part, largest), part.filename or ""
        else:
            fields[part.name or ""] = await part.text()
    _check(fields, audio, name)
    return Transcribed(fields, audio, name, request.headers.get("Authorization", ""))


async def _file(part: BodyPartReader, largest: int) -> bytes:
    audio = bytearray()
    while chunk := await part.read_chunk(1 << 16):
        audio += chunk
        if len(audio) > largest:
            raise Refused(f"Maximum content size limit ({largest}) exceeded", status=413)
    return bytes(audio)


def _check(fields: Mapping[str, str], audio: bytes, name: str) -> None:
    if unknown := sorted(set(fields) - FIELDS):
        raise Refused(f"Unrecognized request argument supplied: {unknown[0]}", param=unknown[0])
    if not fields.get("model"):
        raise Refused("you must provide a model parameter", param="model")
    if fields.get("response_format", "json") not in FORMATS:
        raise Refused("response_format is not known", param="response_format")
    if "timestamp_granularities[]" in fields and fields.get("response_format") != "verbose_json":
        raise Refused("timestamp_granularities takes verbose_json", param="timestamp_granularities")
    if not audio or "." not in name:
        # The API takes the kind of the file from the end of its name.
        raise Refused("Unrecognized file format", param="file")


def transcribe(asked: Transcribed, recognise: Recogniser, *, language: str) -> Any:
    """The answer, in the format that was asked for; raises Refused for a file that is not a WAV."""
    try:
        samples, rate = samples_of(asked.audio)
    except ValueError as error:
        raise Refused("Audio file might be corrupted or unsupported", param="file") from error
    heard = recognise(samples, rate)
    text = " ".join(one.text for one in heard)
    match asked.fields.get("response_format", "json"):
        case "json":
            return {"text": text}
        case "verbose_json":
            return verbose(heard, seconds=len(samples) / 2 / rate, language=language)
        case _:
            return text + "\n"


def verbose(heard: Sequence[Heard], *, seconds: float, language: str) -> dict[str, Any]:
    """The answer with segments, as whisper gives it: their texts begin with a blank."""
    return {
        "task": "transcribe",
        "language": language,
        "duration": round(seconds, 2),
        "text": " ".join(one.text for one in heard),
        "segments": [_segment(number, one) for number, one in enumerate(heard)],
    }


def _segment(number: int, heard: Heard) -> dict[str, Any]:
    return {
        "id": number,
        "seek": 0,
        "start": round(heard.start, 2),
        "end": round(heard.end, 2),
        "text": f" {heard.text}",
        "tokens": [],
        "temperature": 0.0,
        "avg_logprob": -0.1,
        "compression_ratio": 1.0,
        "no_speech_prob": 0.01,
    }
