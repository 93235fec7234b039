"""Resources as the API shows them; the description of the API is `api.v2010.account.*`."""

from datetime import datetime
from typing import Any

from bridge.sandbox.twilio.account import Account, Application, Key, PhoneNumber, VoiceSettings
from bridge.sandbox.twilio.conferences import Conference, Participant
from bridge.sandbox.twilio.legs import Leg
from bridge.sandbox.twilio.payloads import API_VERSION, recording_url
from bridge.sandbox.twilio.recordings import MessageText, Recording
from bridge.sandbox.twilio.times import rfc2822

_CALL_PARTS = ("notifications", "recordings", "payments", "events", "siprec", "streams", "transcriptions")


def uri(account: Account, path: str) -> str:
    """The address of a resource, without its host."""
    return f"/{API_VERSION}/Accounts/{account.sid}/{path}.json"


def rest_status(leg: Leg) -> str:
    """The API knows no "initiated": until it rings a call is queued."""
    return "queued" if leg.status == "initiated" else leg.status


def show_call(account: Account, leg: Leg) -> dict[str, Any]:
    """https://www.twilio.com/docs/voice/api/call-resource#call-properties"""
    own = account.find_number(leg.to if leg.direction == "inbound" else leg.from_)
    ended = leg.ended
    return {
        "sid": leg.sid,
        "account_sid": account.sid,
        "parent_call_sid": leg.parent_sid,
        "from": leg.from_,
        "from_formatted": leg.from_,
        "to": leg.to,
        "to_formatted": leg.to,
        "phone_number_sid": own.sid if own else None,
        "status": rest_status(leg),
        "start_time": rfc2822(leg.started),
        "end_time": None if ended is None else rfc2822(ended),
        "duration": None if leg.duration is None else str(leg.duration),
        "direction": leg.direction,
        "answered_by": leg.answered_by,
        "price": None,
        "price_unit": "USD",
        "queue_time": "0",
        "caller_name": None,
        "forwarded_from": None,
        "group_sid": None,
        "trunk_sid": None,
        "api_version": API_VERSION,
        "date_created": rfc2822(leg.started),
        "date_updated": rfc2822(ended or leg.started),
        "uri": uri(account, f"Calls/{leg.sid}"),
        "subresource_uris": {
            part: uri(account, f"Calls/{leg.sid}/{part.capitalize()}") for part in _CALL_PARTS
        },
    }


def _voice(settings: VoiceSettings) -> dict[str, Any]:
    return {
        "api_version": API_VERSION,
        "friendly_name": settings.friendly_name,
        **_dates(settings.created, settings.updated),
        "voice_url": settings.voice_url,
        "voice_method": settings.voice_method,
        "voice_fallback_url": settings.voice_fallback_url,
        "voice_fallback_method": settings.voice_fallback_method,
        "voice_caller_id_lookup": False,
        "status_callback": settings.status_callback,
        "status_callback_method": settings.status_callback_method,
        "sms_url": settings.other.get("SmsUrl") or None,
        "sms_method": settings.other.get("SmsMethod", "POST"),
        "sms_fallback_url": settings.other.get("SmsFallbackUrl") or None,
        "sms_fallback_method": settings.other.get("SmsFallbackMethod", "POST"),
    }


def show_application(account: Account, application: Application) -> dict[str, Any]:
    """https://www.twilio.com/docs/usage/api/applications"""
    return {
        **_voice(application),
        "sid": application.sid,
        "account_sid": account.sid,
        "message_status_callback": application.other.get("MessageStatusCallback") or None,
        "sms_status_callback": application.other.get("SmsStatusCallback") or None,
        "public_application_connect_enabled": False,
        "uri": uri(account, f"Applications/{application.sid}"),
    }


def show_number(account: Account, number: PhoneNumber) -> dict[str, Any]:
    """https://www.twilio.com/docs/phone-numbers/api/incomingphonenumber-resource"""
    return {
        **_voice(number),
        "sid": number.sid,
        "account_sid": account.sid,
        "phone_number": number.phone_number,
        "voice_application_sid": number.voice_application_sid or None,
        "voice_receive_mode": "voice",
        "sms_application_sid": number.other.get("SmsApplicationSid") or None,
        "capabilities": {"voice": True, "sms": True, "mms": False, "fax": False},
        "beta": False,
        "origin": "twilio",
        "address_requirements": "none",
        "address_sid": None,
        "identity_sid": None,
        "bundle_sid": None,
        "trunk_sid": None,
        "emergency_status": "Inactive",
        "emergency_address_sid": None,
        "emergency_address_status": "unregistered",
        "status": "in-use",
        "uri": uri(account, f"IncomingPhoneNumbers/{number.sid}"),
    }


def show_key(key: Key) -> dict[str, Any]:
    """https://www.twilio.com/docs/iam/api-keys/key-resource-v1: never with its secret."""
    return {"sid": key.sid, "friendly_name": key.friendly_name, **_dates(key.created, key.created)}


def show_recording(account: Account, recording: Recording) -> dict[str, Any]:
    """https://www.twilio.com/docs/voice/api/recording#recording-properties"""
    return {
        **_recording(account, recording),
        "uri": uri(account, f"Recordings/{recording.sid}"),
        "media_url": recording_url(account.api_url, account.sid, recording.sid),
        "subresource_uris": {},
    }


def show_call_recording(account: Account, recording: Recording) -> dict[str, Any]:
    """The same one, as a part of its call."""
    return {
        **_recording(account, recording),
        "track": recording.track,
        "uri": uri(account, f"Calls/{recording.call_sid}/Recordings/{recording.sid}"),
    }


def show_message_text(account: Account, made: MessageText) -> dict[str, Any]:
    """https://www.twilio.com/docs/voice/api/recording-transcription"""
    date = rfc2822(made.recording.started)
    return {
        "sid": made.sid,
        "account_sid": account.sid,
        "api_version": API_VERSION,
        "date_created": date,
        "date_updated": date,
        "duration": str(made.recording.duration),
        "price": None,
        "price_unit": "USD",
        "recording_sid": made.recording.sid,
        "status": made.status,
        "transcription_text": made.text,
        "type": "fast",
        "uri": uri(account, f"Transcriptions/{made.sid}"),
    }


def show_conference_recording(account: Account, recording: Recording) -> dict[str, Any]:
    """The same one, as a part of its conference."""
    path = f"Conferences/{recording.conference_sid}/Recordings/{recording.sid}"
    return {**_recording(account, recording), "uri": uri(account, path)}


def _recording(account: Account, recording: Recording) -> dict[str, Any]:
    return {
        "sid": recording.sid,
        "account_sid": account.sid,
        "call_sid": recording.call_sid or None,
        "conference_sid": recording.conference_sid or None,
        "status": recording.status,
        "source": recording.source,
        "channels": recording.channels,
        "duration": None if recording.duration is None else str(recording.duration),
        "start_time": rfc2822(recording.started),
        **_dates(recording.started, recording.started),
        "price": None,
        "price_unit": "USD",
        "error_code": None,
        "encryption_details": None,
        "api_version": API_VERSION,
    }


def show_conference(account: Account, conference: Conference) -> dict[str, Any]:
    """https://www.twilio.com/docs/voice/api/conference-resource"""
    path = f"Conferences/{conference.sid}"
    return {
        "sid": conference.sid,
        "account_sid": account.sid,
        "friendly_name": conference.name,
        "status": conference.status,
        "region": conference.settings.region,
        "reason_conference_ended": conference.reason or None,
        "call_sid_ending_conference": conference.ended_by.leg.sid if conference.ended_by else None,
        "api_version": API_VERSION,
        **_dates(conference.created, conference.at),
        "uri": uri(account, path),
        "subresource_uris": {
            "participants": uri(account, f"{path}/Participants"),
            "recordings": uri(account, f"{path}/Recordings"),
        },
    }


def show_participant(account: Account, conference: Conference, participant: Participant) -> dict[str, Any]:
    """https://www.twilio.com/docs/voice/api/conference-participant-resource"""
    return {
        "account_sid": account.sid,
        "call_sid": participant.leg.sid,
        "conference_sid": conference.sid,
        "label": participant.label or None,
        "muted": participant.muted,
        "hold": participant.held,
        "coaching": bool(participant.coached),
        "call_sid_to_coach": participant.coached or None,
        "start_conference_on_enter": participant.starts,
        "end_conference_on_exit": participant.ends,
        "status": participant.status,
        "queue_time": "0",
        **_dates(participant.created, participant.updated),
        "uri": uri(account, f"Conferences/{conference.sid}/Participants/{participant.leg.sid}"),
    }


def show_caller_id(account: Account, sid: str, number: str) -> dict[str, Any]:
    """https://www.twilio.com/docs/voice/api/outgoing-caller-ids"""
    return {
        "sid": sid,
        "account_sid": account.sid,
        "friendly_name": number,
        "phone_number": number,
        "date_created": None,
        "date_updated": None,
        "uri": uri(account, f"OutgoingCallerIds/{sid}"),
    }


def show_account(account: Account) -> dict[str, Any]:
    """https://www.twilio.com/docs/iam/api/account"""
    return {"sid": account.sid, "friendly_name": "Sandbox", "status": "active", "type": "Full"}


def _dates(created: datetime, updated: datetime) -> dict[str, str]:
    return {"date_created": rfc2822(created), "date_updated": rfc2822(updated)}
