"""`/Keys`: API keys. https://www.twilio.com/docs/iam/api-keys/key-resource-v2010"""

import secrets

from aiohttp import web

from bridge.sandbox.twilio.account import Key
from bridge.sandbox.twilio.errors import RestError
from bridge.sandbox.twilio.rest.app_keys import SANDBOX
from bridge.sandbox.twilio.rest.forms import read_form, read_query
from bridge.sandbox.twilio.rest.known import FRIENDLY_NAME
from bridge.sandbox.twilio.rest.paging import page
from bridge.sandbox.twilio.rest.show import show_key
from bridge.sandbox.twilio.sids import new_sid


async def list_keys(request: web.Request) -> web.Response:
    """All keys, without their secrets."""
    read_query(request, ())
    found = list(request.app[SANDBOX].account.keys.values())
    return page(request, found, name="keys", sid=lambda key: key.sid, show=show_key)


async def create_key(request: web.Request) -> web.Response:
    """The only time that the secret is shown."""
    form = await read_form(request, FRIENDLY_NAME)
    key = Key(new_sid("SK"), secrets.token_urlsafe(24), form.get("FriendlyName", ""))
    request.app[SANDBOX].account.keys[key.sid] = key
    return web.json_response({**show_key(key), "secret": key.secret}, status=201)


async def fetch_key(request: web.Request) -> web.Response:
    """One key."""
    return web.json_response(show_key(_find(request)))


async def delete_key(request: web.Request) -> web.Response:
    """Tokens that it signed open no call any more."""
    del request.app[SANDBOX].account.keys[_find(request).sid]
    return web.Response(status=204)


def _find(request: web.Request) -> Key:
    key = request.app[SANDBOX].account.keys.get(request.match_info["Sid"])
    if key is None:
        raise RestError(404, 20404, request.path)
    return key
