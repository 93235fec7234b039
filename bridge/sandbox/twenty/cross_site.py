"""Sessions of browsers: the cookie that holds one, and the refusal of pages of other sites that send it."""

from collections.abc import Awaitable, Callable, Mapping
from http.cookies import SimpleCookie

from aiohttp import web

SESSION_COOKIES = ("__Host-twenty-session", "twenty-session")
"""Over https, and over http."""
SESSION_PREFIX = "sess_"
_SAFE = ("GET", "HEAD", "OPTIONS")

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def bearer_of(headers: Mapping[str, str]) -> str:
    """The bearer token that came; empty where none did."""
    scheme, _, token = headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def session_of(headers: Mapping[str, str]) -> str | None:
    """The session whose cookie came; a value of another form is none."""
    cookies = SimpleCookie(headers.get("Cookie", ""))
    sent = next((cookies[name].value for name in SESSION_COOKIES if name in cookies), "")
    return sent if sent.startswith(SESSION_PREFIX) else None


@web.middleware
async def refuse(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answers 403 to a request whose session came without the server's own origin.

    A bearer token needs no origin: a browser never sends it by itself.
    """
    safe = request.method in _SAFE or bearer_of(request.headers) or session_of(request.headers) is None
    if safe or request.headers.get("Origin") == str(request.url.origin()):
        return await handler(request)
    messages = ["Request origin is not allowed for cookie-authenticated requests"]
    refusal = {"statusCode": 403, "messages": messages, "error": "CSRF_ORIGIN_MISMATCH"}
    return web.json_response(refusal, status=403)
