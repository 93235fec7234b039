"""`/v2/Transcripts`: started per recording, fetched at any time, deleted."""

import json
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from bridge.sandbox.twilio.errors import RestError
from bridge.sandbox.twilio.recordings import Recording
from bridge.sandbox.twilio.rest.app_keys import SANDBOX
from bridge.sandbox.twilio.rest.forms import read_form, read_query
from bridge.sandbox.twilio.rest.intelligence.services import find_service
from bridge.sandbox.twilio.rest.pages import page_with_urls
from bridge.sandbox.twilio.sids import new_sid
from bridge.sandbox.twilio.times import iso8601
from bridge.sandbox.twilio.transcribing import Sentence, Transcript, sentences_of
from bridge.sandbox.twilio.transcribing.work import CONFIDENCE, work_on_transcript

FILTERS = frozenset(
    {
        "ServiceSid",
        "SourceSid",
        "Status",
        "LanguageCode",
        "BeforeDateCreated",
        "AfterDateCreated",
        "BeforeStartTime",
        "AfterStartTime",
    }
)
CREATE = frozenset({"ServiceSid", "Channel", "CustomerKey", "MediaStartTime", "DataLogging"})
LONGEST_CUSTOMER_KEY = 64


async def list_transcripts(request: web.Request) -> web.Response:
    """Those that match; the newest first."""
    query = read_query(request, FILTERS)
    known = request.app[SANDBOX].account.transcribing.transcripts
    found = [one for one in reversed(known.values()) if _matches(one, query)]
    return page_with_urls(request, found, name="transcripts", show=lambda one: _show(request, one))


async def create_transcript(request: web.Request) -> web.Response:
    """Queued; the service's webhook tells when it is done."""
    sandbox = request.app[SANDBOX]
    state = sandbox.account.transcribing
    form = await read_form(request, CREATE)
    if state.switches.refused:
        raise RestError(*state.switches.refused.popleft())
    if len(form.get("CustomerKey", "")) > LONGEST_CUSTOMER_KEY:
        raise RestError(400, 20001, "CustomerKey is too long")
    channel = _channel(form.get("Channel", ""))
    transcript = Transcript(
        service=find_service(request, form.get("ServiceSid", "")),
        recording=_recording(request, channel),
        channel=channel,
        customer_key=form.get("CustomerKey", ""),
    )
    state.transcripts[transcript.sid] = transcript
    shown = _show(request, transcript)
    sandbox.work(work_on_transcript(sandbox, transcript))
    return web.json_response(shown, status=201)


async def fetch_transcript(request: web.Request) -> web.Response:
    """One transcript, without its text."""
    return web.json_response(_show(request, _find(request)))


async def delete_transcript(request: web.Request) -> web.Response:
    """Its sentences are gone, too."""
    del request.app[SANDBOX].account.transcribing.transcripts[_find(request).sid]
    return web.Response(status=204)


async def list_sentences(request: web.Request) -> web.Response:
    """The text; redacted unless that is switched off, where its service redacts."""
    query = read_query(request, {"Redacted", "WordTimestamps"})
    transcript = _find(request)
    redacts = transcript.service.is_set("AutoRedaction") and query.get("Redacted", "true").lower() != "false"
    said = sentences_of(transcript.recording) if transcript.status == "completed" else []
    numbered = list(enumerate(said))
    return page_with_urls(
        request, numbered, name="sentences", show=lambda one: _sentence(*one, redacts=redacts)
    )


def _sentence(number: int, said: Sentence, *, redacts: bool) -> dict[str, Any]:
    return {
        "media_channel": said.channel,
        "sentence_index": number,
        "start_time": said.start,
        "end_time": said.end,
        "transcript": _redacted(said.text) if redacts else said.text,
        "sid": new_sid("GX"),
        "confidence": CONFIDENCE,
        "words": [],
    }


def _redacted(text: str) -> str:
    """Without what has a digit in it: enough of personal data to show the switch."""
    return " ".join("[REDACTED]" if any(map(str.isdigit, word)) else word for word in text.split())


def _channel(text: str) -> Mapping[str, Any]:
    try:
        channel = json.loads(text)
    except ValueError as error:
        raise RestError(400, 20001, "Channel is not JSON") from error
    if not isinstance(channel, dict) or not isinstance(channel.get("media_properties"), dict):
        raise RestError(400, 20001, "Channel has no media_properties")
    people = channel.get("participants", [])
    is_list = isinstance(people, list) and all(isinstance(one, dict) for one in people)
    if not is_list or not all(one.get("channel_participant") in {1, 2} for one in people):
        raise RestError(400, 20001, "Channel.participants each have a channel_participant of 1 or 2")
    return channel


def _recording(request: web.Request, channel: Mapping[str, Any]) -> Recording:
    sid = str(channel["media_properties"].get("source_sid", ""))
    recording = request.app[SANDBOX].account.recordings.get(sid)
    if recording is None:
        raise RestError(400, 95102, sid)
    if recording.status != "completed":
        raise RestError(400, 95120, sid)
    return recording


def _matches(transcript: Transcript, query: Mapping[str, str]) -> bool:
    known = {
        "ServiceSid": transcript.service.sid,
        "SourceSid": transcript.recording.sid,
        "Status": transcript.status,
        "LanguageCode": transcript.service.language_code,
    }
    return all(known[name] == wanted for name, wanted in query.items() if name in known)


def _find(request: web.Request) -> Transcript:
    found = request.app[SANDBOX].account.transcribing.transcripts.get(request.match_info["Sid"])
    if found is None:
        raise RestError(404, 20404, request.path)
    return found


def _show(request: web.Request, transcript: Transcript) -> dict[str, Any]:
    created = iso8601(transcript.created)
    url = f"{request.app[SANDBOX].url}/v2/Transcripts/{transcript.sid}"
    return {
        "account_sid": request.app[SANDBOX].account_sid,
        "service_sid": transcript.service.sid,
        "sid": transcript.sid,
        "date_created": created,
        "date_updated": created,
        "status": transcript.status,
        "channel": transcript.channel,
        "data_logging": False,
        "language_code": transcript.service.language_code,
        "customer_key": transcript.customer_key or None,
        "media_start_time": None,
        "duration": transcript.recording.duration,
        "url": url,
        "redaction": transcript.service.is_set("AutoRedaction"),
        "encryption_credential_sid": None,
        "links": {
            "sentences": f"{url}/Sentences",
            "media": f"{url}/Media",
            "operator_results": f"{url}/OperatorResults",
        },
    }
