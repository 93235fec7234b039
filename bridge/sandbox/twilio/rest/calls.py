"""`/Calls`: list, fetch, create, update. https://www.twilio.com/docs/voice/api/call-resource"""

from collections.abc import Mapping
from dataclasses import replace

from aiohttp import web

from bridge.sandbox.twilio.account import Account
from bridge.sandbox.twilio.effects import Request
from bridge.sandbox.twilio.errors import RestError
from bridge.sandbox.twilio.legs import Leg, Subscription, Webhook
from bridge.sandbox.twilio.numbers import normal_number
from bridge.sandbox.twilio.rest.app_keys import SANDBOX
from bridge.sandbox.twilio.rest.dates import date_filter
from bridge.sandbox.twilio.rest.forms import read_form, read_list, read_query
from bridge.sandbox.twilio.rest.known import CALL_FILTERS, CREATE_CALL, UPDATE_CALL
from bridge.sandbox.twilio.rest.paging import page
from bridge.sandbox.twilio.rest.show import rest_status, show_call
from bridge.sandbox.twilio.sandbox import TwilioSandbox
from bridge.sandbox.twilio.twiml import Document, parse_document


async def list_calls(request: web.Request) -> web.Response:
    """The newest first."""
    account = request.app[SANDBOX].account
    query = read_query(request, CALL_FILTERS)
    started, ended = date_filter(query, "StartTime"), date_filter(query, "EndTime")
    legs = [
        leg
        for leg in reversed(account.calls.values())
        if _matches(leg, query) and started(leg.started) and ended(leg.ended)
    ]
    return page(
        request, legs, name="calls", sid=lambda leg: leg.sid, show=lambda leg: show_call(account, leg)
    )


def _matches(leg: Leg, query: Mapping[str, str]) -> bool:
    fields = {"To": leg.to, "From": leg.from_, "ParentCallSid": leg.parent_sid, "Status": rest_status(leg)}
    return all(query.get(name, value) == value for name, value in fields.items())


def find_leg(account: Account, sid: str) -> Leg:
    """A call of the account, or 20404."""
    leg = account.calls.get(sid)
    if leg is None:
        raise RestError(404, 20404, sid)
    return leg


async def fetch_call(request: web.Request) -> web.Response:
    """One call."""
    account = request.app[SANDBOX].account
    return web.json_response(show_call(account, find_leg(account, request.match_info["Sid"])))


async def create_call(request: web.Request) -> web.Response:
    """Has a party rung; the call goes on by itself."""
    sandbox = request.app[SANDBOX]
    form = await read_form(request, CREATE_CALL)
    to = callee(sandbox.account, form)
    leg = sandbox.call_from_api(
        to=to,
        from_=shown_caller(sandbox.account, form, to=to),
        step=_step(sandbox, form),
        subscription=status_subscription(form, await read_list(request, "StatusCallbackEvent")),
        timeout=float(form.get("Timeout", 60)),
        detection=form.get("MachineDetection", ""),
    )
    return web.json_response(show_call(sandbox.account, leg), status=201)


def callee(account: Account, form: Mapping[str, str]) -> str:
    """Who is to be rung; raises RestError for a number that cannot be called."""
    to = form.get("To", "")
    if not to:
        raise RestError(400, 21201)
    if to.startswith("client:"):
        return to
    number = normal_number(to)
    if number is None:
        raise RestError(400, 21211, to)
    if refused := account.permissions.refusal(number):
        raise RestError(400, {13224: 21211, 13225: 21216, 13227: 21215}[refused], number)
    return number


def shown_caller(account: Account, form: Mapping[str, str], *, to: str) -> str:
    """Who is shown as the caller; browsers see browsers, too. Raises RestError for a number of others."""
    from_ = form.get("From", "")
    if not from_:
        raise RestError(400, 21213)
    if from_.startswith("client:") and to.startswith("client:"):
        return from_
    if not account.may_show(from_):
        raise RestError(400, 21210, from_)
    return from_


LONGEST_TWIML = 4000
"""Characters. https://www.twilio.com/docs/api/errors/32018"""


def _step(sandbox: TwilioSandbox, form: Mapping[str, str]) -> Request | Document:
    if len(form.get("Twiml", "")) > LONGEST_TWIML:
        raise RestError(400, 32018)
    if form.get("Twiml") and not form.get("Url"):
        return replace(parse_document(form["Twiml"]), text=form["Twiml"])
    url, method = form.get("Url", ""), form.get("Method", "POST")
    if application_sid := form.get("ApplicationSid"):
        application = sandbox.account.applications.get(application_sid)
        if application is None:
            raise RestError(400, 21218, application_sid)
        url, method = application.voice_url or "", application.voice_method
    if not url:
        raise RestError(400, 21205, "Url, Twiml or ApplicationSid is needed")
    return Request("voice", Webhook(url, method), {})


def status_subscription(form: Mapping[str, str], events: list[str]) -> Subscription | None:
    """Who is told about the call; without events of its end alone."""
    url = form.get("StatusCallback")
    if not url:
        return None
    webhook = Webhook(url, form.get("StatusCallbackMethod", "POST"))
    return Subscription(webhook, frozenset(events or ["completed"]))


async def update_call(request: web.Request) -> web.Response:
    """Ends a running call, or sends it elsewhere."""
    sandbox = request.app[SANDBOX]
    form = await read_form(request, UPDATE_CALL)
    leg = find_leg(sandbox.account, request.match_info["Sid"])
    if form.get("Status") == "completed" or (form.get("Status") == "canceled" and leg.answered_at is None):
        sandbox.command(leg, None)
    elif "Url" in form or "Twiml" in form:
        if leg.answered_at is None:
            raise RestError(400, 21220, leg.sid)
        step = _step(sandbox, form)
        if isinstance(step, Request):
            step = Request("redirect", step.webhook, {**leg.base, "CallStatus": leg.status})
        sandbox.command(leg, step)
    return web.json_response(show_call(sandbox.account, leg))
