"""`/OutgoingCallerIds`: numbers that are not owned, and may be shown.

https://www.twilio.com/docs/voice/api/outgoing-caller-ids
"""

from hashlib import md5

from aiohttp import web

from bridge.sandbox.twilio.rest.app_keys import SANDBOX
from bridge.sandbox.twilio.rest.forms import read_query
from bridge.sandbox.twilio.rest.known import CALLER_ID_FILTERS
from bridge.sandbox.twilio.rest.paging import page
from bridge.sandbox.twilio.rest.show import show_caller_id


async def list_caller_ids(request: web.Request) -> web.Response:
    """All, or that of a number."""
    account = request.app[SANDBOX].account
    wanted = read_query(request, CALLER_ID_FILTERS).get("PhoneNumber")
    found = [number for number in sorted(account.verified) if wanted in {None, number}]
    return page(
        request,
        found,
        name="outgoing_caller_ids",
        sid=_sid,
        show=lambda number: show_caller_id(account, _sid(number), number),
    )


def _sid(number: str) -> str:
    """The same each time: only the number is kept."""
    return f"PN{md5(number.encode(), usedforsecurity=False).hexdigest()}"
