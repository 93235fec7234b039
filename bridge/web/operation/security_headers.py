"""Security headers of every answer: no page content, no caching.

https://owasp.org/www-project-secure-headers/
"""

from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import urlsplit

from aiohttp import hdrs, web

ALWAYS: Mapping[str, str] = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
A_YEAR = "max-age=31536000"


def headers_for(public_url: str = "") -> Callable[[web.Request, web.StreamResponse], Awaitable[None]]:
    """Makes a handler for `on_response_prepare`; `public_url` is empty where the application has none.

    HSTS binds the whole host, so it is sent only by a bridge that does not share its host.
    """
    parts = urlsplit(public_url)
    own_host = parts.scheme == "https" and not parts.path
    always = {**ALWAYS, **({"Strict-Transport-Security": A_YEAR} if own_host else {})}

    async def add(_request: web.Request, response: web.StreamResponse) -> None:
        add_headers(response, always)

    return add


def add_headers(response: web.StreamResponse, always: Mapping[str, str] = ALWAYS) -> None:
    """Adds the headers that the answer does not have yet."""
    headers = response.headers
    for name, value in always.items():
        headers.setdefault(name, value)
    headers.setdefault(hdrs.CACHE_CONTROL, "no-store")
    # aiohttp writes its name and version here.
    headers.pop(hdrs.SERVER, None)
