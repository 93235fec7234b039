"""What to do with a call: the TwiML that Twilio gets, and what is kept of the request."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from twilio.request_validator import RequestValidator

from bridge.calls.callback import Kind
from bridge.calls.texts import FRENCH
from bridge.inbox.store import open_inbox
from bridge.observability import metrics
from bridge.twilio import forms
from bridge.twilio.binding import AGENT, Binding
from bridge.twilio.signature import SIGNATURE_SETTINGS
from tests.support import eventually
from tests.web.conftest import AUTH_TOKEN, FORM, OLD_TOKEN, PUBLIC_URL, Bridge, OpenBridge, payload
from tests.web.hostile.dialling import MADE_UP

OUT = payload("browser-out-1-voice-request")
ALIASES = ["/twilio/voice", "/twiml/voice", "/webhook/twiml-handler"]


async def kept(bridge: Bridge) -> list[tuple[str, str, dict[str, str]]]:
    """The rows, once there are some: TwiML does not wait for the disk."""
    await eventually(lambda: bool(bridge.rows()))
    return bridge.rows()


@pytest.mark.parametrize("path", ALIASES)
async def test_aliases(bridge: Bridge, path: str) -> None:
    answer = await bridge.twilio(path, OUT)
    (dial,) = ET.fromstring(answer.text)
    assert dial.attrib["action"] == "https://phone.example.com/twilio/dial#rc=5&rp=all"
    assert await kept(bridge) == [("voice", OUT["CallSid"], OUT)]


@pytest.mark.parametrize("to", ["+33612345678", "+9607771234"])
async def test_what_a_page_makes_up_is_not_kept(bridge: Bridge, to: str) -> None:
    asked = {**OUT, "To": to, "CallerId": "+33159130001"}
    await bridge.twilio("/twilio/voice", {**asked, **MADE_UP, "Reason": "none", "Agent": "bob"})
    ((_, sid, parameters),) = await kept(bridge)
    assert sid == OUT["CallSid"]
    assert parameters.items() - {"Reason": parameters.get("Reason")}.items() == asked.items()
    assert parameters.get("Reason") in (None, "country")


async def test_nobody_else_says_what_the_bridge_answered(bridge: Bridge) -> None:
    told = payload("browser-out-5-status-completed")
    await bridge.twilio("/twilio/status", {**told, "Next": "end", "Step": "1", "CallDirection": "inbound"})
    assert bridge.rows() == [("status", told["ParentCallSid"], told)]


@pytest.mark.parametrize(("to", "verbs"), [("", ["Play", "Pause"]), ("+33612345678", ["Dial"])])
async def test_a_test_call_hears_nothing_and_one_to_a_number_is_none(
    bridge: Bridge, to: str, verbs: list[str]
) -> None:
    answer = await bridge.twilio("/twilio/voice", {**OUT, "To": to, "Preflight": "true"})
    assert [verb.tag for verb in ET.fromstring(answer.text)] == verbs
    assert [kind for kind, *_ in await kept(bridge)] == ["voice"]


@pytest.mark.parametrize(
    ("to", "noun", "dialled", "caller_id"),
    [
        ("0612345678", "Number", "+33612345678", "+33159130001"),
        ("06 12 34 56 78", "Number", "+33612345678", "+33159130001"),
        ("+33612345678", "Number", "+33612345678", "+33159130001"),
        ("client:bob", "Client", "bob", "client:agent1"),
        ("client:jane.doe", "Client", "jane_doe", "client:agent1"),
        ("client:<Hangup/>", "Client", "_Hangup__", "client:agent1"),
    ],
)
async def test_dialled(bridge: Bridge, to: str, noun: str, dialled: str, caller_id: str) -> None:
    answer = await bridge.twilio("/twilio/voice", {**OUT, "To": to})
    (dial,) = ET.fromstring(answer.text)
    (child,) = dial
    assert (child.tag, child.text, dial.attrib["callerId"]) == (noun, dialled, caller_id)
    assert (
        child.attrib["statusCallback"] == "https://phone.example.com/twilio/status?agent=agent1#rc=5&rp=all"
    )
    assert [kind for kind, *_ in await kept(bridge)] == ["voice"]


@pytest.mark.parametrize(
    ("to", "reason"),
    [
        ("", "invalid"),
        ("garbage", "invalid"),
        ("anonymous", "invalid"),
        ("+99912345678", "invalid"),
        ("client:", "invalid"),
        ("sip:a@b.example", "invalid"),
        ("+33612345678<x>", "invalid"),
        ("+12125551234", "country"),
        ("+8816123456789", "country"),
        ("0899123456", "special"),
        ("+33159130099", "denied"),
        ("112", "emergency"),
        ("12", "short"),
        ("*31#0612345678", "short"),
    ],
)
async def test_a_number_that_is_not_dialled_is_spoken_about_counted_and_kept(
    open_bridge: OpenBridge, to: str, reason: str
) -> None:
    bridge = await open_bridge(dialling={"deny": ("+331591300",)})
    refused, dialled = metrics.NUMBERS_REFUSED.count(reason), metrics.TWIML.count("dialled")
    answer = await bridge.twilio("/twilio/voice", {**OUT, "To": to})
    say, hangup = ET.fromstring(answer.text)
    assert (say.text, say.attrib, hangup.tag) == (getattr(FRENCH, reason), {"language": "fr-FR"}, "Hangup")
    assert await kept(bridge) == [("refused", OUT["CallSid"], {**OUT, "To": to, "Reason": reason})]
    assert (metrics.NUMBERS_REFUSED.count(reason), metrics.TWIML.count("dialled")) == (refused + 1, dialled)


def call(number: int, **changes: str) -> dict[str, str]:
    return {**OUT, "CallSid": f"CA{number:032}", **changes}


async def said(bridge: Bridge, form: dict[str, str]) -> str | None:
    """What the caller hears, or None where somebody is dialled."""
    answer = await bridge.twilio("/twilio/voice", form)
    return ET.fromstring(answer.text).findtext("Say")


async def test_the_number_that_is_shown(open_bridge: OpenBridge) -> None:
    bridge = await open_bridge(
        dialling={"caller_ids": ("+33159130002",), "own_caller_ids": {"jane": ("+33159130003",)}}
    )
    shown = []
    for number, changes in enumerate(
        [{}, {"CallerId": "+33159130002"}, {"CallerId": "0159130002"}, {"From": "client:jane"}]
    ):
        answer = await bridge.twilio("/twilio/voice", call(number, **changes))
        shown.append(ET.fromstring(answer.text)[0].attrib["callerId"])
    assert shown == ["+33159130001", "+33159130002", "+33159130002", "+33159130003"]
    for stolen in ({"CallerId": "+33159130003"}, {"From": "client:jane", "CallerId": "+33159130001"}):
        assert await said(bridge, call(9, **stolen)) == FRENCH.caller_id


async def test_an_emergency_number_where_it_is_allowed(open_bridge: OpenBridge) -> None:
    bridge = await open_bridge(dialling={"emergency": True, "calls_an_hour": 0})
    answer = await bridge.twilio("/twilio/voice", {**OUT, "To": "112"})
    assert [number.text for number in ET.fromstring(answer.text).iter("Number")] == ["112"]


async def test_one_call_too_many(open_bridge: OpenBridge) -> None:
    bridge = await open_bridge(dialling={"agent_calls_a_minute": 2})
    assert [await said(bridge, call(1)), await said(bridge, call(2))] == [None, None]
    assert await said(bridge, call(3)) == FRENCH.agent_limit
    # Twilio asks again: it is the same call.
    assert [await said(bridge, call(n)) for n in (1, 2, 3)] == [None, None, FRENCH.agent_limit]
    assert await said(bridge, call(4, From="client:jane")) is None
    assert await said(bridge, call(5, To="", Preflight="true")) == FRENCH.agent_limit
    assert await said(bridge, call(6, From="client:jane", To="", Preflight="true")) is None


async def test_a_call_that_is_over_makes_room(open_bridge: OpenBridge) -> None:
    bridge = await open_bridge(dialling={"agent_calls_at_once": 1})
    assert await said(bridge, call(1)) is None
    assert await said(bridge, call(2)) == FRENCH.at_once
    await bridge.twilio("/twilio/dial", call(1, DialCallStatus="busy"))
    assert await said(bridge, call(3)) is None


async def test_a_restart_forgets_no_limit(open_bridge: OpenBridge, tmp_path: Path) -> None:
    async with open_inbox(f"sqlite+aiosqlite:///{tmp_path / 'bridge.db'}") as inbox:
        form = call(1)
        before = forms.callback(Kind.VOICE, "/twilio/voice", form, received_at=datetime.now(UTC))
        await inbox.store(before)
    bridge = await open_bridge(dialling={"agent_calls_a_minute": 1})
    assert await said(bridge, call(2)) == FRENCH.agent_limit
    assert await said(bridge, form) is None


async def test_a_request_of_yesterday_that_is_sent_again_stands_in_nobodys_way(
    open_bridge: OpenBridge, tmp_path: Path
) -> None:
    yesterday = datetime.now(UTC) - timedelta(days=1)
    async with open_inbox(f"sqlite+aiosqlite:///{tmp_path / 'bridge.db'}") as inbox:
        await inbox.store(forms.callback(Kind.VOICE, "/twilio/voice", call(1), received_at=yesterday))
    bridge = await open_bridge(dialling={"agent_calls_at_once": 1, "agent_calls_a_minute": 1})
    assert await said(bridge, call(1)) is None
    # What is kept later is kept after it.
    await bridge.twilio("/twilio/status", {**OUT, "CallSid": f"CA{5:032}"})
    assert await said(bridge, call(2)) is None
    assert await said(bridge, call(3)) == FRENCH.at_once


async def test_a_script_is_not_spoken_to(open_bridge: OpenBridge) -> None:
    bridge = await open_bridge(dialling={"agent_calls_an_hour": 2})
    answers = [await bridge.twilio("/twilio/voice", call(n, To="12")) for n in range(4)]
    assert [ET.fromstring(answer.text)[0].tag for answer in answers] == ["Say", "Say", "Reject", "Reject"]
    await eventually(lambda: len(bridge.rows()) == 4)
    assert {kind for kind, *_ in bridge.rows()} == {"refused"}


async def test_own_words(open_bridge: OpenBridge) -> None:
    bridge = await open_bridge(
        voice={"language": "de-DE", "texts": {"de-DE": {"invalid": "Kein <Anschluss>."}}}
    )
    answer = await bridge.twilio("/twilio/voice", {**OUT, "To": "garbage"})
    say, _ = ET.fromstring(answer.text)
    assert (say.text, say.attrib) == ("Kein <Anschluss>.", {"language": "de-DE"})


@pytest.mark.parametrize(("region", "dialled"), [(None, "+33612345678"), ("IT", "+390612345678")])
async def test_region(open_bridge: OpenBridge, region: str | None, dialled: str) -> None:
    bridge = await open_bridge(voice={"region": region})
    answer = await bridge.twilio("/twilio/voice", {**OUT, "To": "0612345678"})
    assert [number.text for number in ET.fromstring(answer.text).iter("Number")] == [dialled]


async def test_where_the_voice_url_failed_the_caller_hears_an_apology(bridge: Bridge) -> None:
    answer = await bridge.twilio("/twilio/fallback", {**OUT, "ErrorCode": "11200"})
    say, _ = ET.fromstring(answer.text)
    assert say.text == FRENCH.unavailable


ALICE, BOB = (Binding([AUTH_TOKEN]).parameters(identity) for identity in ("alice", "bob"))


@pytest.mark.parametrize(
    ("foreign", "carried", "heard"),
    [
        ("accept", ALICE, None),
        ("accept", {}, None),
        ("accept", BOB, FRENCH.not_signed_in),
        ("accept", {**BOB, AGENT: "alice"}, FRENCH.not_signed_in),
        ("accept", {AGENT: "alice"}, FRENCH.not_signed_in),
        ("refuse", ALICE, None),
        ("refuse", Binding([OLD_TOKEN]).parameters("alice"), None),
        ("refuse", {}, FRENCH.not_signed_in),
        ("refuse", BOB, FRENCH.not_signed_in),
    ],
)
async def test_nobody_calls_as_another_agent(
    open_bridge: OpenBridge, foreign: str, carried: dict[str, str], heard: str | None
) -> None:
    bridge = await open_bridge(tokens={"foreign": foreign})
    before = metrics.FOREIGN_TOKENS.count()
    assert await said(bridge, call(1, From="client:alice", **carried)) == heard
    ((kind, _, form),) = await kept(bridge)
    assert (kind, form.get("Reason")) == (("refused", "not_signed_in") if heard else ("voice", None))
    assert metrics.FOREIGN_TOKENS.count() - before == (1 if foreign == "accept" and not carried else 0)


async def test_without_an_auth_token_shared_keys_prove_whose_token_it_is(open_bridge: OpenBridge) -> None:
    """So that a new API key ends no token of before; while one is rotated, both keys count."""
    keys = {"webhooks_sharedkey_b": "the new key", "webhooks_sharedkey_a": "the old key"}
    bridge = await open_bridge(twilio={"auth_token": (), "shared_keys": keys})
    for number, (secret, heard) in enumerate(
        {"the new key": None, "the old key": None, AUTH_TOKEN: FRENCH.not_signed_in}.items()
    ):
        form = call(number, From="client:alice", **Binding([secret]).parameters("alice"))
        url = f"{PUBLIC_URL}/twilio/voice"
        signature = RequestValidator("the new key").compute_signature(url, form)
        headers = {**FORM, "X-Twilio-Signature": signature, SIGNATURE_SETTINGS: "key=webhooks_sharedkey_b"}
        answer = await bridge.post("/twilio/voice", data=form, headers=headers)
        assert ET.fromstring(answer.text).findtext("Say") == heard
