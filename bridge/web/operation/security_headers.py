"""Headers of every answer: security headers (no page content, no caching), CORS, and those of a shutdown.

https://owasp.org/www-project-secure-headers/
"""

from collections.abc import Awaitable, Callable, Collection
from urllib.parse import urlsplit

from aiohttp import hdrs, web
from msgspec import Struct
from multidict import CIMultiDict

from bridge.web.operation.shutdown import Shutdown, close_connection

Prepares = Callable[[web.Request, web.StreamResponse], Awaitable[object]]
"""What aiohttp calls with each answer before it sends the headers."""

ALWAYS = CIMultiDict(
    {
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
        hdrs.CACHE_CONTROL: "no-store",
    }
)
A_YEAR = "max-age=31536000"


def headers_for(public_url: str = "") -> CIMultiDict[str]:
    """The headers of a bridge at `public_url`, which is empty where the application has none.

    HSTS binds the whole host, so it is sent only by a bridge that does not share its host.
    """
    parts = urlsplit(public_url)
    own_host = parts.scheme == "https" and not parts.path
    return CIMultiDict(ALWAYS, **({"Strict-Transport-Security": A_YEAR} if own_host else {}))


def add_headers(response: web.StreamResponse, always: CIMultiDict[str] = ALWAYS) -> None:
    """Adds the headers that the answer does not have yet."""
    response.headers.merge(always)
    # aiohttp writes its name and version here.
    response.headers.pop(hdrs.SERVER, None)


class Sharing(Struct, frozen=True):
    """CORS: the resources that pages of other origins may use, and what adds the headers of an origin."""

    resources: Collection[object] = ()
    allow_origin: Prepares | None = None

    async def prepare(self, request: web.Request, response: web.StreamResponse) -> None:
        """Adds the headers of a shared resource."""
        # What pages may read depends on the page, even where none asked.
        response.headers[hdrs.VARY] = hdrs.ORIGIN
        if self.allow_origin and hdrs.ORIGIN in request.headers:
            await self.allow_origin(request, response)


NOT_SHARED = Sharing()


def preparing(public_url: str = "", *, sharing: Sharing = NOT_SHARED, shutdown: Shutdown) -> Prepares:
    """All headers in one function for `on_response_prepare`, as aiohttp awaits each of several."""
    always = headers_for(public_url)

    async def prepare(request: web.Request, response: web.StreamResponse) -> None:
        if request.match_info.route.resource in sharing.resources:
            await sharing.prepare(request, response)
        add_headers(response, always)
        if shutdown.begun:
            close_connection(response)

    return prepare
