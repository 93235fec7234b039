"""Whom a `<Dial>` rings, and with which caller shown."""

from collections.abc import Sequence

from bridge.sandbox.twilio.account import Account
from bridge.sandbox.twilio.calls.call import Call
from bridge.sandbox.twilio.calls.fetch import attribute_webhook
from bridge.sandbox.twilio.errors import TwimlError
from bridge.sandbox.twilio.legs import Leg, Subscription
from bridge.sandbox.twilio.numbers import is_emergency, normal_number
from bridge.sandbox.twilio.payloads import base_parameters
from bridge.sandbox.twilio.sids import new_sid
from bridge.sandbox.twilio.twiml import Element


def caller_shown(account: Account, leg: Leg, verb: Element) -> str:
    """The caller that the rung ones see; raises 13214 for one that may not be shown.

    https://www.twilio.com/docs/api/errors/13214: a browser needs a number of the account, a phone may
    also show the number that called or was called.
    """
    asked = verb.get("callerId")
    if all(noun.name == "Client" for noun in verb.children):
        return asked or leg.from_
    if leg.from_.startswith("client:"):
        if not account.may_show(asked):
            raise TwimlError(13214, asked or "none, and a browser calls")
        return asked
    if asked and asked not in {leg.from_, leg.to} and not account.may_show(asked):
        raise TwimlError(13214, asked)
    return asked or leg.from_


def address(account: Account, noun: Element) -> str:
    """What a noun dials; raises the code of why it cannot."""
    if noun.name == "Client":
        identity = next((child.text for child in noun.children if child.name == "Identity"), noun.text)
        if not identity:
            raise TwimlError(12200, "<Client> without an identity")
        return f"client:{identity}"
    number = normal_number(noun.text)
    if number is None and is_emergency(noun.text.strip(), account.home):
        return noun.text.strip()
    if number is None:
        raise TwimlError(13223, noun.text)
    if code := account.permissions.refusal(number):
        raise TwimlError(code, number)
    return number


def new_legs(call: Call, noun: Element, *, from_: str) -> list[Leg]:
    """A leg for each device behind a noun, or a single one for who has a script; known to the account."""
    to = address(call.account, noun)
    devices: Sequence[str | None] = call.account.devices.get(to) or [None]
    return [_new_leg(call, noun, from_=from_, to=to, device=device) for device in devices]


def _new_leg(call: Call, noun: Element, *, from_: str, to: str, device: str | None) -> Leg:
    leg = Leg(
        sid=new_sid("CA"),
        to=to,
        device=device,
        early_media=call.account.party(to).early_media,
        from_=from_,
        direction="outbound-dial",
        clock=call.leg.clock,
        started_at=call.now,
        parent_sid=call.leg.sid,
        subscription=_subscription(call, noun),
        parameters={c.get("name"): c.get("value") for c in noun.children if c.name == "Parameter"},
    )
    leg.base = base_parameters(leg, account_sid=call.account.sid, home=call.account.home)
    call.account.calls[leg.sid] = leg
    call.played.legs.append(leg)
    return leg


def _subscription(call: Call, noun: Element) -> Subscription | None:
    target = attribute_webhook(call, noun, "statusCallback")
    events = frozenset(noun.get("statusCallbackEvent", "completed").split())
    return Subscription(target, events) if target else None
