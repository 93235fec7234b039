"""The sandbox knows exactly the attributes that Twilio's own library can write."""

import inspect
from collections.abc import Callable
from typing import Any

import pytest
from twilio.twiml import lower_camel
from twilio.twiml.voice_response import Client, Dial, Number, VoiceResponse

from bridge.sandbox.twilio.twiml import schema


def attributes(method: Callable[..., Any], *content: str) -> set[str]:
    """The attributes of an element, from the parameters of the method that writes it."""
    parameters = set(inspect.signature(method).parameters) - {"self", "kwargs", *content}
    return {lower_camel(name) for name in parameters}


@pytest.mark.parametrize(
    ("known", "method", "content"),
    [
        (schema.VERBS["Dial"], VoiceResponse.dial, ("number",)),
        (schema.VERBS["Say"], VoiceResponse.say, ("message",)),
        (schema.VERBS["Play"], VoiceResponse.play, ("url",)),
        (schema.VERBS["Pause"], VoiceResponse.pause, ()),
        (schema.VERBS["Record"], VoiceResponse.record, ()),
        (schema.VERBS["Redirect"], VoiceResponse.redirect, ("url",)),
        (schema.VERBS["Reject"], VoiceResponse.reject, ()),
        (schema.VERBS["Hangup"], VoiceResponse.hangup, ()),
        (schema.NOUNS["Number"], Dial.number, ("phone_number",)),
        (schema.NOUNS["Client"], Dial.client, ("identity",)),
        (schema.NOUNS["Conference"], Dial.conference, ("name",)),
        (schema.CLIENT_DATA["Identity"], Client.identity, ("client_identity",)),
        (schema.CLIENT_DATA["Parameter"], Client.parameter, ()),
    ],
)
def test_attributes(known: dict[str, object], method: Callable[..., Any], content: Any) -> None:
    assert set(known) == attributes(method, *content)


def test_verbs_and_nouns() -> None:
    library = {name for name, _ in inspect.getmembers(VoiceResponse, inspect.isfunction)}
    verbs = {name.lower() for name in {*schema.VERBS, *schema.NOT_RUN}}
    assert verbs == {name for name in library if not name.startswith("_")} - inherited(VoiceResponse)
    nouns = {name.lower() for name in {*schema.NOUNS, *schema.NOUNS_NOT_RUN}}
    written = {name.replace("_", "") for name, _ in inspect.getmembers(Dial, inspect.isfunction)}
    assert nouns == {name for name in written if name.islower() and name != "init"} - inherited(Dial)


def inherited(element: type) -> set[str]:
    base = {name for name, _ in inspect.getmembers(Number, inspect.isfunction)}
    return base | {name.replace("_", "") for name in base} | {element.__name__}
