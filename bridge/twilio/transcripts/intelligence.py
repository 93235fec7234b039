"""Conversation Intelligence (classic), which Twilio also calls Voice Intelligence v2.

https://www.twilio.com/docs/conversational-intelligence/api
"""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from msgspec import Struct

from bridge.errors import TwilioRefused, TwilioUnavailable
from bridge.twilio.rest.http import Http
from bridge.twilio.transcripts.sentences import Sentence, read_sentences, shape_of

LARGEST_PAGE = 1000
MOST_PAGES = 100
MEDIA_NOT_ACCESSIBLE = 95102
NOT_COMPLETED = 95120


class Service(Struct, frozen=True):
    """A service: each transcript belongs to one, which has its language, and says what is redacted."""

    sid: str
    unique_name: str
    language: str
    transcribes_all: bool
    redacts: bool

    @classmethod
    def of(cls, fields: Mapping[str, Any]) -> "Service":
        """From the REST API's answer."""
        return cls(
            sid=str(fields.get("sid") or ""),
            unique_name=str(fields.get("unique_name") or ""),
            language=str(fields.get("language_code") or ""),
            transcribes_all=fields.get("auto_transcribe") is True,
            redacts=fields.get("auto_redaction") is True,
        )


class TranscriptState(Struct, frozen=True):
    """A transcript without its text; `status` as Twilio has it, in lower case."""

    sid: str
    status: str
    language: str
    service_sid: str

    @classmethod
    def of(cls, fields: Mapping[str, Any]) -> "TranscriptState":
        """From the REST API's answer."""
        return cls(
            sid=str(fields.get("sid") or ""),
            status=str(fields.get("status") or "").lower(),
            language=str(fields.get("language_code") or ""),
            service_sid=str(fields.get("service_sid") or ""),
        )

    @property
    def has_failed(self) -> bool:
        """Whether it will never have a text."""
        return self.status in {"failed", "canceled", "error"}


class Intelligence:
    """The account's services and transcripts; `url` is where the API is. Every method raises TwilioError."""

    def __init__(self, http: Http, url: str) -> None:
        self._http = http
        self._url = f"{url}/v2"

    async def services(self) -> list[Service]:
        """All services of the account."""
        return [Service.of(one) async for one in self._pages("/Services", {}, key="services")]

    async def service(self, name: str) -> Service:
        """By its SID or unique name."""
        return Service.of(
            (await self._http.ask("GET", f"{self._url}/Services/{quote(name, safe='')}")).fields
        )

    async def transcripts_of(self, recording_sid: str) -> list[TranscriptState]:
        """The transcripts of a recording, of every service."""
        found = self._pages("/Transcripts", {"SourceSid": recording_sid}, key="transcripts")
        return [TranscriptState.of(one) async for one in found]

    async def create(
        self, *, service_sid: str, recording_sid: str, participants: Sequence[Mapping[str, object]]
    ) -> TranscriptState:
        """Starts a transcript, which costs; a second one costs again."""
        channel = {"media_properties": {"source_sid": recording_sid}, "participants": list(participants)}
        form = {"ServiceSid": service_sid, "Channel": json.dumps(channel), "CustomerKey": recording_sid}
        answer = await self._http.ask("POST", f"{self._url}/Transcripts", form=form)
        made = TranscriptState.of(answer.fields)
        if not made.sid:
            raise TwilioUnavailable("Twilio answered a transcript without a sid")
        return made

    async def transcript(self, sid: str) -> TranscriptState:
        """How far it is."""
        return TranscriptState.of(
            (await self._http.ask("GET", f"{self._url}/Transcripts/{quote(sid, safe='')}")).fields
        )

    async def sentences(self, sid: str) -> tuple[Sequence[Sentence] | None, Sequence[str]]:
        """The text, redacted where the service redacts, and its shape; None where it cannot be read."""
        rows = [
            one
            async for one in self._pages(f"/Transcripts/{quote(sid, safe='')}/Sentences", {}, key="sentences")
        ]
        return read_sentences(rows), shape_of({}, rows)

    async def delete(self, sid: str) -> None:
        """Deletes a transcript; one that is not there is success."""
        try:
            await self._http.ask("DELETE", f"{self._url}/Transcripts/{quote(sid, safe='')}")
        except TwilioRefused as refused:
            if refused.status != 404:
                raise

    async def _pages(self, path: str, query: Mapping[str, str], *, key: str) -> AsyncIterator[Any]:
        """The items of a list, page by page."""
        url: str | None = f"{self._url}{path}"
        asked: Mapping[str, str] | None = {**query, "PageSize": str(LARGEST_PAGE)}
        for _ in range(MOST_PAGES):
            if url is None:
                return
            fields = (await self._http.ask("GET", url, query=asked)).fields
            for one in _listed(fields, key):
                yield one
            url, asked = self._next(fields), None
        raise TwilioUnavailable("Twilio answers pages without end")

    def _next(self, fields: Mapping[str, Any]) -> str | None:
        """The next page, if it is of this API: credentials go there."""
        meta = fields.get("meta")
        url = meta.get("next_page_url") if isinstance(meta, dict) else None
        return url if isinstance(url, str) and url.startswith(f"{self._url}/") else None


def _listed(fields: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    rows = fields.get(key)
    return [one for one in rows if isinstance(one, dict)] if isinstance(rows, list) else []
