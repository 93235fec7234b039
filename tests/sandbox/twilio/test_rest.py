"""The REST API: what is asked and answered is valid by Twilio's own description of it."""

import io
import json
import re
import wave
from array import array
from typing import Any

import aiohttp
import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.sandbox.sound import Conversation, Said, hear
from bridge.sandbox.twilio import Party, PlayedCall, TwilioSandbox
from bridge.sandbox.twilio.rest import known
from bridge.sandbox.twilio.rest.media import silent_mp3
from tests.sandbox.twilio.support import DATA, App, Ask, basic, until

MOBILE = "+33612345678"
OWN = "+33159130001"
PAUSE = "<Response><Pause/></Response>"


@pytest.fixture
def description() -> Any:
    return json.loads((DATA / "api_v2010.trimmed.json").read_text())


@pytest.fixture
def ask(rest: aiohttp.ClientSession, sandbox: TwilioSandbox, description: dict[str, Any]) -> Ask:
    """Calls an operation by its name in the description, and holds both sides to it."""

    async def ask_once(
        name: str, *, query: dict[str, str] | None = None, body: dict[str, str] | None = None, **sids: str
    ) -> Any:
        operation = description["operations"][name]
        path = operation["path"].format(AccountSid=sandbox.account_sid, **sids)
        assert set(query or {}) <= set(operation["query"])
        if body is not None:
            typed = {key: as_described(value) for key, value in body.items()}
            jsonschema.validate(typed, {**operation["body"], "schemas": description["schemas"]})
        async with rest.request(operation["method"], sandbox.url + path, params=query, data=body) as response:
            answer = await response.json()
            assert response.status == operation["status"], answer
        jsonschema.validate(answer, {**operation["response"], "schemas": description["schemas"]})
        assert not set(answer) - members(operation["response"], description), "a member too many"
        return answer

    return ask_once


def as_described(value: str) -> str | int | bool:
    if value in {"true", "false"}:
        return value == "true"
    return int(value) if value.isdigit() else value


def members(schema: dict[str, Any], description: dict[str, Any]) -> set[str]:
    if "$ref" in schema:
        return set(description["schemas"][schema["$ref"].rsplit("/", 1)[1]]["properties"])
    return set(schema["properties"])


@pytest.fixture
async def played(app: App, sandbox: TwilioSandbox) -> PlayedCall:
    app.dial(f"<Number>{MOBILE}</Number>", callerId=OWN, record="record-from-answer-dual", action="/dial")
    sandbox.parties[MOBILE] = Party.answers(talks=30)
    return await sandbox.call_from_browser("agent1", MOBILE)


async def test_calls(ask: Ask, played: PlayedCall) -> None:
    parent = await ask("FetchCall", Sid=played.sid)
    assert (parent["status"], parent["duration"], parent["direction"]) == ("completed", "35", "inbound")
    [child] = (await ask("ListCall", query={"ParentCallSid": played.sid}))["calls"]
    assert (child["sid"], child["to"], child["duration"]) == (played.legs[0].sid, MOBILE, "30")
    assert child["end_time"] == "Sun, 22 Nov 2026 10:00:34 +0000"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, 2),
        ({"To": MOBILE, "From": OWN}, 1),
        ({"Status": "completed"}, 2),
        ({"Status": "busy"}, 0),
        ({"StartTime": "2026-11-22"}, 2),
        ({"StartTime": "2026-11-21"}, 0),
        ({"StartTime>": "2026-11-22T10:00:00Z"}, 2),
        ({"StartTime>": "2026-11-22T10:00:01Z"}, 0),
        ({"StartTime<": "2026-11-22T10:00:00Z"}, 0),
        ({"EndTime<": "2026-11-22T10:00:35Z", "EndTime>": "2026-11-22T10:00:34Z"}, 1),
    ],
)
async def test_filters(ask: Ask, played: PlayedCall, query: dict[str, str], found: int) -> None:
    assert len((await ask("ListCall", query=query))["calls"]) == found


async def test_pages_do_not_move_when_calls_are_added(
    app: App, sandbox: TwilioSandbox, rest: aiohttp.ClientSession, ask: Ask
) -> None:
    app.on("/voice", "<Response><Reject/></Response>")
    placed = [(await sandbox.call_from_phone(MOBILE)).sid for _ in range(5)]
    answer = await ask("ListCall", query={"PageSize": "2"})
    seen = [call["sid"] for call in answer["calls"]]
    await sandbox.call_from_phone(MOBILE)
    while answer["next_page_uri"]:
        async with rest.get(sandbox.url + answer["next_page_uri"]) as response:
            answer = await response.json()
        seen += [call["sid"] for call in answer["calls"]]
    assert seen == placed[::-1]


async def test_applications(ask: Ask, sandbox: TwilioSandbox) -> None:
    form = {"FriendlyName": "Bridge", "VoiceUrl": "https://bridge.example/twilio/voice"}
    created = await ask("CreateApplication", body=form)
    [found] = (await ask("ListApplication", query={"FriendlyName": "Bridge"}))["applications"]
    assert found == created == await ask("FetchApplication", Sid=created["sid"])
    changed = await ask(
        "UpdateApplication", Sid=created["sid"], body={"StatusCallback": "https://b.example/s"}
    )
    assert (changed["status_callback"], changed["voice_url"]) == ("https://b.example/s", form["VoiceUrl"])
    assert len((await ask("ListApplication"))["applications"]) == 2


async def test_a_new_application_takes_calls(app: App, ask: Ask, sandbox: TwilioSandbox) -> None:
    created = await ask("CreateApplication", body={"VoiceUrl": f"{app.url}/other"})
    app.on("/other", "<Response><Say>other</Say></Response>")
    played = await sandbox.call_from_browser("bob", MOBILE, application_sid=created["sid"])
    assert played.spoken == ["other"]
    assert app.got("/other")[0]["ApplicationSid"] == created["sid"]


async def test_keys_show_their_secret_once(ask: Ask, sandbox: TwilioSandbox) -> None:
    created = await ask("CreateNewKey", body={"FriendlyName": "Bridge"})
    assert len(created["secret"]) == 32
    listed = (await ask("ListKey"))["keys"]
    assert [key["sid"] for key in listed] == [sandbox.api_key, created["sid"]]
    assert all("secret" not in key for key in [*listed, await ask("FetchKey", Sid=created["sid"])])


async def test_numbers(app: App, ask: Ask, sandbox: TwilioSandbox) -> None:
    [number] = (await ask("ListIncomingPhoneNumber", query={"PhoneNumber": OWN}))["incoming_phone_numbers"]
    assert number["voice_application_sid"] == sandbox.app_sid
    await ask("FetchIncomingPhoneNumber", Sid=number["sid"])
    app.on("/direct", "<Response><Say>direct</Say></Response>")
    sandbox.account.numbers[number["sid"]].voice_application_sid = ""
    body = {"VoiceUrl": f"{app.url}/direct"}
    changed = await ask("UpdateIncomingPhoneNumber", Sid=number["sid"], body=body)
    assert changed["voice_application_sid"] is None
    assert (await sandbox.call_from_phone(MOBILE)).spoken == ["direct"]


async def test_recordings(ask: Ask, played: PlayedCall, rest: aiohttp.ClientSession) -> None:
    [recording] = (await ask("ListRecording", query={"CallSid": played.sid}))["recordings"]
    assert (recording["duration"], recording["channels"], recording["source"]) == ("29", 2, "DialVerb")
    await ask("FetchRecording", Sid=recording["sid"])
    sids = {"CallSid": played.sid, "Sid": recording["sid"]}
    assert (await ask("FetchCallRecording", **sids))["track"] == "both"
    assert len((await ask("ListCallRecording", CallSid=played.sid))["recordings"]) == 1
    async with rest.delete(f"Recordings/{recording['sid']}.json") as response:
        assert response.status == 204
    async with rest.get(f"Recordings/{recording['sid']}.mp3") as response:
        assert response.status == 404


async def test_conferences(app: App, ask: Ask, sandbox: TwilioSandbox) -> None:
    sandbox.parties = {MOBILE: Party.answers(talks=None), "client:bob": Party.answers(talks=None)}
    create = {"From": OWN, "To": MOBILE, "Label": "customer"}
    first = await ask("CreateParticipant", ConferenceSid="room", body=create)
    sids = {"ConferenceSid": first["conference_sid"]}
    await ask("CreateParticipant", **sids, body={"From": OWN, "To": "client:bob?line=sales"})
    await until(lambda: len(sandbox.account.conferences.all()[0].connected) == 2)
    [conference] = (await ask("ListConference", query={"FriendlyName": "room"}))["conferences"]
    assert conference == await ask("FetchConference", Sid=conference["sid"])
    assert conference["status"] == "in-progress"
    held = await ask("UpdateParticipant", **sids, CallSid="customer", body={"Hold": "true"})
    fetched = await ask("FetchParticipant", **sids, CallSid=first["call_sid"])
    assert held == fetched
    assert (await ask("ListParticipant", **sids, query={"Hold": "true"}))["participants"] == [fetched]
    ended = await ask("UpdateConference", Sid=conference["sid"], body={"Status": "completed"})
    assert ended["reason_conference_ended"] == "conference-ended-via-api"
    assert (await sandbox.finished(first["call_sid"])).status == "completed"
    bob = next(leg for leg in sandbox.account.calls.values() if leg.to == "client:bob")
    assert bob.parameters == {"line": "sales"}


async def test_verified_numbers(ask: Ask, sandbox: TwilioSandbox) -> None:
    sandbox.account.verified = {MOBILE, "+33698765432"}
    shown = (await ask("ListOutgoingCallerId"))["outgoing_caller_ids"]
    assert {one["phone_number"] for one in shown} == sandbox.account.verified
    (one,) = (await ask("ListOutgoingCallerId", query={"PhoneNumber": MOBILE}))["outgoing_caller_ids"]
    assert one["phone_number"] == MOBILE


async def test_the_account(ask: Ask, sandbox: TwilioSandbox) -> None:
    assert (await ask("FetchAccount"))["status"] == "active"


@pytest.mark.parametrize(
    ("names", "operation"),
    [
        (known.CALL_FILTERS, "ListCall"),
        (known.NUMBER_FILTERS, "ListIncomingPhoneNumber"),
        (known.CALLER_ID_FILTERS, "ListOutgoingCallerId"),
        (known.RECORDING_FILTERS, "ListRecording"),
        (known.RECORDING_DATES, "ListCallRecording"),
        (known.FRIENDLY_NAME, "ListApplication"),
        (known.CONFERENCE_FILTERS, "ListConference"),
        (known.PARTICIPANT_FILTERS, "ListParticipant"),
    ],
)
def test_filters_are_those_described(
    description: dict[str, Any], names: frozenset[str], operation: str
) -> None:
    paging = {"PageSize", "Page", "PageToken"}
    assert names | paging == set(description["operations"][operation]["query"])


@pytest.mark.parametrize(
    ("names", "operation"),
    [
        (known.CREATE_CALL, "CreateCall"),
        (known.UPDATE_CALL, "UpdateCall"),
        (known.APPLICATION, "CreateApplication"),
        (known.APPLICATION, "UpdateApplication"),
        (known.NUMBER, "UpdateIncomingPhoneNumber"),
        (known.FRIENDLY_NAME, "CreateNewKey"),
        (known.CREATE_RECORDING, "CreateCallRecording"),
        (known.UPDATE_RECORDING, "UpdateCallRecording"),
        (known.UPDATE_CONFERENCE, "UpdateConference"),
        (known.CREATE_PARTICIPANT, "CreateParticipant"),
        (known.UPDATE_PARTICIPANT, "UpdateParticipant"),
    ],
)
def test_parameters_are_those_described(
    description: dict[str, Any], names: frozenset[str], operation: str
) -> None:
    assert names == set(description["operations"][operation]["body"]["properties"])


@pytest.mark.parametrize(
    ("method", "path", "form", "status", "code"),
    [
        ("GET", "Calls/CA00000000000000000000000000000000.json", None, 404, 20404),
        ("GET", "Nothing.json", None, 404, 20404),
        ("PUT", "Calls.json", None, 405, 20004),
        ("GET", "Calls.json?PageSize=1001", None, 400, 20007),
        ("GET", "Calls.json?Sttus=busy", None, 400, 20001),
        ("GET", "Calls.json?StartTime=today", None, 400, 20001),
        ("POST", "Calls.json", {"From": OWN, "Url": "https://a.example"}, 400, 21201),
        ("POST", "Calls.json", {"To": MOBILE, "Url": "https://a.example"}, 400, 21213),
        ("POST", "Calls.json", {"To": MOBILE, "From": "+33600000000", "Url": "x"}, 400, 21210),
        ("POST", "Calls.json", {"To": "0612345678901", "From": OWN, "Url": "x"}, 400, 21211),
        ("POST", "Calls.json", {"To": "+33899123456", "From": OWN, "Url": "x"}, 400, 21216),
        ("POST", "Calls.json", {"To": MOBILE, "From": OWN}, 400, 21205),
        ("POST", "Calls.json", {"To": MOBILE, "From": OWN, "ApplicationSid": "AP0"}, 400, 21218),
        ("POST", "Calls.json", {"To": MOBILE, "From": OWN, "Twiml": "<Resp"}, 400, 12100),
        ("POST", "Calls.json", {"To": MOBILE, "From": OWN, "Twiml": PAUSE.ljust(4001)}, 400, 32018),
        ("POST", "Applications.json", {"VoiceUrl": "bridge.example"}, 400, 21402),
        ("POST", "Applications.json", {"VoiceMethod": "PUT"}, 400, 21403),
    ],
)
async def test_what_is_refused(
    rest: aiohttp.ClientSession, method: str, path: str, form: dict[str, str] | None, status: int, code: int
) -> None:
    async with rest.request(method, path, data=form) as response:
        answer = await response.json()
    assert (response.status, answer["code"], answer["status"]) == (status, code, status)
    assert answer["more_info"].endswith(f"/{code}")


async def test_twiml_of_a_request_is_as_long_as_twilio_takes_it_and_second_to_a_url(
    sandbox: TwilioSandbox, rest: aiohttp.ClientSession
) -> None:
    for form in ({"Twiml": PAUSE.ljust(4000)}, {"Twiml": "<Resp", "Url": "https://a.example"}):
        async with rest.post("Calls.json", data={"To": MOBILE, "From": OWN, **form}) as response:
            assert response.status == 201, await response.text()


async def test_credentials(sandbox: TwilioSandbox, rest: aiohttp.ClientSession) -> None:
    cases = [
        ((sandbox.account_sid, sandbox.auth_token), "Calls.json", 200),
        ((sandbox.api_key, sandbox.api_secret), "Calls.json", 200),
        ((sandbox.api_key, sandbox.api_secret), "Keys.json", 401),
        ((sandbox.account_sid, "wrong"), "Calls.json", 401),
        (("", ""), "Calls.json", 401),
    ]
    for (login, password), path, status in cases:
        async with rest.get(path, headers=basic(login, password)) as response:
            assert response.status == status
            assert ((await response.json()).get("code") == 20003) is (status == 401)
    for header in ("", "Bearer x", "Basic ?"):
        async with rest.get("Calls.json", headers={"Authorization": header}) as response:
            assert response.status == 401


async def test_too_many_requests(sandbox: TwilioSandbox, rest: aiohttp.ClientSession) -> None:
    sandbox.rest.limited = 2
    seen = []
    for _ in range(3):
        async with rest.get("Calls.json") as response:
            seen.append((response.status, (await response.json()).get("code")))
    assert seen == [(429, 20429), (429, 20429), (200, None)]


async def test_dialing_permissions(sandbox: TwilioSandbox, rest: aiohttp.ClientSession) -> None:
    async with rest.get(f"{sandbox.url}/v1/DialingPermissions/Countries?IsoCode=FR") as response:
        answer = await response.json()
    [france] = answer["content"]
    assert (france["country_codes"], france["low_risk_numbers_enabled"]) == (["+33"], True)
    assert france["high_risk_special_numbers_enabled"] is False
    assert answer["meta"]["key"] == "content"
    async with rest.get(f"{sandbox.url}/v1/DialingPermissions/Countries") as response:
        first = await response.json()
    assert len(first["content"]) == 50
    async with rest.get(first["meta"]["next_page_url"]) as response:
        assert (await response.json())["content"][0] != first["content"][0]


@pytest.fixture
async def media(played: PlayedCall, sandbox: TwilioSandbox) -> str:
    [recording] = sandbox.account.recordings_of(played.sid)
    return f"Recordings/{recording.sid}"


@pytest.mark.parametrize(
    ("extension", "content_type", "start"),
    [(".wav", "audio/x-wav", b"RIFF"), ("", "audio/x-wav", b"RIFF"), (".mp3", "audio/mpeg", b"\xff\xf3")],
)
async def test_media(
    rest: aiohttp.ClientSession, media: str, extension: str, content_type: str, start: bytes
) -> None:
    async with rest.get(media + extension) as response:
        whole = await response.read()
        assert response.content_type == content_type
    assert whole.startswith(start)
    async with rest.get(media + extension, headers={"Range": "bytes=10-19"}) as response:
        assert (response.status, await response.read()) == (206, whole[10:20])
        assert response.headers["Content-Range"] == f"bytes 10-19/{len(whole)}"
    async with rest.get(media + extension, headers={"Range": f"bytes={len(whole)}-"}) as response:
        assert response.status == 416


async def test_media_say_what_was_said(app: App, sandbox: TwilioSandbox, rest: aiohttp.ClientSession) -> None:
    sandbox.conversation = Conversation([Said(1, 0.5, "Hello"), Said(2, 3, "Hello Anna")])
    app.dial(f"<Number>{MOBILE}</Number>", callerId=OWN, record="record-from-answer-dual")
    sandbox.parties[MOBILE] = Party.answers(talks=6)
    played = await sandbox.call_from_browser("agent1", MOBILE)
    [recording] = sandbox.account.recordings_of(played.sid)
    for query, channels, texts in (("", 2, [["Hello"], ["Hello Anna"]]), ("1", 1, [["Hello", "Hello Anna"]])):
        asked = {"RequestedChannels": query} if query else {}
        async with rest.get(f"Recordings/{recording.sid}.wav", params=asked) as response:
            with wave.open(io.BytesIO(await response.read())) as wav:
                assert (wav.getnchannels(), wav.getnframes()) == (channels, 5 * 8000)
                samples = array("h", wav.readframes(wav.getnframes()))
        sides = [samples[n::channels].tobytes() for n in range(channels)]
        assert [[one.text for one in hear(side)] for side in sides] == texts
    recording.channels = 1
    async with rest.get(f"Recordings/{recording.sid}.wav?RequestedChannels=2") as response:
        assert response.status == 400


async def test_media_need_credentials_if_that_is_switched_on(
    rest: aiohttp.ClientSession, sandbox: TwilioSandbox, media: str
) -> None:
    for needed, status in ((False, 200), (True, 401)):
        sandbox.rest.media_auth = needed
        async with rest.get(f"{media}.mp3", headers={"Authorization": ""}) as response:
            assert response.status == status
        async with rest.get(f"{media}.mp3") as response:
            assert response.status == 200


@settings(deadline=None)
@given(st.integers(0, 600))
def test_an_mp3_is_as_long_as_it_says(seconds: int) -> None:
    frames = re.findall(b"\xff\xf3\x40\xc0\x00{100}", silent_mp3(seconds))
    assert abs(len(frames) * 576 / 22050 - seconds) < 0.02
