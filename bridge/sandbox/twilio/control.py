"""Scripting the sandbox over HTTP, from another process: `/sandbox/…`.

Everything is JSON. These routes are open to everybody who reaches the port, so it listens on loopback.
"""

from dataclasses import asdict
from typing import Any

from aiohttp import web

from bridge.sandbox.sound.conversation import Conversation, conversation_of
from bridge.sandbox.twilio.errors import LoadRefused, SandboxError
from bridge.sandbox.twilio.load import LoadPlan, run_load
from bridge.sandbox.twilio.parties import Party
from bridge.sandbox.twilio.rest.app_keys import SANDBOX
from bridge.sandbox.twilio.sandbox import TwilioSandbox

SETTABLE = frozenset({"voice_url", "status_url", "voice_fallback_url", "routes"})
REST_SETTABLE = frozenset({"limited", "media_auth"})
_PARTIES = {
    "answers": Party.answers,
    "machine": Party.machine,
    "busy": Party.busy,
    "rejects": Party.rejects,
    "no_answer": Party.no_answer,
    "failed": Party.failed,
    "unreachable": Party.unreachable,
}


def control_routes() -> list[web.RouteDef]:
    """The routes; mounted beside the REST API."""
    return [
        web.get("/sandbox", get_sandbox),
        web.post("/sandbox/settings", change_settings),
        web.post("/sandbox/calls", place_call),
        web.post("/sandbox/load", place_load),
    ]


def describe_sandbox(sandbox: TwilioSandbox) -> dict[str, str]:
    """What is needed to use it."""
    names = ("url", "account_sid", "auth_token", "api_key", "api_secret", "app_sid", "phone_number")
    return {name: getattr(sandbox, name) for name in names}


async def get_sandbox(request: web.Request) -> web.Response:
    """What is needed to use it."""
    return web.json_response(describe_sandbox(request.app[SANDBOX]))


async def change_settings(request: web.Request) -> web.Response:
    """`{"voice_url", "status_url", "voice_fallback_url", "routes", "parties", "conversation", "limited",
    "media_auth"}`.

    Those that are not given stay; `limited` and `media_auth` are the switches of the REST API.

    A conversation, which recordings hold from now on, is `{"lines": [{"channel": 1, "at": 0.5,
    "text": "Hello"}]}`.

    A party is `{"does": "answers", "after": 3, "talks": 60}`: a constructor of Party and its arguments.
    """
    sandbox = request.app[SANDBOX]
    asked = await read_object(request)
    parties = {address: read_party(script) for address, script in asked.pop("parties", {}).items()}
    conversation = read_conversation(asked.pop("conversation", None))
    if unknown := set(asked) - SETTABLE - REST_SETTABLE:
        raise bad_request(f"unknown settings: {', '.join(sorted(unknown))}")
    sandbox.parties.update(parties)
    sandbox.account.conversation = conversation or sandbox.account.conversation
    for name, value in asked.items():
        setattr(sandbox if name in SETTABLE else sandbox.rest, name, value)
    return web.json_response({name: getattr(sandbox, name) for name in sorted(SETTABLE)})


def read_conversation(script: dict[str, Any] | None) -> Conversation | None:
    """A conversation from its JSON."""
    try:
        return None if script is None else conversation_of(script)
    except TypeError as error:
        raise bad_request(str(error)) from error


def read_party(script: dict[str, Any]) -> Party:
    """A party from its JSON."""
    arguments = dict(script)
    does = arguments.pop("does", None)
    if does not in _PARTIES:
        raise bad_request(f"a party does one of {', '.join(_PARTIES)}; not {does!r}")
    try:
        return _PARTIES[does](**arguments)
    except TypeError as error:
        raise bad_request(str(error)) from error


async def place_call(request: web.Request) -> web.Response:
    """`{"from": "client:agent1" | "+336…", "to": …}` or `{"token": …, "to": …}`; answers when it is over.

    Other members are the arguments of call_from_browser, call_from_phone or call_from_token.
    """
    sandbox = request.app[SANDBOX]
    asked = await read_object(request)
    try:
        played = await _place(sandbox, asked)
    except SandboxError as error:
        return web.json_response({"code": error.code, "message": error.message}, status=400)
    except KeyError as missing:
        raise bad_request(f"{missing.args[0]} is missing") from missing
    except (TypeError, ValueError) as error:
        raise bad_request(str(error)) from error
    return web.json_response(played.as_json(), status=201)


async def _place(sandbox: TwilioSandbox, asked: dict[str, Any]) -> Any:
    if "token" in asked:
        return await sandbox.call_from_token(asked.pop("token"), asked.pop("to"), **asked)
    caller = asked.pop("from")
    if caller.startswith("client:"):
        return await sandbox.call_from_browser(caller.removeprefix("client:"), asked.pop("to"), **asked)
    return await sandbox.call_from_phone(caller, asked.pop("to", None), **asked)


async def place_load(request: web.Request) -> web.Response:
    """`{"calls": 1000, "rate": 100, "seconds": 60}`; answers with the report when it is over."""
    asked = await read_object(request)
    try:
        report = await run_load(request.app[SANDBOX], LoadPlan(**asked))
    except (LoadRefused, TypeError) as error:
        raise bad_request(str(error)) from error
    return web.json_response(asdict(report))


async def read_object(request: web.Request) -> dict[str, Any]:
    """The JSON object of a request."""
    # Only JSON is taken: a page in a browser cannot send it here without asking first.
    if request.content_type != "application/json":
        raise web.HTTPUnsupportedMediaType(text="send application/json")
    try:
        body = await request.json()
    except ValueError as error:
        raise bad_request("no JSON") from error
    if not isinstance(body, dict):
        raise bad_request("send an object")
    return body


def bad_request(text: str) -> web.HTTPBadRequest:
    """What is wrong with it."""
    return web.HTTPBadRequest(text=text)
