"""`/v1/Webhooks/SharedKeys`: secrets that sign webhooks."""

from typing import Any

from aiohttp import web

from bridge.sandbox.twilio.errors import RestError
from bridge.sandbox.twilio.rest.app_keys import SANDBOX
from bridge.sandbox.twilio.rest.webhooks.bodies import check_room, find, page, read_json
from bridge.sandbox.twilio.times import iso8601
from bridge.sandbox.twilio.webhooks import SharedKey


async def list_shared_keys(request: web.Request) -> web.Response:
    """All keys, without their secrets."""
    keys = list(request.app[SANDBOX].account.webhooks.shared_keys.values())
    return page(request, keys, name="sharedKeys", show=_show)


async def create_shared_key(request: web.Request) -> web.Response:
    """The only time that the secret is shown."""
    keys = request.app[SANDBOX].account.webhooks.shared_keys
    body = await read_json(request, {"friendlyName"})
    check_room(keys)
    key = SharedKey(friendly_name=str(body.get("friendlyName", "")))
    keys[key.id] = key
    return web.json_response({**_show(key), "secret": key.secret}, status=201)


async def fetch_shared_key(request: web.Request) -> web.Response:
    """One key, without its secret."""
    return web.json_response(_show(find(request, request.app[SANDBOX].account.webhooks.shared_keys)))


async def delete_shared_key(request: web.Request) -> web.Response:
    """Refused while a Setting signs with the key."""
    webhooks = request.app[SANDBOX].account.webhooks
    key = find(request, webhooks.shared_keys)
    if any(setting.shared_key_id == key.id for setting in webhooks.settings.values()):
        raise RestError(409, 59100, key.id)
    del webhooks.shared_keys[key.id]
    return web.Response(status=204)


def _show(key: SharedKey) -> dict[str, Any]:
    created = iso8601(key.created)
    return {
        "id": key.id,
        "type": "CUSTOMER",
        "friendlyName": key.friendly_name,
        "createdAt": created,
        "updatedAt": created,
    }
