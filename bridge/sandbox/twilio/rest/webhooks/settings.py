"""`/v1/Webhooks/Settings`: how webhooks are signed and tried."""

from collections.abc import Collection, Mapping
from typing import Any

from aiohttp import web

from bridge.sandbox.twilio.errors import RestError
from bridge.sandbox.twilio.rest.app_keys import SANDBOX
from bridge.sandbox.twilio.rest.webhooks.bodies import check_room, find, invalid, page, read_json
from bridge.sandbox.twilio.times import iso8601
from bridge.sandbox.twilio.webhooks import ALGORITHMS, AUTH_TOKEN, RETRIED_ON, SHARED_KEY, Setting

_FIELDS = frozenset({"friendlyName", "description", "auth", "signature", "connection", "edgeZones"})
_MILLISECONDS = {"connectTimeoutMs": 15_000, "readTimeoutMs": 15_000, "totalTimeoutMs": 60_000}
_RETRIES = 5


async def list_settings(request: web.Request) -> web.Response:
    """The customer's Settings or Twilio's, all or those of one SharedKey."""
    wanted, kind = request.query.get("sharedKeyId"), request.query.get("type", "CUSTOMER")
    settings = request.app[SANDBOX].account.webhooks.settings.values()
    found = [one for one in settings if wanted in {None, one.shared_key_id} and one.type == kind]
    return page(request, found, name="settings", show=_show)


async def create_setting(request: web.Request) -> web.Response:
    """`signature` and `connection` are fixed from here on."""
    webhooks = request.app[SANDBOX].account.webhooks
    body = await read_json(request, _FIELDS)
    check_room(webhooks.settings)
    if not isinstance(auth := body.get("auth"), dict):
        raise invalid("auth is required")
    connection = _object(body, "connection", {*_MILLISECONDS, "retryPolicy"})
    retries = _object(connection, "retryPolicy", {"retryCount", "retryOn"})
    shared_key_id, algorithm = _signature(body, webhooks.shared_keys)
    setting = Setting(
        friendly_name=str(body.get("friendlyName", "")),
        description=str(body.get("description", "")),
        auth=auth,
        shared_key_id=shared_key_id,
        algorithm=algorithm,
        connection={
            name: _number(connection, name, low=100, high=most)
            for name, most in _MILLISECONDS.items()
            if name in connection
        },
        retry_count=_number(retries, "retryCount", low=0, high=_RETRIES) if "retryCount" in retries else 0,
        retry_on=_retried_on(retries.get("retryOn", [])),
    )
    webhooks.settings[setting.id] = setting
    return web.json_response(_show(setting), status=201)


async def fetch_setting(request: web.Request) -> web.Response:
    """One Setting."""
    return web.json_response(_show(find(request, request.app[SANDBOX].account.webhooks.settings)))


async def patch_setting(request: web.Request) -> web.Response:
    """Name and description alone can change."""
    setting = find(request, request.app[SANDBOX].account.webhooks.settings)
    body = await read_json(request, {"friendlyName", "description"})
    setting.friendly_name = str(body.get("friendlyName", setting.friendly_name))
    setting.description = str(body.get("description", setting.description))
    return web.json_response(_show(setting))


async def delete_setting(request: web.Request) -> web.Response:
    """Refused while a Rule names it."""
    webhooks = request.app[SANDBOX].account.webhooks
    setting = find(request, webhooks.settings)
    if any(setting.id == named for rule in webhooks.rules.values() for named, _ in rule.settings):
        raise RestError(409, 59100, setting.id)
    del webhooks.settings[setting.id]
    return web.Response(status=204)


def _signature(body: Mapping[str, Any], keys: Collection[str]) -> tuple[str, str]:
    """The SharedKey's id, or "" for the auth token, and the algorithm."""
    signature = _object(body, "signature", {"type", "sharedKeyId", "algorithm"})
    kind, key = signature.get("type", AUTH_TOKEN), signature.get("sharedKeyId", "")
    algorithm = signature.get("algorithm", "HMAC_SHA1")
    if kind not in {AUTH_TOKEN, SHARED_KEY}:
        raise invalid("signature.type is not known")
    if algorithm not in ALGORITHMS:
        raise invalid("signature.algorithm is not known")
    if (kind == SHARED_KEY) != (key in keys) or (key and kind == AUTH_TOKEN):
        raise invalid("signature.sharedKeyId is not a SharedKey of this account")
    return key, algorithm


def _object(body: Mapping[str, Any], name: str, known: Collection[str]) -> dict[str, Any]:
    value = body.get(name, {})
    if not isinstance(value, dict) or set(value) - set(known):
        raise invalid(f"{name} has fields that are not known")
    return value


def _number(body: Mapping[str, Any], name: str, *, low: int, high: int) -> int:
    value = body[name]
    if not isinstance(value, int) or not low <= value <= high:
        raise invalid(f"{name} should be {low} to {high}")
    return value


def _retried_on(names: object) -> tuple[str, ...]:
    if not isinstance(names, list) or not set(names) <= RETRIED_ON.keys():
        raise invalid(f"retryOn should be of {', '.join(RETRIED_ON)}")
    return tuple(names)


def _show(setting: Setting) -> dict[str, Any]:
    created = iso8601(setting.created)
    kind = {"type": SHARED_KEY, "sharedKeyId": setting.shared_key_id}
    signature = kind if setting.shared_key_id else {"type": AUTH_TOKEN}
    retry_policy = {"retryCount": setting.retry_count, "retryOn": list(setting.retry_on)}
    return {
        "id": setting.id,
        "type": setting.type,
        "friendlyName": setting.friendly_name,
        "description": setting.description,
        "auth": setting.auth,
        "signature": {**signature, "algorithm": setting.algorithm},
        "connection": {**setting.connection, "retryPolicy": retry_policy},
        "createdAt": created,
        "updatedAt": created,
    }
