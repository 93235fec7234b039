"""The routes of the REST API."""

from aiohttp import web

from bridge.sandbox.twilio.control import control_routes
from bridge.sandbox.twilio.rest import (
    applications,
    batch,
    caller_ids,
    calls,
    conferences,
    dialing_permissions,
    events,
    intelligence,
    inviting,
    keys,
    media,
    message_texts,
    numbers,
    oauth,
    participants,
    recordings,
    webhooks,
)
from bridge.sandbox.twilio.rest.app_keys import SANDBOX
from bridge.sandbox.twilio.rest.middleware import guard
from bridge.sandbox.twilio.rest.show import show_account
from bridge.sandbox.twilio.sandbox import TwilioSandbox
from bridge.sandbox.twilio.signalling import control as network
from bridge.sandbox.twilio.signalling import routes as signalling
from bridge.sandbox.twilio.telephone import routes as telephone

ACCOUNT = "/2010-04-01/Accounts/{AccountSid}"
_PARTICIPANTS = ACCOUNT + "/Conferences/{ConferenceSid}/Participants"
_RECORDING = ACCOUNT + "/Recordings/{Sid}"
_CONFERENCE_RECORDING = ACCOUNT + "/Conferences/{ConferenceSid}/Recordings"
_CALL_RECORDING = ACCOUNT + "/Calls/{CallSid}/Recordings"


async def fetch_account(request: web.Request) -> web.Response:
    """What tells whether credentials are right."""
    return web.json_response(show_account(request.app[SANDBOX].account))


ROUTES = [
    web.get(ACCOUNT + ".json", fetch_account),
    web.get(ACCOUNT + "/Calls.json", calls.list_calls),
    web.post(ACCOUNT + "/Calls.json", calls.create_call),
    web.get(ACCOUNT + "/Calls/{Sid}.json", calls.fetch_call),
    web.post(ACCOUNT + "/Calls/{Sid}.json", calls.update_call),
    web.get(ACCOUNT + "/Calls/{CallSid}/Events.json", events.list_events),
    web.get(ACCOUNT + "/Applications.json", applications.list_applications),
    web.post(ACCOUNT + "/Applications.json", applications.create_application),
    web.get(ACCOUNT + "/Applications/{Sid}.json", applications.fetch_application),
    web.post(ACCOUNT + "/Applications/{Sid}.json", applications.update_application),
    web.delete(ACCOUNT + "/Applications/{Sid}.json", applications.delete_application),
    web.get(ACCOUNT + "/Keys.json", keys.list_keys),
    web.post(ACCOUNT + "/Keys.json", keys.create_key),
    web.get(ACCOUNT + "/Keys/{Sid}.json", keys.fetch_key),
    web.delete(ACCOUNT + "/Keys/{Sid}.json", keys.delete_key),
    web.get(ACCOUNT + "/IncomingPhoneNumbers.json", numbers.list_numbers),
    web.get(ACCOUNT + "/IncomingPhoneNumbers/{Sid}.json", numbers.fetch_number),
    web.post(ACCOUNT + "/IncomingPhoneNumbers/{Sid}.json", numbers.update_number),
    web.get(ACCOUNT + "/OutgoingCallerIds.json", caller_ids.list_caller_ids),
    web.get(ACCOUNT + "/Recordings.json", recordings.list_recordings),
    web.get(_RECORDING + ".json", recordings.fetch_recording),
    web.delete(_RECORDING + ".json", recordings.delete_recording),
    web.get(ACCOUNT + r"/Recordings/{Sid:RE\w+}{extension:(\.mp3|\.wav)?}", media.fetch_media),
    web.get(r"/media/{Sid:RE\w+}{extension:(\.mp3|\.wav)?}", media.fetch_kept_media),
    web.get(ACCOUNT + "/Transcriptions/{Sid}.json", message_texts.fetch_message_text),
    web.delete(ACCOUNT + "/Transcriptions/{Sid}.json", message_texts.delete_message_text),
    web.get(_CALL_RECORDING + ".json", recordings.list_call_recordings),
    web.post(_CALL_RECORDING + ".json", recordings.create_call_recording),
    web.get(_CALL_RECORDING + "/{Sid}.json", recordings.fetch_call_recording),
    web.post(_CALL_RECORDING + "/{Sid}.json", recordings.update_call_recording),
    web.delete(_CALL_RECORDING + "/{Sid}.json", recordings.delete_recording),
    web.get(ACCOUNT + "/Conferences.json", conferences.list_conferences),
    web.get(ACCOUNT + "/Conferences/{Sid}.json", conferences.fetch_conference),
    web.post(ACCOUNT + "/Conferences/{Sid}.json", conferences.update_conference),
    web.get(_PARTICIPANTS + ".json", participants.list_participants),
    web.post(_PARTICIPANTS + ".json", inviting.create_participant),
    web.get(_PARTICIPANTS + "/{CallSid}.json", participants.fetch_participant),
    web.post(_PARTICIPANTS + "/{CallSid}.json", participants.update_participant),
    web.delete(_PARTICIPANTS + "/{CallSid}.json", participants.delete_participant),
    web.get(_CONFERENCE_RECORDING + ".json", recordings.list_conference_recordings),
    web.get(_CONFERENCE_RECORDING + "/{Sid}.json", recordings.fetch_conference_recording),
    web.post(_CONFERENCE_RECORDING + "/{Sid}.json", recordings.update_conference_recording),
    web.delete(_CONFERENCE_RECORDING + "/{Sid}.json", recordings.delete_recording),
    web.get(dialing_permissions.PATH, dialing_permissions.list_countries),
    web.get(dialing_permissions.PATH + "/{IsoCode}", dialing_permissions.fetch_country),
    web.post("/v2/token", oauth.issue_token),
    *webhooks.ROUTES,
    *intelligence.ROUTES,
    *batch.ROUTES,
]


def rest_application(sandbox: TwilioSandbox) -> web.Application:
    """The server of a sandbox."""
    app = web.Application(middlewares=[guard])
    app[SANDBOX] = sandbox
    app.add_routes(ROUTES)
    app.add_routes(control_routes())
    app.add_routes([*network.ROUTES, *signalling.ROUTES, *telephone.ROUTES])
    return app
