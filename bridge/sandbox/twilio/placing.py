"""Placing a call: its leg, its first request, and who is told of its end."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from bridge.sandbox.twilio.account import Account, Application, PhoneNumber, VoiceSettings
from bridge.sandbox.twilio.calls import Call, PlayedCall
from bridge.sandbox.twilio.effects import Request
from bridge.sandbox.twilio.legs import Leg, Subscription, Webhook
from bridge.sandbox.twilio.parties import Caller
from bridge.sandbox.twilio.payloads import base_parameters
from bridge.sandbox.twilio.sids import new_sid
from bridge.sandbox.twilio.times import Clock


def place_from_browser(
    account: Account, application: Application, *, identity: str, to: str, caller: Caller, now: datetime
) -> Call:
    """A browser calls out through an application."""
    leg = _leg(to=to, from_=f"client:{identity}", now=now)
    leg.base = base_parameters(
        leg, account_sid=account.sid, home=account.home, application_sid=application.sid
    )
    return _call(account, leg, application, caller)


def place_from_phone(
    account: Account, number: PhoneNumber, *, from_: str, caller: Caller, now: datetime
) -> Call:
    """Somebody calls one of our numbers."""
    leg = _leg(to=number.phone_number, from_=from_, now=now)
    leg.base = base_parameters(leg, account_sid=account.sid, home=account.home)
    return _call(account, leg, account.voice_settings(number), caller)


def place_from_api(
    account: Account, *, to: str, from_: str, subscription: Subscription | None, now: datetime
) -> Call:
    """The REST API has a party rung."""
    leg = replace(_leg(to=to, from_=from_, now=now), direction="outbound-api", status="queued")
    leg.subscription = subscription
    leg.base = base_parameters(leg, account_sid=account.sid, home=account.home)
    return _register(account, leg, Caller())


def voice_request(call: Call, settings: VoiceSettings, parameters: Mapping[str, str]) -> Request:
    """The first request; what the browser sends along can add to Twilio's parameters, not replace them."""
    webhook = Webhook(settings.voice_url or "", settings.voice_method)
    return Request("voice", webhook, {**parameters, **call.parameters()})


def _leg(*, to: str, from_: str, now: datetime) -> Leg:
    return Leg(sid=new_sid("CA"), to=to, from_=from_, direction="inbound", clock=Clock(now), status="ringing")


def _call(account: Account, leg: Leg, settings: VoiceSettings, caller: Caller) -> Call:
    if settings.status_callback:
        leg.subscription = Subscription(Webhook(settings.status_callback, settings.status_callback_method))
    call = _register(account, leg, caller)
    if settings.voice_fallback_url:
        call.fallback = Webhook(settings.voice_fallback_url, settings.voice_fallback_method)
    return call


def _register(account: Account, leg: Leg, caller: Caller) -> Call:
    account.calls[leg.sid] = leg
    return Call(account=account, leg=leg, played=PlayedCall(leg.sid, leg.direction), caller=caller)
