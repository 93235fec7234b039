"""`/Calls/{}/Events`: what was sent to the application about a call, and what it answered.

https://www.twilio.com/docs/voice/api/call-event-resource
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web

from bridge.sandbox.twilio.delivered import Delivered
from bridge.sandbox.twilio.legs import Leg
from bridge.sandbox.twilio.rest.app_keys import SANDBOX
from bridge.sandbox.twilio.rest.calls import find_leg
from bridge.sandbox.twilio.rest.forms import read_query
from bridge.sandbox.twilio.rest.paging import page
from bridge.sandbox.twilio.times import rfc2822

READY_AFTER = timedelta(minutes=15)
"""So long after its end a call has events; before, the list is empty."""


async def list_events(request: web.Request) -> web.Response:
    """In the order of sending."""
    account = request.app[SANDBOX].account
    read_query(request, ())
    leg = find_leg(account, request.match_info["CallSid"])
    found = account.requests.get(leg.sid, []) if _is_ready(leg) else []
    return page(request, found, name="events", sid=lambda one: one.token, show=_show)


def _is_ready(leg: Leg) -> bool:
    return leg.ended is not None and datetime.now(UTC) - leg.ended >= READY_AFTER


def _show(sent: Delivered) -> dict[str, Any]:
    answered = sent.acknowledged_at
    return {
        "request": {
            "method": sent.method,
            "url": sent.url,
            "parameters": {_snake_case(name): value for name, value in sent.params.items()},
        },
        "response": {
            "response_code": sent.status_code,
            "request_duration": round((answered - sent.sent_at) * 1000) if answered else 0,
            "content_type": sent.content_type,
            "response_body": sent.body.decode(errors="replace"),
            "date_created": rfc2822(datetime.fromtimestamp(sent.sent_at, UTC)),
        },
    }


def _snake_case(name: str) -> str:
    return "".join(f"_{one.lower()}" if one.isupper() else one for one in name).removeprefix("_")
