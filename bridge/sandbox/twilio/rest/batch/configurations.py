"""`/v2/Configurations/Transcription`: outer names in snake case, inner ones in camel case."""

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from bridge.sandbox.twilio.errors import RestError
from bridge.sandbox.twilio.rest.app_keys import SANDBOX
from bridge.sandbox.twilio.rest.batch.bodies import check_account, check_names, read_body
from bridge.sandbox.twilio.rest.pages import page_with_urls
from bridge.sandbox.twilio.times import iso8601
from bridge.sandbox.twilio.transcribing import Configuration

OUTER = frozenset({"unique_name", "description", "configuration"})
INNER = frozenset(
    {
        "configurationType",
        "transcriptionEngine",
        "speechModel",
        "language",
        "transcriptionStatusCallback",
        "participantDefaults",
        "conversationConfigurationId",
    }
)
MODELS: Mapping[str, frozenset[str | None]] = {
    "deepgram": frozenset({"nova-3", "nova-2"}),
    "google": frozenset({"chirp_2"}),
    "twilio_managed": frozenset({None}),
}
LANGUAGES = frozenset(
    {
        *("en-US", "en-GB", "en-AU", "de-DE", "fr-FR", "it-IT", "es-MX", "es-ES", "es-US", "pt-BR", "pt-PT"),
        *("nl-NL", "no-NO", "pl-PL", "sv-SE", "da-DK", "multi"),
    }
)
TYPES = frozenset({"CUSTOMER", "HUMAN_AGENT", "AI_AGENT"})


async def list_configurations(request: web.Request) -> web.Response:
    """All configurations."""
    found = list(request.app[SANDBOX].account.transcribing.configurations.values())
    return page_with_urls(request, found, name="configurations", show=lambda one: _show(request, one))


async def create_configuration(request: web.Request) -> web.Response:
    """A new one; its unique name is its own."""
    check_account(request)
    state = request.app[SANDBOX].account.transcribing
    body = await read_body(request, OUTER)
    name = str(body.get("unique_name") or "")
    if any(name and one.unique_name == name for one in state.configurations.values()):
        raise RestError(409, 20409, name)
    made = Configuration(
        unique_name=name, description=str(body.get("description", "")), configuration=_checked(body)
    )
    state.configurations[made.id] = made
    return web.json_response(_show(request, made), status=201)


async def fetch_configuration(request: web.Request) -> web.Response:
    """One configuration."""
    return web.json_response(_show(request, find_configuration(request, request.match_info["Id"])))


async def replace_configuration(request: web.Request) -> web.Response:
    """Another in its place."""
    found = find_configuration(request, request.match_info["Id"])
    found.configuration = _checked(await read_body(request, OUTER))
    return web.json_response(_show(request, found))


async def delete_configuration(request: web.Request) -> web.Response:
    """It is gone."""
    found = find_configuration(request, request.match_info["Id"])
    del request.app[SANDBOX].account.transcribing.configurations[found.id]
    return web.Response(status=204)


def find_configuration(request: web.Request, name: str) -> Configuration:
    """By its id or unique name, or 20404."""
    known = request.app[SANDBOX].account.transcribing.configurations
    found = known.get(name) or next((one for one in known.values() if one.unique_name == name), None)
    if found is None:
        raise RestError(404, 20404, name)
    return found


def _checked(body: Mapping[str, Any]) -> dict[str, Any]:
    inner = body.get("configuration")
    if not isinstance(inner, dict) or inner.get("configurationType") != "Transcription":
        raise RestError(400, 20001, "configuration.configurationType is Transcription")
    check_names(inner, INNER)
    models = MODELS.get(str(inner.get("transcriptionEngine")))
    if models is None or inner.get("speechModel") not in models:
        raise RestError(400, 20001, "transcriptionEngine and speechModel do not go together")
    if inner.get("language") not in LANGUAGES:
        raise RestError(400, 20001, "language is not known")
    if inner["language"] == "multi" and inner["transcriptionEngine"] != "deepgram":
        raise RestError(400, 20001, "only deepgram finds the language by itself")
    _check_parts(inner)
    return inner


def _check_parts(inner: Mapping[str, Any]) -> None:
    defaults = inner.get("participantDefaults")
    if defaults is not None:
        channels = [one.get("audioChannelIndex") for one in defaults]
        if sorted(channels) != [1, 2] or not all(one.get("type") in TYPES for one in defaults):
            raise RestError(400, 20001, "participantDefaults has channel 1 and channel 2")
    callback = inner.get("transcriptionStatusCallback")
    if callback is not None:
        check_names(callback, {"url", "method", "events"})


def _show(request: web.Request, found: Configuration) -> dict[str, Any]:
    created = iso8601(found.created)
    return {
        "id": found.id,
        "account_sid": request.app[SANDBOX].account_sid,
        "unique_name": found.unique_name,
        "description": found.description,
        "date_created": created,
        "date_updated": created,
        "configuration": found.configuration,
    }
