"""`/v3/Transcriptions`: started per recording, polled; none of its answers has the text."""

from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import web

from bridge.sandbox.twilio.errors import RestError
from bridge.sandbox.twilio.recordings import Recording
from bridge.sandbox.twilio.rest.app_keys import SANDBOX
from bridge.sandbox.twilio.rest.batch.bodies import check_account, check_names, read_body
from bridge.sandbox.twilio.rest.batch.configurations import TYPES, find_configuration
from bridge.sandbox.twilio.rest.pages import page_with_token
from bridge.sandbox.twilio.times import iso8601
from bridge.sandbox.twilio.transcribing import Configuration, Transcription
from bridge.sandbox.twilio.transcribing.work import work_on_transcription

CREATE = frozenset({"transcriptionConfigurationId", "inputSource", "sourceId", "participants"})
"""Without mediaUrl: the sandbox transcribes recordings of its own account alone."""

PARTICIPANT = frozenset({"audioChannelIndex", "type", "address", "name"})
FILTERS = frozenset({"sourceId", "status", "languageCode", "createdAfter", "createdBefore"})
PAGING = frozenset({"pageSize", "pageToken"})
SHORTEST, LONGEST = 2, 8 * 3600
RETRY_AFTER = 5


async def create_transcription(request: web.Request) -> web.Response:
    """202, and where to ask how it goes; once for each Idempotency-Key."""
    check_account(request)
    sandbox = request.app[SANDBOX]
    state = sandbox.account.transcribing
    key = request.headers.get("Idempotency-Key", "")
    body = await read_body(request, CREATE)
    if key and (known := state.by_idempotency_key.get(key)) is not None:
        return _accepted(request, known)
    if state.switches.refused:
        raise RestError(*state.switches.refused.popleft())
    job = Transcription(
        configuration=_configuration(request, body),
        recording=_recording(request, body),
        participants=_participants(body),
    )
    if not job.participants and _has_browser(request, job.recording):
        raise RestError(422, 17563, job.recording.sid)
    state.transcriptions[job.id] = job
    if key:
        state.by_idempotency_key[key] = job
    answer = _accepted(request, job)
    sandbox.work(work_on_transcription(sandbox, job))
    return answer


async def fetch_transcription(request: web.Request) -> web.Response:
    """How far it is."""
    job = request.app[SANDBOX].account.transcribing.transcriptions.get(request.match_info["Id"])
    if job is None:
        raise RestError(404, 20404, request.path)
    is_over = job.status in {"COMPLETED", "FAILED"}
    headers = {} if is_over else {"Retry-After": str(RETRY_AFTER)}
    return web.json_response(_operation(request, job), headers=headers)


async def list_transcriptions(request: web.Request) -> web.Response:
    """Those that match, the newest first."""
    query = {name: value for name, value in request.query.items() if name not in PAGING}
    check_names(query, FILTERS)
    source = query.get("sourceId", "")
    if source and not _is_recording(source):
        raise RestError(400, 20001, "sourceId")
    known = request.app[SANDBOX].account.transcribing.transcriptions
    found = [one for one in reversed(known.values()) if _matches(one, query)]
    return page_with_token(request, found, name="transcriptions", show=lambda one: _show(request, one))


def _configuration(request: web.Request, body: Mapping[str, Any]) -> Configuration:
    name = str(body.get("transcriptionConfigurationId", ""))
    try:
        return find_configuration(request, name)
    except RestError as missing:
        raise RestError(400, 17530, name) from missing


def _recording(request: web.Request, body: Mapping[str, Any]) -> Recording:
    sid = str(body.get("sourceId", ""))
    if not _is_recording(sid):
        raise RestError(400, 20001, "sourceId")
    recording = request.app[SANDBOX].account.recordings.get(sid)
    if recording is None:
        raise RestError(404, 20404, sid)
    if recording.status != "completed" or recording.duration is None:
        raise RestError(400, 17533, sid)
    if recording.duration < SHORTEST:
        raise RestError(400, 17554, f"{recording.duration} s")
    if recording.duration > LONGEST:
        raise RestError(400, 17555, f"{recording.duration} s")
    return recording


def _is_recording(sid: str) -> bool:
    digits = sid[2:]
    return sid.startswith("RE") and len(digits) == 32 and set(digits) <= set("0123456789abcdef")


def _participants(body: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    people = body.get("participants") or []
    if not isinstance(people, list) or len(people) not in {0, 2}:
        raise RestError(400, 17510)
    for one in people:
        check_names(one, PARTICIPANT)
        if one.get("audioChannelIndex") not in {1, 2}:
            raise RestError(400, 17511)
        if one.get("type") not in TYPES:
            raise RestError(400, 20001, "type")
    if people and sorted(one["audioChannelIndex"] for one in people) != [1, 2]:
        raise RestError(400, 17511)
    if people and not any(one["type"] == "CUSTOMER" for one in people):
        raise RestError(400, 17516)
    return people


def _has_browser(request: web.Request, recording: Recording) -> bool:
    """Whether a leg of its call has no number that Twilio could take as an address."""
    calls = request.app[SANDBOX].account.calls.values()
    legs = [leg for leg in calls if recording.call_sid in {leg.sid, leg.parent_sid}]
    return any(address.startswith("client:") for leg in legs for address in (leg.from_, leg.to))


def _matches(job: Transcription, query: Mapping[str, str]) -> bool:
    known = {
        "sourceId": job.recording.sid,
        "status": job.status,
        "languageCode": job.configuration.configuration.get("language"),
    }
    return all(known[name] == wanted for name, wanted in query.items() if name in known)


def _accepted(request: web.Request, job: Transcription) -> web.Response:
    operation = _operation(request, job)
    headers = {"Location": operation["statusUrl"], "Retry-After": str(RETRY_AFTER)}
    return web.json_response(operation, status=202, headers=headers)


def _operation(request: web.Request, job: Transcription) -> dict[str, Any]:
    return {
        "operationId": job.id,
        "status": job.status,
        "statusUrl": f"{request.app[SANDBOX].url}/v3/Transcriptions/{job.id}",
        "transcription": _show(request, job),
    }


def _show(request: web.Request, job: Transcription) -> dict[str, Any]:
    created = iso8601(job.created)
    return {
        "id": job.id,
        "accountId": request.app[SANDBOX].account_sid,
        "status": job.status,
        "transcriptionConfigurationId": job.configuration.id,
        "mediaUrl": None,
        "sourceId": job.recording.sid,
        "audioStartedAt": iso8601(job.recording.started),
        "conversationId": None,
        "participants": list(job.participants),
        "duration": job.recording.duration,
        "resolvedConfiguration": job.configuration.configuration,
        "createdAt": created,
        "updatedAt": created,
        "url": f"{request.app[SANDBOX].url}/v3/Transcriptions/{job.id}",
    }
