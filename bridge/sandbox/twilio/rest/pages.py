"""Lists of the newer APIs in pages, in either of their spellings."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from aiohttp import web

from bridge.sandbox.twilio.errors import RestError
from bridge.sandbox.twilio.rest.app_keys import SANDBOX

T = TypeVar("T")


def page_with_urls(
    request: web.Request, items: Sequence[T], *, name: str, show: Callable[[T], dict[str, Any]]
) -> web.Response:
    """`meta` with the URL of the next page, which begins at `PageToken`."""
    size, start = _window(request, "PageSize", "PageToken")
    more = start + size < len(items)
    address = f"{request.app[SANDBOX].url}{request.path}"
    query = {
        key: value for key, value in request.query.items() if key not in {"Page", "PageToken", "PageSize"}
    }

    def url(at: int) -> str:
        return str(request.url.with_query({**query, "PageSize": str(size), "PageToken": str(at)}))

    meta = {
        "key": name,
        "page": start // size,
        "page_size": size,
        "url": address,
        "first_page_url": url(0),
        "previous_page_url": url(max(0, start - size)) if start else None,
        "next_page_url": url(start + size) if more else None,
    }
    return web.json_response({"meta": meta, name: [show(item) for item in items[start : start + size]]})


def page_with_token(
    request: web.Request, items: Sequence[T], *, name: str, show: Callable[[T], dict[str, Any]]
) -> web.Response:
    """`meta` with the token of the next page."""
    size, start = _window(request, "pageSize", "pageToken")
    more = start + size < len(items)
    meta = {"key": name, "pageSize": size, "nextToken": str(start + size) if more else None}
    return web.json_response({"meta": meta, name: [show(item) for item in items[start : start + size]]})


def _window(request: web.Request, size: str, token: str) -> tuple[int, int]:
    try:
        window = int(request.query.get(size, "50")), int(request.query.get(token, "0"))
    except ValueError as error:
        raise RestError(400, 20001, f"{size} and {token} are numbers") from error
    if not 1 <= window[0] <= 1000:
        raise RestError(400, 20007, f"{size}={window[0]}")
    return window
