"""`/Recordings`, alone, under a call and under a conference. https://www.twilio.com/docs/voice/api/recording"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from aiohttp import web

from bridge.sandbox.twilio.account import Account
from bridge.sandbox.twilio.errors import RestError
from bridge.sandbox.twilio.legs import Leg, Webhook
from bridge.sandbox.twilio.recordings import Recording
from bridge.sandbox.twilio.rest.app_keys import SANDBOX
from bridge.sandbox.twilio.rest.calls import find_leg
from bridge.sandbox.twilio.rest.conferences import find_conference
from bridge.sandbox.twilio.rest.dates import date_filter
from bridge.sandbox.twilio.rest.forms import read_form, read_list, read_query
from bridge.sandbox.twilio.rest.known import (
    CREATE_RECORDING,
    RECORDING_DATES,
    RECORDING_FILTERS,
    UPDATE_RECORDING,
)
from bridge.sandbox.twilio.rest.paging import page
from bridge.sandbox.twilio.rest.show import show_call_recording, show_conference_recording, show_recording
from bridge.sandbox.twilio.sids import new_sid

CURRENT = "Twilio.CURRENT"

Show = Callable[[Account, Recording], dict[str, Any]]


async def list_recordings(request: web.Request) -> web.Response:
    """All of the account, or of one call."""
    account = request.app[SANDBOX].account
    query = read_query(request, RECORDING_FILTERS)
    owner = query.get("CallSid") or query.get("ConferenceSid")
    found = account.recordings_of(owner) if owner else account.recordings.values()
    return _page(request, found, query, show_recording)


async def list_call_recordings(request: web.Request) -> web.Response:
    """Those of one call."""
    account = request.app[SANDBOX].account
    query = read_query(request, RECORDING_DATES)
    of_call = account.recordings_of(find_leg(account, request.match_info["CallSid"]).sid)
    return _page(request, of_call, query, show_call_recording)


async def list_conference_recordings(request: web.Request) -> web.Response:
    """Those of one conference."""
    account = request.app[SANDBOX].account
    query = read_query(request, RECORDING_DATES)
    conference = find_conference(account, request.match_info["ConferenceSid"])
    return _page(request, account.recordings_of(conference.sid), query, show_conference_recording)


def _page(
    request: web.Request, found: Iterable[Recording], query: Mapping[str, str], show: Show
) -> web.Response:
    account = request.app[SANDBOX].account
    made = date_filter(query, "DateCreated")
    return page(
        request,
        [one for one in found if made(one.started)],
        name="recordings",
        sid=lambda one: one.sid,
        show=lambda one: show(account, one),
    )


async def fetch_conference_recording(request: web.Request) -> web.Response:
    """One recording, as a part of its conference."""
    account = request.app[SANDBOX].account
    return web.json_response(show_conference_recording(account, find_recording(request)))


async def fetch_recording(request: web.Request) -> web.Response:
    """One recording."""
    return web.json_response(show_recording(request.app[SANDBOX].account, find_recording(request)))


async def fetch_call_recording(request: web.Request) -> web.Response:
    """One recording, as a part of its call."""
    return web.json_response(show_call_recording(request.app[SANDBOX].account, find_recording(request)))


async def delete_recording(request: web.Request) -> web.Response:
    """Its media are gone too."""
    request.app[SANDBOX].account.drop_recording(find_recording(request))
    return web.Response(status=204)


async def create_call_recording(request: web.Request) -> web.Response:
    """Records a running call from now on."""
    sandbox = request.app[SANDBOX]
    form = await read_form(request, CREATE_RECORDING)
    leg = find_leg(sandbox.account, request.match_info["CallSid"])
    at = sandbox.line(leg).now()
    recording = _new_recording(leg, form, at)
    if events := await read_list(request, "RecordingStatusCallbackEvent"):
        recording.events = frozenset(events)
    sandbox.account.keep_recording(recording)
    return web.json_response(show_call_recording(sandbox.account, recording), status=201)


def _new_recording(leg: Leg, form: Mapping[str, str], at: float) -> Recording:
    url = form.get("RecordingStatusCallback")
    method = form.get("RecordingStatusCallbackMethod", "POST")
    return Recording(
        sid=new_sid("RE"),
        call_sid=leg.sid,
        source="StartCallRecordingAPI",
        started=leg.clock.when(at),
        began_at=at,
        channels=2 if form.get("RecordingChannels") == "dual" else 1,
        track=form.get("RecordingTrack", "both"),
        callback=Webhook(url, method) if url else None,
    )


async def update_call_recording(request: web.Request) -> web.Response:
    """Pauses, resumes or stops what is being recorded."""
    sandbox = request.app[SANDBOX]
    form = await read_form(request, UPDATE_RECORDING)
    recording = _running(request)
    at = sandbox.line(find_leg(sandbox.account, recording.call_sid)).now()
    return _updated(recording, form, at, show_call_recording(sandbox.account, recording))


async def update_conference_recording(request: web.Request) -> web.Response:
    """The same of a conference's recording; one that was stopped does not begin again."""
    sandbox = request.app[SANDBOX]
    form = await read_form(request, UPDATE_RECORDING)
    recording = _running(request)
    conference = find_conference(sandbox.account, recording.conference_sid)
    at = (sandbox.time_in(conference) - conference.created).total_seconds()
    return _updated(recording, form, at, show_conference_recording(sandbox.account, recording))


def _running(request: web.Request) -> Recording:
    recording = find_recording(request)
    if recording.is_over:
        raise RestError(404, 20404, f"{recording.sid} is {recording.status}")
    return recording


def _updated(recording: Recording, form: Mapping[str, str], at: float, shown: dict[str, Any]) -> web.Response:
    match form.get("Status"):
        case "paused":
            recording.pause(at)
        case "in-progress":
            recording.resume(at)
        case "stopped":
            recording.finish(at)
        case status:
            raise RestError(400, 20001, f"Status={status}")
    return web.json_response({**shown, "status": form["Status"]})


def find_recording(request: web.Request) -> Recording:
    """The recording of the path, or 20404; `Twilio.CURRENT` is the one that is being made."""
    account = request.app[SANDBOX].account
    sid = request.match_info["Sid"]
    owner = request.match_info.get("CallSid") or request.match_info.get("ConferenceSid")
    recording = account.recordings.get(sid)
    if sid == CURRENT and owner:
        recording = next((one for one in account.recordings_of(owner) if not one.is_over), None)
    if recording is None or owner not in {None, recording.owner_sid}:
        raise RestError(404, 20404, request.path)
    return recording
