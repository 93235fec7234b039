"""`/v1/Webhooks/Rules`: which webhooks take which Settings; each change is an operation."""

from collections.abc import Collection, Mapping
from typing import Any

from aiohttp import web

from bridge.sandbox.twilio.errors import RestError
from bridge.sandbox.twilio.rest.app_keys import SANDBOX
from bridge.sandbox.twilio.rest.webhooks.bodies import check_room, find, invalid, page, read_json
from bridge.sandbox.twilio.times import iso8601
from bridge.sandbox.twilio.webhooks import Rule, Webhooks, new_id

_CHANGES = frozenset({"friendlyName", "description", "settings", "value", "prefix"})
_MATCHED_BY = {"EXACT_MATCH": "value", "PREFIX_MATCH": "prefix"}


async def list_rules(request: web.Request) -> web.Response:
    """All Rules."""
    rules = list(request.app[SANDBOX].account.webhooks.rules.values())
    return page(request, rules, name="rules", show=_show)


async def create_rule(request: web.Request) -> web.Response:
    """Accepted, and here at once in force; Twilio takes up to a minute."""
    webhooks = request.app[SANDBOX].account.webhooks
    body = await read_json(request, _CHANGES | {"matchType"})
    check_room(webhooks.rules)
    kind = body.get("matchType")
    if kind not in {*_MATCHED_BY, "DEFAULT"}:
        raise invalid("matchType is not known")
    rule = Rule(match_type=kind, match=_match(kind, body), settings=_shares(body, webhooks.settings))
    _write_texts(rule, body)
    _check_single(webhooks, rule)
    webhooks.rules[rule.id] = rule
    return _accepted(request, webhooks, rule, shows=True)


async def fetch_rule(request: web.Request) -> web.Response:
    """One Rule."""
    return web.json_response(_show(find(request, request.app[SANDBOX].account.webhooks.rules)))


async def patch_rule(request: web.Request) -> web.Response:
    """Other Settings or another match: accepted, and here at once in force."""
    webhooks = request.app[SANDBOX].account.webhooks
    rule = find(request, webhooks.rules)
    body = await read_json(request, _CHANGES)
    if body.keys() & {"value", "prefix"}:
        rule.match = _match(rule.match_type, body)
        _check_single(webhooks, rule)
    if "settings" in body:
        rule.settings = _shares(body, webhooks.settings)
    _write_texts(rule, body)
    return _accepted(request, webhooks, rule, shows=True)


async def delete_rule(request: web.Request) -> web.Response:
    """What it matched takes another Rule, or none."""
    webhooks = request.app[SANDBOX].account.webhooks
    rule = find(request, webhooks.rules)
    del webhooks.rules[rule.id]
    return _accepted(request, webhooks, rule, shows=False)


async def fetch_operation(request: web.Request) -> web.Response:
    """How far a change of a Rule has come: it is in force."""
    webhooks = request.app[SANDBOX].account.webhooks
    resource = find(request, webhooks.operations)
    return web.json_response(_operation(request, request.match_info["Id"], resource))


def _match(kind: str, body: Mapping[str, Any]) -> str:
    """An exact URL does not end in a slash, the beginning of one does."""
    if kind == "DEFAULT":
        return ""
    name = _MATCHED_BY[kind]
    match = str(body.get(name, ""))
    if not match.startswith(("https://", "http://")) or match.endswith("/") != (name == "prefix"):
        raise invalid(f"{name} is not a URL of this match type")
    return match


def _shares(body: Mapping[str, Any], known: Collection[str]) -> list[tuple[str, int]]:
    given = body.get("settings")
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        raise invalid("settings should be a list of objects")
    shares = [(str(one.get("settingId")), int(one.get("percentage", 100))) for one in given]
    if not all(setting in known for setting, _ in shares):
        raise invalid("settings name a Setting that this account does not have")
    if sum(percentage for _, percentage in shares) != 100:
        raise invalid("settings: the percentages should sum to 100")
    return shares


def _check_single(webhooks: Webhooks, rule: Rule) -> None:
    same = (rule.match_type, rule.match)
    others = (one for one in webhooks.rules.values() if one is not rule)
    if any((one.match_type, one.match) == same for one in others):
        raise RestError(409, 59103, rule.match or rule.match_type)


def _write_texts(rule: Rule, body: Mapping[str, Any]) -> None:
    rule.friendly_name = str(body.get("friendlyName", rule.friendly_name))
    rule.description = str(body.get("description", rule.description))


def _accepted(request: web.Request, webhooks: Webhooks, rule: Rule, *, shows: bool) -> web.Response:
    operation = new_id("operation")
    webhooks.operations[operation] = rule.id
    body = {"operation": _operation(request, operation, rule.id), **({"rule": _show(rule)} if shows else {})}
    return web.json_response(body, status=202)


def _operation(request: web.Request, operation: str, resource: str) -> dict[str, Any]:
    return {
        "id": operation,
        "status": "COMPLETED",
        "statusUrl": f"{request.app[SANDBOX].url}/v1/Webhooks/Operations/{operation}",
        "resourceId": resource,
        "error": None,
    }


def _show(rule: Rule) -> dict[str, Any]:
    created = iso8601(rule.created)
    matched_by = _MATCHED_BY.get(rule.match_type)
    return {
        "id": rule.id,
        "friendlyName": rule.friendly_name,
        "description": rule.description,
        "matchType": rule.match_type,
        **({matched_by: rule.match} if matched_by else {}),
        "settings": [{"settingId": one, "percentage": share} for one, share in rule.settings],
        "createdAt": created,
        "updatedAt": created,
    }
