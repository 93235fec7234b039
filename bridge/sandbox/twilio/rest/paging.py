"""Lists in pages; the token of the next page is the last one shown, so that new items move nothing.

https://www.twilio.com/docs/usage/twilios-response#pagination
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from urllib.parse import urlencode

from aiohttp import web

from bridge.sandbox.twilio.errors import RestError

T = TypeVar("T")
MOST = 1000


def page(
    request: web.Request,
    items: Sequence[T],
    *,
    name: str,
    sid: Callable[[T], str],
    show: Callable[[T], dict[str, Any]],
) -> web.Response:
    """One page of the items, in the shape of the 2010 API."""
    size, number = _asked(request)
    start = _start(request, [sid(item) for item in items], size * number)
    shown = items[start : start + size]
    more = start + len(shown) < len(items)
    return web.json_response(
        {
            name: [show(item) for item in shown],
            "start": size * number,
            "end": size * number + max(0, len(shown) - 1),
            "page": number,
            "page_size": size,
            "uri": request.path_qs,
            "first_page_uri": _uri(request, size, 0),
            "next_page_uri": _uri(request, size, number + 1, sid(shown[-1])) if more else None,
            "previous_page_uri": _uri(request, size, number - 1) if number else None,
        }
    )


def _asked(request: web.Request) -> tuple[int, int]:
    try:
        size, number = int(request.query.get("PageSize", 50)), int(request.query.get("Page", 0))
    except ValueError as error:
        raise RestError(400, 20001, "PageSize and Page are numbers") from error
    if not 1 <= size <= MOST:
        raise RestError(400, 20007, f"PageSize={size}")
    return size, number


def _start(request: web.Request, sids: list[str], otherwise: int) -> int:
    token = request.query.get("PageToken", "").removeprefix("PA")
    return sids.index(token) + 1 if token in sids else otherwise


def _uri(request: web.Request, size: int, number: int, after: str = "") -> str:
    query = {name: value for name, value in request.query.items() if not name.startswith("Page")}
    query |= {"PageSize": str(size), "Page": str(number)}
    if after:
        query["PageToken"] = f"PA{after}"
    return f"{request.path}?{urlencode(query)}"
