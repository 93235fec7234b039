"""Batch transcription: configurations in Voice v2, transcriptions in Voice v3. A webhook brings the text.

https://www.twilio.com/docs/voice/transcription/batch-transcriptions
"""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from msgspec import Struct

from bridge.errors import TwilioRefused, TwilioUnavailable
from bridge.twilio.rest.http import Answered, Http

CONFIGURATION_UNKNOWN = 17530
INTERNAL = 17561
"""Twilio failed: the same request can do better."""

MODELS: Mapping[str, tuple[str, str | None]] = {
    "nova-3": ("deepgram", "nova-3"),
    "nova-2": ("deepgram", "nova-2"),
    "chirp_2": ("google", "chirp_2"),
    "twilio": ("twilio_managed", None),
}
"""A model by the name that the settings have → engine and model as the API has them."""


class TranscriptionState(Struct, frozen=True):
    """A transcription's state; `status` in upper case, `retry_after` in seconds, 0 where not said."""

    id: str
    status: str
    retry_after: float

    @classmethod
    def of(cls, answer: Answered) -> "TranscriptionState":
        """From the REST API's answer."""
        inner = answer.fields.get("transcription")
        transcription = inner if isinstance(inner, dict) else {}
        named = transcription.get("id") or answer.fields.get("id") or answer.fields.get("operationId")
        status = answer.fields.get("status") or transcription.get("status")
        return cls(str(named or ""), str(status or "").upper(), answer.retry_after)

    @property
    def is_running(self) -> bool:
        """Whether a webhook is still to come."""
        return self.status not in {"COMPLETED", "FAILED", "CANCELED", "CANCELLED"}


class BatchTranscription:
    """The account's batch transcription; `url` is where the Voice API is. Every method raises TwilioError."""

    def __init__(self, http: Http, url: str) -> None:
        self._http = http
        self._url = url

    async def configurations(self) -> int:
        """How many configurations a first page has: whether the account can use this product."""
        answer = await self._http.ask("GET", self._configuration())
        found = answer.fields.get("configurations")
        return len(found) if isinstance(found, list) else 0

    async def ensure_configuration(self, name: str, *, language: str, model: str, callback: str) -> str:
        """The id of the configuration with this unique name, made or changed where it is not as wanted."""
        engine, speech_model = MODELS[model]
        wanted: dict[str, object] = {
            "configurationType": "Transcription",
            "transcriptionEngine": engine,
            "language": language,
            "transcriptionStatusCallback": {"url": callback, "method": "POST"},
        }
        if speech_model is not None:
            wanted["speechModel"] = speech_model
        body: dict[str, object] = {
            "unique_name": name,
            "description": "Made by Twenty Twilio Bridge",
            "configuration": wanted,
        }
        found = await self._found(name)
        if found is None:
            answer = await self._http.ask("POST", self._configuration(), body=body)
        elif _holds(found.fields.get("configuration"), wanted):
            answer = found
        else:
            answer = await self._http.ask("PUT", self._configuration(name), body=body)
        return _id(answer.fields)

    async def start(
        self,
        *,
        configuration_id: str,
        recording_sid: str,
        participants: Sequence[Mapping[str, object]],
        key: str,
    ) -> TranscriptionState:
        """Starts a transcription, which costs; the same `key` (UUIDv7) again returns the same one."""
        body: dict[str, object] = {
            "transcriptionConfigurationId": configuration_id,
            "sourceId": recording_sid,
            "participants": list(participants),
        }
        url = f"{self._url}/v3/Transcriptions"
        made = TranscriptionState.of(
            await self._http.ask("POST", url, body=body, headers={"Idempotency-Key": key})
        )
        if not made.id:
            raise TwilioUnavailable("Twilio answered a transcription without an id")
        return made

    async def transcription(self, id_: str) -> TranscriptionState:
        """How far it is; its text is in no answer."""
        return TranscriptionState.of(
            await self._http.ask("GET", f"{self._url}/v3/Transcriptions/{quote(id_, safe='')}")
        )

    async def of_recording(self, recording_sid: str) -> list[TranscriptionState]:
        """The transcriptions of a recording, the newest first; a page of them at most."""
        query = {"sourceId": recording_sid}
        answer = await self._http.ask("GET", f"{self._url}/v3/Transcriptions", query=query)
        rows = answer.fields.get(_key(answer.fields))
        listed = [one for one in rows if isinstance(one, dict)] if isinstance(rows, list) else []
        states = [TranscriptionState.of(Answered(200, 0, one)) for one in listed]
        return [one for one in states if one.id]

    async def _found(self, name: str) -> Answered | None:
        try:
            return await self._http.ask("GET", self._configuration(name))
        except TwilioRefused as refused:
            if refused.status != 404:
                raise
            return None

    def _configuration(self, name: str = "") -> str:
        return f"{self._url}/v2/Configurations/Transcription" + (f"/{quote(name, safe='')}" if name else "")


def _holds(found: object, wanted: Mapping[str, object]) -> bool:
    """Whether a configuration is as wanted; what it has besides is its operator's."""
    if not isinstance(found, dict):
        return False
    return all(
        _holds(found.get(name), value) if isinstance(value, Mapping) else found.get(name) == value
        for name, value in wanted.items()
    )


def _id(fields: Mapping[str, Any]) -> str:
    found = str(fields.get("id") or "")
    if not found:
        raise TwilioUnavailable("Twilio answered a configuration without an id")
    return found


def _key(fields: Mapping[str, Any]) -> str:
    """The name of a list: `meta` says it."""
    meta = fields.get("meta")
    key = meta.get("key") if isinstance(meta, dict) else None
    return key if isinstance(key, str) else "transcriptions"
