"""Against Twilio's and Twenty's routes: forms that the one who signs did not send."""

import hashlib
import hmac
import json
import time
from urllib.parse import urlencode

from twilio.request_validator import RequestValidator

from tests.web.conftest import AUTH_TOKEN, FORM, PUBLIC_URL
from tests.web.hostile.row import JSON, STATUS, UNSIGNED, Row, request, signed_by, twilio

FORM_ONLY = "The body should be application/x-www-form-urlencoded, as Twilio sends it."
SETTINGS = "X-Twilio-Webhooks-Signature-Settings"
FORGED = "The request does not carry a valid X-Twenty-Webhook-Signature of these minutes."
SECRET = "an invented webhook secret"
DELIVERY = json.dumps({"eventName": "person.deleted", "record": {"id": "1"}}).encode()
WITH_WEBHOOK = {"twenty": {"webhook_secret": SECRET}}


def refused(name: str, sent: bytes) -> Row:
    return Row(name=name, sent=sent, status=403, detail=UNSIGNED)


def delivery(*, secret: str = SECRET, seconds_ago: int = 0, body: bytes = DELIVERY) -> bytes:
    """What Twenty sends, signed so long ago; `body` is what arrives."""
    timestamp = str(int((time.time() - seconds_ago) * 1000))
    signature = hmac.new(secret.encode(), f"{timestamp}:".encode() + DELIVERY, hashlib.sha256).hexdigest()
    headers = [
        JSON,
        ("X-Twenty-Webhook-Timestamp", timestamp),
        ("X-Twenty-Webhook-Signature", signature),
    ]
    return request("POST", "/twenty/webhook", headers, body)


def twentys(name: str, sent: bytes) -> Row:
    return Row(name=name, sent=sent, status=403, detail=FORGED, settings=WITH_WEBHOOK)


def transcript(*, path: str) -> bytes:
    """An empty object of JSON, its URL signed as it is."""
    signature = RequestValidator(AUTH_TOKEN).compute_signature(PUBLIC_URL + path, {})
    return request("POST", path, [JSON, ("X-Twilio-Signature", signature)], b"{}")


TWILIOS = [
    refused("no signature", request("POST", "/twilio/status", FORM.items(), urlencode(STATUS).encode())),
    refused("empty signature", twilio(signature="")),
    refused("signature cut short", twilio(signature=signed_by()[:-1])),
    refused("signature of another token", twilio(token="another")),
    refused("signature of another host", twilio(url="https://evil.example.com/twilio/status")),
    refused("signature of another path", twilio(url=f"{PUBLIC_URL}/twilio/recording")),
    refused("signature of plain http", twilio(url=PUBLIC_URL.replace("https", "http") + "/twilio/status")),
    refused("signature of another port", twilio(url=f"{PUBLIC_URL}:8443/twilio/status")),
    refused("query that was not signed", twilio("/twilio/status?a=b", url=f"{PUBLIC_URL}/twilio/status")),
    refused("field that was not signed", twilio(body=urlencode({**STATUS, "Extra": "1"}).encode())),
    refused("field left out", twilio(body=urlencode(dict(list(STATUS.items())[1:])).encode())),
    refused("field given twice", twilio(body=urlencode([*STATUS.items(), ("To", "+33600000000")]).encode())),
    refused("two signatures", twilio(more=[("X-Twilio-Signature", signed_by())])),
    refused("signed body with another path's form", twilio(body=b"CallSid=CA1")),
    refused(
        "forged forwarding headers",
        twilio(
            url="https://evil.example.com/twilio/status",
            more=[("X-Forwarded-Host", "evil.example.com"), ("X-Forwarded-Proto", "https")],
        ),
    ),
    refused("key that is not configured", twilio(more=[(SETTINGS, "key=webhooks_sharedkey_1")])),
    refused("algorithm that Twilio does not have", twilio(more=[(SETTINGS, "algorithm=HMAC_NONE")])),
    refused("two signature settings", twilio(more=[(SETTINGS, ""), (SETTINGS, "")])),
    refused("settings of 4,000 characters", twilio(more=[(SETTINGS, "key=" + "x" * 4000)])),
    refused(
        "transcript without signature",
        request("POST", f"/twilio/transcripts?bodySHA256={hashlib.sha256(b'{}').hexdigest()}", [JSON], b"{}"),
    ),
    refused("transcript whose hash is not signed", transcript(path="/twilio/transcripts")),
    refused(
        "transcript that was changed",
        transcript(path=f"/twilio/transcripts?bodySHA256={hashlib.sha256(b'[]').hexdigest()}"),
    ),
    refused("HTTP/1.0 without signature", twilio(signature="", version="HTTP/1.0")),
    refused("nothing at all", request("POST", "/twilio/status", FORM.items())),
]

OTHER_BODIES = [
    Row(
        name="JSON with bodySHA256",
        sent=request("POST", f"/twilio/status?bodySHA256={hashlib.sha256(b'{}').hexdigest()}", [JSON], b"{}"),
        status=415,
        detail=FORM_ONLY,
    ),
    Row(
        name="multipart form",
        sent=request(
            "POST",
            "/twilio/status",
            [("Content-Type", "multipart/form-data; boundary=x"), ("X-Twilio-Signature", signed_by())],
            b"--x--\r\n",
        ),
        status=415,
        detail=FORM_ONLY,
    ),
    Row(
        name="bytes that are no UTF-8",
        sent=twilio(body=b"CallSid=\xff"),
        status=400,
        detail="The form should be UTF-8, 500 fields at most.",
    ),
]

SIGNED = [
    Row(name="replay", before=twilio(), sent=twilio(), status=204, rows=1),
    Row(
        name="SQL for a call SID",
        sent=twilio(form={**STATUS, "CallSid": "CA1'; drop table callbacks; --"}),
        status=400,
        detail="CallSid is no call SID",
    ),
    Row(
        name="status that Twilio does not have",
        sent=twilio(form={**STATUS, "CallStatus": "on fire"}),
        status=400,
        detail="CallStatus is none of Twilio's: 'on fire'",
    ),
]

TWENTYS = [
    twentys("Twenty's delivery unsigned", request("POST", "/twenty/webhook", [JSON], DELIVERY)),
    twentys("Twenty's delivery with another secret", delivery(secret="another")),
    twentys("Twenty's delivery of an hour ago", delivery(seconds_ago=3600)),
    twentys("Twenty's delivery of tomorrow", delivery(seconds_ago=-86400)),
    twentys("Twenty's delivery changed on the way", delivery(body=DELIVERY.replace(b"1", b"2"))),
]

ROWS = [*TWILIOS, *OTHER_BODIES, *SIGNED, *TWENTYS]
