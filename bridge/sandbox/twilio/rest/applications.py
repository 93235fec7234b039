"""`/Applications`: TwiML Apps. https://www.twilio.com/docs/usage/api/applications"""

from aiohttp import web

from bridge.sandbox.twilio.account import Account, Application
from bridge.sandbox.twilio.errors import RestError
from bridge.sandbox.twilio.rest.app_keys import SANDBOX
from bridge.sandbox.twilio.rest.forms import read_form, read_query
from bridge.sandbox.twilio.rest.known import APPLICATION, FRIENDLY_NAME
from bridge.sandbox.twilio.rest.paging import page
from bridge.sandbox.twilio.rest.settings import write_settings
from bridge.sandbox.twilio.rest.show import show_application


async def list_applications(request: web.Request) -> web.Response:
    """All, or those of a FriendlyName."""
    account = request.app[SANDBOX].account
    name = read_query(request, FRIENDLY_NAME).get("FriendlyName")
    found = [app for app in account.applications.values() if name in {None, app.friendly_name}]
    return page(
        request,
        found,
        name="applications",
        sid=lambda app: app.sid,
        show=lambda app: show_application(account, app),
    )


async def create_application(request: web.Request) -> web.Response:
    """A new one; the same FriendlyName may be there twice."""
    account = request.app[SANDBOX].account
    application = Application()
    write_settings(application, await read_form(request, APPLICATION))
    account.applications[application.sid] = application
    return web.json_response(show_application(account, application), status=201)


async def fetch_application(request: web.Request) -> web.Response:
    """One application."""
    account = request.app[SANDBOX].account
    return web.json_response(show_application(account, _find(account, request)))


async def update_application(request: web.Request) -> web.Response:
    """Changes what the form names."""
    account = request.app[SANDBOX].account
    application = _find(account, request)
    write_settings(application, await read_form(request, APPLICATION))
    return web.json_response(show_application(account, application))


async def delete_application(request: web.Request) -> web.Response:
    """Numbers that were with it fall back to their own URLs."""
    account = request.app[SANDBOX].account
    del account.applications[_find(account, request).sid]
    return web.Response(status=204)


def _find(account: Account, request: web.Request) -> Application:
    application = account.applications.get(request.match_info["Sid"])
    if application is None:
        raise RestError(404, 20404, request.path)
    return application
