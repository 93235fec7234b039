"""Before every handler: the rate limit, the credentials, and errors in Twilio's shape."""

import hmac
from base64 import b64decode
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

from bridge.sandbox.twilio.errors import RestError, SandboxError
from bridge.sandbox.twilio.rest import webhooks
from bridge.sandbox.twilio.rest.app_keys import SANDBOX
from bridge.sandbox.twilio.sandbox import TwilioSandbox


@web.middleware
async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answers what is refused; the routes of the sandbox itself are open to everybody on the machine."""
    if request.path.startswith("/sandbox"):
        return await _answer(request, handler)
    if request.path.startswith("/media"):  # is not of this API
        return await handler(request)
    sandbox = request.app[SANDBOX]
    if sandbox.rest.limited > 0:
        sandbox.rest.limited -= 1
        return _problem(request, RestError(429, 20429))
    if not _is_open(request, sandbox) and not _is_known(request, sandbox):
        return _problem(request, RestError(401, 20003))
    return await _answer(request, handler)


async def _answer(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except RestError as error:
        return _problem(request, error)
    except SandboxError as error:
        return _problem(request, RestError(400, error.code, error.message))
    except web.HTTPNotFound:
        return _problem(request, RestError(404, 20404, request.path))
    except web.HTTPMethodNotAllowed:
        return _problem(request, RestError(405, 20004, request.method))


def _problem(request: web.Request, error: RestError) -> web.Response:
    """The newer APIs answer problem details (RFC 9457), the older ones Twilio's own shape."""
    if request.path.startswith(webhooks.PATH):
        told = {"type": "about:blank", "title": error.message, "detail": error.message}
        body = {**told, "status": error.status, "code": error.code}
        return web.json_response(body, status=error.status, content_type="application/problem+json")
    return _message(error)


def _message(error: RestError) -> web.Response:
    body: dict[str, Any] = {
        "code": error.code,
        "message": error.message,
        "more_info": f"https://www.twilio.com/docs/errors/{error.code}",
        "status": error.status,
    }
    headers = {"WWW-Authenticate": 'Basic realm="Twilio API"'} if error.status == 401 else {}
    return web.json_response(body, status=error.status, headers=headers)


def _is_open(request: web.Request, sandbox: TwilioSandbox) -> bool:
    """Media need no credentials unless that is switched on.

    https://www.twilio.com/docs/voice/api/recording#fetch-a-recordings-media-file
    """
    is_media = "/Recordings/" in request.path and not request.path.endswith(".json")
    return is_media and not sandbox.rest.media_auth


def _is_known(request: web.Request, sandbox: TwilioSandbox) -> bool:
    login, password = _credentials(request.headers.get("Authorization", ""))
    account_sid = request.match_info.get("AccountSid", sandbox.account_sid)
    if account_sid != sandbox.account_sid:
        return False
    if login == sandbox.account_sid:
        return hmac.compare_digest(password.encode(), sandbox.auth_token.encode())
    key = sandbox.account.keys.get(login)
    # A standard key opens everything but the keys: https://www.twilio.com/docs/iam/api-keys
    return (
        key is not None
        and hmac.compare_digest(password.encode(), key.secret.encode())
        and "/Keys" not in request.path
    )


def _credentials(header: str) -> tuple[str, str]:
    """Name and password of basic authentication; empty if there are none."""
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        login, _, password = b64decode(encoded, validate=True).decode().partition(":")
    except ValueError:
        return "", ""
    return login, password
