"""JSON bodies of batch transcription, held to the names that the API has."""

import json
from collections.abc import Collection, Mapping
from typing import Any

from aiohttp import web

from bridge.sandbox.twilio.errors import RestError
from bridge.sandbox.twilio.rest.app_keys import SANDBOX


async def read_body(request: web.Request, known: Collection[str]) -> dict[str, Any]:
    """The fields of a body; one that the API does not have is a mistake."""
    if request.content_type != "application/json":
        raise RestError(415, 20422, request.content_type)
    try:
        body = json.loads(await request.read())
    except ValueError as error:
        raise RestError(400, 20001, "the body is not JSON") from error
    if not isinstance(body, dict):
        raise RestError(400, 20001, "the body is not a JSON object")
    check_names(body, known)
    return body


def check_names(fields: Mapping[str, Any], known: Collection[str]) -> None:
    """Raises RestError for a name that the API does not have."""
    if unknown := sorted(set(fields) - set(known)):
        raise RestError(400, 20001, unknown[0])


def check_account(request: web.Request) -> None:
    """Batch transcription is not for accounts with Conversation Intelligence (classic), PCI or HIPAA."""
    state = request.app[SANDBOX].account.transcribing
    if state.services or state.is_restricted:
        raise RestError(403, 20403, "batch transcription is not available to this account")
