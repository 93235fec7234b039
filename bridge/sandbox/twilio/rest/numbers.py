"""`/IncomingPhoneNumbers`. https://www.twilio.com/docs/phone-numbers/api/incomingphonenumber-resource"""

from aiohttp import web

from bridge.sandbox.twilio.account import Account, PhoneNumber
from bridge.sandbox.twilio.errors import RestError
from bridge.sandbox.twilio.rest.app_keys import SANDBOX
from bridge.sandbox.twilio.rest.forms import read_form, read_query
from bridge.sandbox.twilio.rest.known import NUMBER, NUMBER_FILTERS
from bridge.sandbox.twilio.rest.paging import page
from bridge.sandbox.twilio.rest.settings import write_settings
from bridge.sandbox.twilio.rest.show import show_number


async def list_numbers(request: web.Request) -> web.Response:
    """All, or those of a number or a FriendlyName."""
    account = request.app[SANDBOX].account
    query = read_query(request, NUMBER_FILTERS)
    found = [
        number
        for number in account.numbers.values()
        if query.get("PhoneNumber") in {None, number.phone_number}
        and query.get("FriendlyName") in {None, number.friendly_name}
    ]
    return page(
        request,
        found,
        name="incoming_phone_numbers",
        sid=lambda number: number.sid,
        show=lambda number: show_number(account, number),
    )


async def fetch_number(request: web.Request) -> web.Response:
    """One number."""
    account = request.app[SANDBOX].account
    return web.json_response(show_number(account, _find(account, request)))


async def update_number(request: web.Request) -> web.Response:
    """Changes what the form names; an application overrides the number's own URLs."""
    account = request.app[SANDBOX].account
    number = _find(account, request)
    form = await read_form(request, NUMBER)
    application_sid = form.pop("VoiceApplicationSid", None)
    if application_sid and application_sid not in account.applications:
        raise RestError(400, 21420, application_sid)
    if application_sid is not None:
        number.voice_application_sid = application_sid
    write_settings(number, form)
    return web.json_response(show_number(account, number))


def _find(account: Account, request: web.Request) -> PhoneNumber:
    number = account.numbers.get(request.match_info["Sid"])
    if number is None:
        raise RestError(404, 20404, request.path)
    return number
