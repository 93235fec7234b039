"""Bodies of this API: JSON with known fields, and lists in pages."""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, TypeVar

from aiohttp import web

from bridge.sandbox.twilio.errors import RestError

MOST = 50
"""So many of each resource an account can have."""

LONGEST_NAME = 255

T = TypeVar("T")


async def read_json(request: web.Request, known: Collection[str]) -> dict[str, Any]:
    """The body's fields; one that the API does not have is a mistake."""
    try:
        body = json.loads(await request.read())
    except ValueError as error:
        raise invalid("the body is not JSON") from error
    if request.content_type != "application/json" or not isinstance(body, dict):
        raise invalid("the body is not a JSON object")
    if unknown := sorted(set(body) - set(known)):
        raise invalid(f"{unknown[0]} is not known")
    if len(str(body.get("friendlyName", ""))) > LONGEST_NAME:
        raise invalid("friendlyName is too long")
    return body


def invalid(detail: str) -> RestError:
    """What is wrong with a body; the detail names the field."""
    return RestError(400, 59000, detail)


def check_room(items: Mapping[str, object]) -> None:
    """Raises RestError where the account has as many as it can have."""
    if len(items) >= MOST:
        raise RestError(400, 59200, f"{MOST} at most")


def find(request: web.Request, items: Mapping[str, T]) -> T:
    """The resource that the path names."""
    item = items.get(request.match_info["Id"])
    if item is None:
        raise RestError(404, 20404, request.path)
    return item


def page(
    request: web.Request, items: Sequence[T], *, name: str, show: Callable[[T], dict[str, Any]]
) -> web.Response:
    """One page; the token of the next is where it begins."""
    size, start = int(request.query.get("pageSize", 50)), int(request.query.get("pageToken", 0))
    more = start + size < len(items)
    meta = {"key": name, "pageSize": size, "nextToken": str(start + size) if more else None}
    return web.json_response({"meta": meta, name: [show(item) for item in items[start : start + size]]})
