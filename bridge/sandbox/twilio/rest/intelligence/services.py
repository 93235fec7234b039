"""`/v2/Services`: where transcripts go, in which language, and who is told of them."""

from typing import Any

from aiohttp import web

from bridge.sandbox.twilio.errors import RestError
from bridge.sandbox.twilio.rest.app_keys import SANDBOX
from bridge.sandbox.twilio.rest.forms import read_form, read_query
from bridge.sandbox.twilio.rest.pages import page_with_urls
from bridge.sandbox.twilio.times import iso8601
from bridge.sandbox.twilio.transcribing import Service

CHANGES = frozenset(
    {
        "AutoTranscribe",
        "DataLogging",
        "FriendlyName",
        "UniqueName",
        "AutoRedaction",
        "MediaRedaction",
        "WebhookUrl",
        "WebhookHttpMethod",
        "EncryptionCredentialSid",
    }
)


async def list_services(request: web.Request) -> web.Response:
    """All services."""
    read_query(request, ())
    services = list(request.app[SANDBOX].account.transcribing.services.values())
    return page_with_urls(request, services, name="services", show=lambda one: _show(request, one))


async def create_service(request: web.Request) -> web.Response:
    """A new one; UniqueName is its own."""
    state = request.app[SANDBOX].account.transcribing
    form = await read_form(request, CHANGES | {"LanguageCode"})
    name = form.get("UniqueName", "")
    if not name:
        raise RestError(400, 20001, "UniqueName is missing")
    if any(one.unique_name == name for one in state.services.values()):
        raise RestError(409, 20409, name)
    service = Service(unique_name=name, language_code=form.pop("LanguageCode", "en-US"), settings=form)
    state.services[service.sid] = service
    return web.json_response(_show(request, service), status=201)


async def fetch_service(request: web.Request) -> web.Response:
    """One service."""
    return web.json_response(_show(request, find_service(request, request.match_info["Sid"])))


async def update_service(request: web.Request) -> web.Response:
    """Everything but its language."""
    service = find_service(request, request.match_info["Sid"])
    service.settings.update(await read_form(request, CHANGES))
    return web.json_response(_show(request, service))


async def delete_service(request: web.Request) -> web.Response:
    """Its transcripts stay."""
    service = find_service(request, request.match_info["Sid"])
    del request.app[SANDBOX].account.transcribing.services[service.sid]
    return web.Response(status=204)


def find_service(request: web.Request, name: str) -> Service:
    """By its SID or unique name, or 20404."""
    services = request.app[SANDBOX].account.transcribing.services
    found = services.get(name) or next((one for one in services.values() if one.unique_name == name), None)
    if found is None:
        raise RestError(404, 20404, request.path)
    return found


def _show(request: web.Request, service: Service) -> dict[str, Any]:
    created = iso8601(service.created)
    return {
        "account_sid": request.app[SANDBOX].account_sid,
        "auto_redaction": service.is_set("AutoRedaction"),
        "media_redaction": service.is_set("MediaRedaction"),
        "auto_transcribe": service.is_set("AutoTranscribe"),
        "data_logging": service.is_set("DataLogging"),
        "date_created": created,
        "date_updated": created,
        "friendly_name": service.settings.get("FriendlyName", service.unique_name),
        "language_code": service.language_code,
        "sid": service.sid,
        "unique_name": service.unique_name,
        "url": f"{request.app[SANDBOX].url}/v2/Services/{service.sid}",
        "webhook_url": service.settings.get("WebhookUrl"),
        "webhook_http_method": service.settings.get("WebhookHttpMethod", "POST"),
        "read_only_attached_operator_sids": [],
        "encryption_credential_sid": None,
        "version": 1,
    }
