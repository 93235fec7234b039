"""Who may ask what: the auth token everything, a Standard key all but keys, a restricted key what it names.

https://www.twilio.com/docs/iam/api-keys/restricted-api-keys
"""

import hmac
import re
from base64 import b64decode

from aiohttp import web

from bridge.sandbox.twilio.account import Key
from bridge.sandbox.twilio.errors import RestError
from bridge.sandbox.twilio.sandbox import TwilioSandbox

_NAMES = {
    "Calls": "voice/calls",
    "Calls/Events": "voice/calls.events",
    "Calls/Recordings": "voice/calls.recordings",
    "Recordings": "voice/recordings",
    "Transcriptions": "voice/transcriptions",
    "Conferences": "voice/conferences",
    "Conferences/Participants": "voice/conferences.participants",
    "Conferences/Recordings": "voice/conferences.recordings",
    "Applications": "voice/twiml.apps",
    "OutgoingCallerIds": "voice/outgoing-caller-ids",
    "IncomingPhoneNumbers": "phone-numbers/active-numbers",
}
"""What permissions call the resources of the 2010 API; other APIs have none that is documented."""

_RESOURCE = re.compile(r"/2010-04-01/Accounts/\w+/(?P<names>[^?]+)")
_VERBS = {
    ("GET", False): "list",
    ("GET", True): "read",
    ("POST", False): "create",
    ("POST", True): "update",
    ("DELETE", True): "delete",
}


def check_access(request: web.Request, sandbox: TwilioSandbox) -> None:
    """Raises RestError for credentials that are not known, and for what they may not do."""
    account_sid = request.match_info.get("AccountSid", sandbox.account_sid)
    scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
    if account_sid != sandbox.account_sid:
        raise RestError(401, 20003)
    if scheme.lower() == "bearer":
        if not sandbox.account.oauth.is_valid(credentials):
            raise RestError(401, 20003)
    elif not _is_owner(sandbox, *(pair := _pair(scheme, credentials))):
        _check_key(request, _known_key(sandbox, *pair))


def _is_owner(sandbox: TwilioSandbox, login: str, password: str) -> bool:
    is_account = login == sandbox.account_sid
    return is_account and hmac.compare_digest(password.encode(), sandbox.auth_token.encode())


def _known_key(sandbox: TwilioSandbox, login: str, password: str) -> Key:
    key = sandbox.account.keys.get(login)
    if key is None or not hmac.compare_digest(password.encode(), key.secret.encode()):
        raise RestError(401, 20003)
    return key


def _check_key(request: web.Request, key: Key) -> None:
    if "/Keys" in request.path:
        raise RestError(401, 20003)
    if key.allow is not None and (needed := permission(request.method, request.path)) not in key.allow:
        raise RestError(403, 70051, needed)


def permission(method: str, path: str) -> str:
    """The name of the permission that a request takes: `/twilio/voice/calls/list`."""
    found = _RESOURCE.match(path.removesuffix(".json"))
    if found is None:
        return path
    segments = found["names"].split("/")  # a resource, the SID, name or label of an item, and so on
    name = _NAMES.get("/".join(segments[::2]))
    return f"/twilio/{name}/{_VERBS[method, len(segments) % 2 == 0]}"


def _pair(scheme: str, encoded: str) -> tuple[str, str]:
    """Name and password of basic authentication; empty if there are none."""
    if scheme.lower() != "basic":
        return "", ""
    try:
        login, _, password = b64decode(encoded, validate=True).decode().partition(":")
    except ValueError:
        return "", ""
    return login, password
