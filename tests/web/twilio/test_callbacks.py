"""Callbacks of Twilio's: signed, kept, and acknowledged only then."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from urllib.parse import urlencode

import pytest
from structlog.testing import capture_logs
from twilio.request_validator import RequestValidator

from bridge.calls.callback import PLACED_BY
from tests.web.conftest import AUTH_TOKEN, FORM, OLD_TOKEN, PUBLIC_URL, Bridge, OpenBridge, payload

STATUS = payload("browser-out-5-status-completed")
DIAL = payload("browser-out-6-dial-action")
EMPTY = "<Response />"


@pytest.mark.parametrize(
    ("path", "name", "kind", "status"),
    [
        ("/twilio/status", "browser-out-5-status-completed", "status", 204),
        ("/twilio/status?agent=1", "browser-out-5-status-completed", "status", 204),
        ("/twilio/status", "outbound-api-completed-amd", "status", 204),
        ("/twilio/recording", "browser-out-7-recording-completed", "recording", 204),
        ("/twilio/transcription", "voicemail-3-transcription", "transcription", 204),
        ("/twilio/voicemail", "voicemail-2-record-action", "voicemail", 200),
        ("/twilio/dial", "browser-out-6-dial-action", "dial", 200),
        ("/twiml/voice/status", "browser-out-6-dial-action", "dial", 200),
        ("/twiml/voice/status", "browser-out-5-status-completed", "status", 200),
    ],
)
async def test_kept_when_acknowledged(bridge: Bridge, path: str, name: str, kind: str, status: int) -> None:
    form = payload(name)
    answer = await bridge.twilio(path, form)
    added = {"Next": "end"} if kind == "voicemail" else {PLACED_BY: "1"} if "agent=1" in path else {}
    assert bridge.rows() == [(kind, form.get("ParentCallSid", form["CallSid"]), form | added)]
    assert answer.status == status
    assert answer.text.endswith(EMPTY if status == 200 else "")


async def test_what_detection_heard_is_kept_with_the_call_that_the_url_names(bridge: Bridge) -> None:
    root, leg = "CA" + "1" * 32, "CA" + "2" * 32
    heard = {"CallSid": leg, "AnsweredBy": "machine_start", "MachineDetectionDuration": "3500"}
    assert (await bridge.twilio(f"/twilio/machine?call={root}", heard)).status == 204
    told = {**heard, "ParentCallSid": root, "CallStatus": "in-progress"}
    assert bridge.rows() == [("status", root, told)]
    for url in ("/twilio/machine?call=another", "/twilio/machine?call=", "/twilio/machine"):
        assert (await bridge.twilio(url, heard)).status == 400


@pytest.mark.parametrize(
    ("name", "leg"),
    [
        ("conference-1-participant-join", None),
        ("conference-2-conference-start", None),
        ("conference-4-participant-leave", "CA" + "b" * 31 + "2"),
        ("conference-5-conference-end", None),
    ],
)
async def test_what_a_conference_reports_is_kept_with_the_call_of_its_name(
    bridge: Bridge, name: str, leg: str | None
) -> None:
    form = payload(name)
    assert (await bridge.twilio("/twilio/conference", form)).status == 204
    root = form["FriendlyName"]
    told = {**form, "CallSid": leg or root, "ParentCallSid": root if leg else ""}
    assert bridge.rows() == [("conference", root, told)]


@pytest.mark.parametrize(
    "wrong",
    [
        {"FriendlyName": "Weekly meeting"},
        {"FriendlyName": ""},
        {"CallSid": "CA1"},
        {"StatusCallbackEvent": ""},
    ],
)
async def test_what_is_no_conference_of_a_call_is_refused(bridge: Bridge, wrong: dict[str, str]) -> None:
    form = payload("conference-3-participant-hold")
    assert (await bridge.twilio("/twilio/conference", {**form, **wrong})).status == 400
    assert bridge.rows() == []


async def test_a_leg_that_joins_later_is_kept_with_the_call_that_the_url_names(bridge: Bridge) -> None:
    form = payload("outbound-api-completed-amd")
    root = "CA" + "d" * 32
    for url in (f"/twilio/status?joins={root}&as=ask-1", f"/twilio/status?joins={root}&as=ask-1"):
        assert (await bridge.twilio(url, form)).status == 204
    told = {**form, "ParentCallSid": root, "OfCall": root, "JoinedAs": "ask-1"}
    assert bridge.rows() == [("status", root, told)]
    assert (await bridge.twilio("/twilio/status?joins=another&as=ask-1", form)).status == 400


async def test_every_recorded_payload_of_a_call_is_one_call(bridge: Bridge) -> None:
    for n, name in enumerate(("2-status-initiated", "3-status-ringing", "4-status-in-progress"), start=1):
        assert (await bridge.twilio("/twilio/status", payload(f"browser-out-{name}"))).status == 204
        assert len(bridge.rows()) == n
    assert len({root_sid for _, root_sid, _ in bridge.rows()}) == 1


async def test_a_delivery_that_comes_again_is_one_row(bridge: Bridge) -> None:
    answers = await asyncio.gather(*(bridge.twilio("/twilio/status", STATUS) for _ in range(20)))
    assert {answer.status for answer in answers} == {204}
    assert len(bridge.rows()) == 1


@pytest.mark.parametrize(
    ("signed", "token", "status"),
    [
        (f"{PUBLIC_URL}/twilio/status", AUTH_TOKEN, 204),
        (f"{PUBLIC_URL}:443/twilio/status", AUTH_TOKEN, 204),
        (f"{PUBLIC_URL}/twilio/status", OLD_TOKEN, 204),
        (f"{PUBLIC_URL}/twilio/status", "another-token", 403),
        (f"{PUBLIC_URL}/twilio/status", "", 403),
        ("https://evil.example.com/twilio/status", AUTH_TOKEN, 403),
        ("http://phone.example.com/twilio/status", AUTH_TOKEN, 403),
        (f"{PUBLIC_URL}:8443/twilio/status", AUTH_TOKEN, 403),
        (f"{PUBLIC_URL}/twilio/recording", AUTH_TOKEN, 403),
        (f"{PUBLIC_URL}/twilio/status?a=1", AUTH_TOKEN, 403),
        (f"{PUBLIC_URL}/phone/twilio/status", AUTH_TOKEN, 403),
    ],
)
async def test_signature(bridge: Bridge, signed: str, token: str, status: int) -> None:
    assert (await bridge.twilio("/twilio/status", STATUS, signed=signed, token=token)).status == status
    assert len(bridge.rows()) == (status == 204)


TWILIOS_PATHS = [
    "/twilio/voice",
    "/twiml/voice",
    "/webhook/twiml-handler",
    "/twilio/fallback",
    "/twilio/dial",
    "/twiml/voice/status",
    "/twilio/status",
    "/twilio/recording",
    "/twilio/voicemail",
    "/twilio/transcription",
    "/twilio/machine?call=CA11111111111111111111111111111111",
]


@pytest.mark.parametrize("path", TWILIOS_PATHS)
@pytest.mark.parametrize("headers", [{}, {"X-Twilio-Signature": ""}, {"X-Twilio-Signature": "é"}])
async def test_nothing_is_taken_unsigned(bridge: Bridge, path: str, headers: dict[str, str]) -> None:
    answer = await bridge.post(path, data=urlencode({**STATUS, **DIAL}), headers={**FORM, **headers})
    assert (answer.status, bridge.rows()) == (403, [])


async def test_the_requests_own_host_says_nothing(bridge: Bridge) -> None:
    url = str(bridge.client.make_url("/twilio/status"))
    signature = RequestValidator(AUTH_TOKEN).compute_signature(url, STATUS)
    headers = {**FORM, "X-Twilio-Signature": signature, "X-Forwarded-Host": "phone.example.com"}
    assert (await bridge.post("/twilio/status", data=urlencode(STATUS), headers=headers)).status == 403


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"CallSid=\xff", FORM["Content-Type"], 400),
        ("&".join(f"a{n}=" for n in range(501)).encode(), FORM["Content-Type"], 400),
        (b"x=" + b"1" * 16 * 1024, FORM["Content-Type"], 403),
        (b"x=" + b"1" * 64 * 1024, FORM["Content-Type"], 413),
        (b"{}", "application/json", 415),
        (b"CallSid=CA1", "text/plain", 415),
        (b"CallSid=CA1", "application/octet-stream", 415),
        (b"", FORM["Content-Type"], 403),
    ],
)
async def test_body(bridge: Bridge, body: bytes, content_type: str, status: int) -> None:
    headers = {"Content-Type": content_type, "X-Twilio-Signature": "RSOYDt4T1cUTdK1PDd93/VVr8B8="}
    answer = await bridge.post("/twilio/status", data=body, headers=headers)
    assert (answer.status, bridge.rows()) == (status, [])


async def test_control_characters_are_left_out(bridge: Bridge) -> None:
    form = {**STATUS, "To": "+33\0\x1b[31m6\x7f", "Note": "a\r\n\tb é"}
    answer = await bridge.twilio("/twilio/status", form)
    ((_, _, kept),) = bridge.rows()
    assert (answer.status, kept["To"], kept["Note"]) == (204, "+33[31m6", "a\r\n\tb é")


async def test_a_second_signature_is_none(bridge: Bridge) -> None:
    right = RequestValidator(AUTH_TOKEN).compute_signature(f"{PUBLIC_URL}/twilio/status", STATUS)
    headers = [*FORM.items(), ("X-Twilio-Signature", right), ("X-Twilio-Signature", right)]
    answer = await bridge.post("/twilio/status", data=urlencode(STATUS), headers=headers)
    assert (answer.status, bridge.rows()) == (403, [])


@pytest.mark.parametrize(
    ("path", "change", "detail"),
    [
        ("/twilio/status", {"CallSid": "CA1"}, "CallSid is no call SID"),
        ("/twilio/status", {"CallSid": ""}, "CallSid is missing"),
        ("/twilio/status", {"CallStatus": ""}, "CallStatus is missing"),
        ("/twilio/status", {"CallStatus": "on fire"}, "CallStatus is none of Twilio's: 'on fire'"),
        ("/twilio/dial", {"ParentCallSid": "x"}, "ParentCallSid is no call SID"),
        ("/twilio/voice", {"CallSid": ""}, "CallSid is missing"),
    ],
)
async def test_a_form_that_says_too_little(
    bridge: Bridge, path: str, change: dict[str, str], detail: str
) -> None:
    answer = await bridge.twilio(path, {**STATUS, **change})
    assert (answer.status, answer.json["detail"], bridge.rows()) == (400, detail, [])


@pytest.mark.parametrize(("path", "change"), [("status", "CallStatus"), ("dial", "DialCallStatus")])
async def test_a_status_that_twilio_has_added_since_is_stored_and_logged(
    bridge: Bridge, path: str, change: str
) -> None:
    with capture_logs() as logged:
        answer = await bridge.twilio(f"/twilio/{path}", {**STATUS, change: "on-hold"})
    assert answer.status < 300
    assert len(bridge.rows()) == 1
    [line] = [each for each in logged if each["event"] == "callback.status_unknown"]
    assert line["status"] == "on-hold"


@asynccontextmanager
async def broken(database: Path) -> AsyncIterator[None]:
    """As after a migration that failed half-way: the table is not where it was."""
    with closing(sqlite3.connect(database, isolation_level=None, check_same_thread=False)) as connection:
        connection.execute("alter table callbacks rename to elsewhere")
        try:
            yield
        finally:
            # A write of the bridge that goes on meanwhile needs the event loop to end.
            await asyncio.to_thread(connection.execute, "alter table elsewhere rename to callbacks")


@pytest.mark.parametrize(("path", "form"), [("/twilio/status", STATUS), ("/twilio/dial", DIAL)])
async def test_what_cannot_be_kept_is_not_acknowledged(
    bridge: Bridge, path: str, form: dict[str, str]
) -> None:
    async with broken(bridge.database):
        assert (await bridge.twilio(path, form)).status == 503
    assert bridge.rows() == []
    assert (await bridge.twilio(path, form)).status in (200, 204)
    assert len(bridge.rows()) == 1


async def test_a_call_goes_out_although_nothing_can_be_kept(bridge: Bridge) -> None:
    async with broken(bridge.database):
        answer = await bridge.twilio("/twilio/voice", payload("browser-out-1-voice-request"))
        assert (answer.status, "<Dial" in answer.text) == (200, True)


@pytest.mark.slow
async def test_a_locked_database_is_told_in_time_for_a_retry(bridge: Bridge) -> None:
    with closing(sqlite3.connect(bridge.database, isolation_level=None)) as connection:
        connection.execute("begin immediate")
        async with asyncio.timeout(14):
            assert (await bridge.twilio("/twilio/status", STATUS)).status == 503
        connection.execute("rollback")
    assert (await bridge.twilio("/twilio/status", STATUS)).status == 204
    assert len(bridge.rows()) == 1


@pytest.mark.parametrize("prefix", ["/phone", "/a/b", "/twilio", "/api/twilio", "/webhook", "/twiml"])
@pytest.mark.parametrize("stripped", [True, False])
async def test_under_a_path(open_bridge: OpenBridge, prefix: str, stripped: bool) -> None:
    bridge = await open_bridge(server={"public_url": f"https://crm.example.com{prefix}"})
    signed = f"https://crm.example.com{prefix}/twilio/status?a=1"
    form, path = urlencode(STATUS), ("" if stripped else prefix) + "/twilio/status?a=1"
    signature = RequestValidator(AUTH_TOKEN).compute_signature(signed, STATUS)
    async with bridge.client.post(
        path, data=form, headers={**FORM, "X-Twilio-Signature": signature}
    ) as answer:
        assert answer.status == 204
    assert len(bridge.rows()) == 1


async def test_a_path_of_the_public_url_is_part_of_what_is_signed(open_bridge: OpenBridge) -> None:
    bridge = await open_bridge(server={"public_url": "https://crm.example.com/phone"})
    signed = "https://crm.example.com/twilio/status"
    assert (await bridge.twilio("/twilio/status", STATUS, signed=signed)).status == 403
