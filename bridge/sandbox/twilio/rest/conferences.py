"""`/Conferences`: list, fetch, end, announce. https://www.twilio.com/docs/voice/api/conference-resource"""

from collections.abc import Mapping

from aiohttp import web

from bridge.sandbox.twilio.account import Account
from bridge.sandbox.twilio.conferences import Conference
from bridge.sandbox.twilio.conferences.conference import ENDED_BY_API
from bridge.sandbox.twilio.effects import Request
from bridge.sandbox.twilio.errors import RestError
from bridge.sandbox.twilio.legs import Webhook
from bridge.sandbox.twilio.rest.app_keys import SANDBOX
from bridge.sandbox.twilio.rest.dates import date_filter
from bridge.sandbox.twilio.rest.forms import read_form, read_query
from bridge.sandbox.twilio.rest.known import CONFERENCE_FILTERS, UPDATE_CONFERENCE
from bridge.sandbox.twilio.rest.paging import page
from bridge.sandbox.twilio.rest.show import show_conference


async def list_conferences(request: web.Request) -> web.Response:
    """The newest first."""
    account = request.app[SANDBOX].account
    query = read_query(request, CONFERENCE_FILTERS)
    created, updated = date_filter(query, "DateCreated"), date_filter(query, "DateUpdated")
    found = [
        one
        for one in reversed(account.conferences.all())
        if _matches(one, query) and created(one.created) and updated(one.at)
    ]
    return page(
        request,
        found,
        name="conferences",
        sid=lambda one: one.sid,
        show=lambda one: show_conference(account, one),
    )


def _matches(conference: Conference, query: Mapping[str, str]) -> bool:
    fields = {"FriendlyName": conference.name, "Status": conference.status}
    return all(query.get(name, value) == value for name, value in fields.items())


async def fetch_conference(request: web.Request) -> web.Response:
    """One conference."""
    account = request.app[SANDBOX].account
    return web.json_response(show_conference(account, find_conference(account, request.match_info["Sid"])))


async def update_conference(request: web.Request) -> web.Response:
    """Ends it, or plays something to all who are in it."""
    sandbox = request.app[SANDBOX]
    form = await read_form(request, UPDATE_CONFERENCE)
    conference = find_conference(sandbox.account, request.match_info["Sid"])
    if conference.is_over:
        raise RestError(404, 20404, f"{conference.sid} is completed")
    if form.get("Status", "completed") != "completed":
        raise RestError(400, 20001, f"Status={form['Status']}")
    if (announced := announcement(form)) and conference.connected:
        sandbox.time_in(conference)
        first = conference.connected[0]
        first.announced.append((announced, True))
        sandbox.wake([first])
    if "Status" in form:
        sandbox.time_in(conference)
        sandbox.wake(conference.end("conference-ended-via-api", why=ENDED_BY_API))
    return web.json_response(show_conference(sandbox.account, conference))


def find_conference(account: Account, sid: str) -> Conference:
    """A conference of the account, over or not, or 20404."""
    conference = account.conferences.get(sid)
    if conference is None:
        raise RestError(404, 20404, sid)
    return conference


def announcement(form: Mapping[str, str]) -> Request | None:
    """The request for what an update wants played."""
    url = form.get("AnnounceUrl")
    return Request("announce", Webhook(url, form.get("AnnounceMethod", "POST")), {}) if url else None
