"""Before every handler: the rate limit, the credentials, and errors in Twilio's shape."""

from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

from bridge.sandbox.twilio.errors import RestError, SandboxError
from bridge.sandbox.twilio.rest import batch, webhooks
from bridge.sandbox.twilio.rest.access import check_access
from bridge.sandbox.twilio.rest.app_keys import SANDBOX
from bridge.sandbox.twilio.rest.described import differences
from bridge.sandbox.twilio.sandbox import TwilioSandbox
from bridge.sandbox.twilio.signalling.routes import SIGNAL


@web.middleware
async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answers what is refused; the routes of the sandbox itself are open to everybody on the machine."""
    if request.path.startswith("/sandbox"):
        return await _answer(request, handler)
    if request.path.startswith(("/media", SIGNAL)):  # are not of this API
        return await handler(request)
    sandbox = request.app[SANDBOX]
    if sandbox.rest.limited > 0:
        sandbox.rest.limited -= 1
        return _problem(request, RestError(429, 20429))
    if _changes_at(sandbox.rest.failing, request):
        return _problem(request, RestError(503, 20503))
    answer = await _answer(request, handler, checked=not _is_open(request, sandbox))
    if _changes_at(sandbox.rest.unanswered, request):
        return _problem(request, RestError(503, 20503))
    return answer


def _changes_at(path: str, request: web.Request) -> bool:
    return bool(path) and request.method != "GET" and request.path.endswith(path)


async def _answer(request: web.Request, handler: Handler, *, checked: bool = False) -> web.StreamResponse:
    try:
        if checked:
            check_access(request, request.app[SANDBOX])
        # Handlers have the codes for what they refuse; what they take is held to the description.
        wrong = await differences(request)
        answer = await handler(request)
        if wrong:
            raise RestError(400, 20001, wrong)
        return answer
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
    if request.path.startswith((webhooks.PATH, batch.TRANSCRIPTIONS)):
        told = {"type": "about:blank", "title": error.message, "detail": error.message}
        body = {**told, "status": error.status, "code": error.code, "errors": []}
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
    """Media need no credentials unless that is switched on; a request for a token brings its own.

    https://www.twilio.com/docs/voice/api/recording#fetch-a-recordings-media-file
    """
    is_media = "/Recordings/" in request.path and not request.path.endswith(".json")
    return request.path == "/v2/token" or (is_media and not sandbox.rest.media_auth)
