"""What Twilio's debugger would say of a document, by its codes."""

from typing import Any

import pytest
from aiohttp import web

from bridge.sandbox.twilio import PlayedCall, TwilioSandbox
from bridge.sandbox.twilio.permissions import Permission
from tests.sandbox.twilio.support import Answer, App

MOBILE = "+33612345678"
OWN = "+33159130001"


def codes(played: PlayedCall) -> list[int]:
    return [code for code, _ in played.errors]


@pytest.mark.parametrize(
    ("twiml", "expected"),
    [
        ("<Dail/>", [12200]),
        ("<dial/>", [12200]),
        ("<Say>Hi</Say>loose text", [12200]),
        ("<Say voices='alice'>Hi</Say>", [12200]),
        ("<Say><Number>1</Number></Say>", [12200]),
        ("<Say/>", [13520]),
        ("<Pause length='soon'/>", [13910]),
        ("<Redirect method='PUT'>/dial</Redirect>", [13710]),
        ("<Record playBeep='yes'/>", [13616]),
        ("<Record maxLength='1'/>", [13612]),
        ("<Gather/>", [0]),
        (f"<Dial><Say>Hi</Say><Number>{MOBILE}</Number></Dial>", [13215]),
        (f"<Dial timeout='soon'>{MOBILE}</Dial>", [13212]),
        (f"<Dial timeout='1000'>{MOBILE}</Dial>", [13212]),
        (f"<Dial timeLimit='0'>{MOBILE}</Dial>", [13216]),
        (f"<Dial record='always'>{MOBILE}</Dial>", [13217]),
        (f"<Dial method='PUT'>{MOBILE}</Dial>", [13210]),
        (f"<Dial callerID='{OWN}'>{MOBILE}</Dial>", [12200]),
        (f"<Dial><Number method='PUT'>{MOBILE}</Number></Dial>", [13221]),
        (f"<Dial><Number statusCallbackEvent='answer'>{MOBILE}</Number></Dial>", [12200]),
        ("<Dial>0612345678901</Dial>", [13223]),
        ("<Dial>bob</Dial>", [13223]),
        ("<Dial>+3361234</Dial>", [13224]),
        ("<Dial>+33899123456</Dial>", [13225]),
        ("<Dial><Client/></Dial>", [12200]),
        ("<Dial><Client><Name>bob</Name></Client></Dial>", [12200, 12200]),
        ("<Dial><Queue>room</Queue></Dial>", [0]),
        ("<Dial>" + "<Client>bob</Client>" * 11 + "</Dial>", [12200]),
        ("<Dial callerId='+33612000000'>" + MOBILE + "</Dial>", [13214]),
        (f"<Dial>{MOBILE}</Dial>", []),
        ("<Dial>415-555-1212</Dial>", []),
    ],
)
async def test_documents(app: App, sandbox: TwilioSandbox, twiml: str, expected: list[int]) -> None:
    app.on("/voice", f"<Response>{twiml}</Response>")
    played = await sandbox.call_from_phone("+33698765432")
    assert codes(played) == expected
    assert played.status == "completed"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("<Response", 12100),
        ("", 12100),
        ("<Twiml/>", 12102),
        (web.Response(text="<Response/>", content_type="application/json"), 12300),
        (web.Response(status=204), 12300),
        (web.Response(text="<Response/>", status=500, content_type="text/xml"), 11200),
        (web.Response(status=302, headers={"Location": "/dial"}), 11200),
        (f"<Response><Say>{'x' * 65536}</Say></Response>", 11750),
    ],
)
async def test_answers_that_cannot_be_run(
    app: App, sandbox: TwilioSandbox, answer: Answer, expected: int
) -> None:
    app.on("/voice", answer)
    played = await sandbox.call_from_phone(MOBILE)
    assert codes(played) == [expected]
    assert played.spoken == ["We are sorry, an application error has occurred. Goodbye."]


async def test_the_fallback_is_asked_with_what_went_wrong(app: App, sandbox: TwilioSandbox) -> None:
    app.on("/voice", "<Response")
    app.on("/fallback", "<Response><Say>Plan B</Say></Response>")
    sandbox.voice_fallback_url = f"{app.url}/fallback"
    played = await sandbox.call_from_phone(MOBILE)
    [fallback] = app.got("/fallback")
    assert (fallback["ErrorCode"], fallback["ErrorUrl"]) == ("12100", f"{app.url}/voice")
    assert played.spoken == ["Plan B"]


async def test_a_fallback_that_fails_too_ends_the_call(app: App, sandbox: TwilioSandbox) -> None:
    app.on("/voice", web.Response(status=500))
    app.on("/fallback", web.Response(status=500))
    sandbox.voice_fallback_url = f"{app.url}/fallback"
    assert codes(await sandbox.call_from_phone(MOBILE)) == [11200, 11200]


@pytest.mark.parametrize("content_type", ["text/xml", "application/xml; charset=utf-8", "text/html"])
async def test_types_that_are_twiml(app: App, sandbox: TwilioSandbox, content_type: str) -> None:
    app.on("/voice", web.Response(text="<Response/>", headers={"Content-Type": content_type}))
    assert codes(await sandbox.call_from_phone(MOBILE)) == []


async def test_plain_text_is_said(app: App, sandbox: TwilioSandbox) -> None:
    app.on("/voice", web.Response(text="Good evening"))
    assert (await sandbox.call_from_phone(MOBILE)).spoken == ["Good evening"]


@pytest.mark.parametrize(
    ("shown", "expected"),
    [({}, [13214]), ({"callerId": "+33600000000"}, [13214]), ({"callerId": "client:bob"}, [13214])]
    + [({"callerId": number}, []) for number in (OWN, "+33159130009")],
)
async def test_what_a_browser_may_show(
    app: App, sandbox: TwilioSandbox, shown: Any, expected: list[int]
) -> None:
    sandbox.account.verified.add("+33159130009")
    app.dial(f"<Number>{MOBILE}</Number>", action="/dial", **shown)
    played = await sandbox.call_from_browser("bob", MOBILE)
    assert codes(played) == expected
    [action] = app.got("/dial")
    assert action["DialCallStatus"] == ("failed" if expected else "no-answer")
    assert ("DialCallSid" in action) is not bool(expected)


@pytest.mark.parametrize("shown", ["+33698765432", OWN])
async def test_a_phone_may_show_who_called_or_was_called(
    app: App, sandbox: TwilioSandbox, shown: Any
) -> None:
    app.dial(f"<Number>{MOBILE}</Number>", callerId=shown)
    played = await sandbox.call_from_phone("+33698765432")
    assert codes(played) == []
    assert played.legs[0].from_ == shown


async def test_a_browser_that_calls_a_browser_needs_no_number(app: App, sandbox: TwilioSandbox) -> None:
    app.dial("<Client>alice</Client>")
    played = await sandbox.call_from_browser("bob", "alice")
    assert codes(played) == []
    assert played.legs[0].from_ == "client:bob"


async def test_countries_that_are_not_permitted(app: App, sandbox: TwilioSandbox) -> None:
    sandbox.account.permissions.countries["DE"] = Permission(low_risk=False)
    app.dial("<Number>+4915112345678</Number><Number>+33612345678</Number>", callerId=OWN)
    played = await sandbox.call_from_browser("bob", MOBILE)
    assert codes(played) == [13227]
    assert [leg.to for leg in played.legs] == ["+33612345678"]
