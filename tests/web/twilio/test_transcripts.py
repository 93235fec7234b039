"""Results of transcription: signed over the hash of the body, kept once, dropped with their call."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from io import BytesIO

import pytest
from twilio.request_validator import RequestValidator

from bridge.inbox.forgetting import erase
from bridge.inbox.store import Inbox, open_inbox
from bridge.inbox.transcripts.results import StoredResult, drop_results_before, results_of
from tests.web.conftest import AUTH_TOKEN, PUBLIC_URL, Answer, Bridge, OpenBridge, payload

RECORDING = payload("browser-out-7-recording-completed")
SID = RECORDING["RecordingSid"]
RESULT = {"id": "voice_transcription_1", "status": "completed", "sourceId": SID, "sentences": []}


@pytest.fixture
async def bridge(open_bridge: OpenBridge) -> Bridge:
    return await open_bridge(transcripts={"webhook": True})


@asynccontextmanager
async def inbox_of(bridge: Bridge) -> AsyncIterator[Inbox]:
    """As a command opens it beside the running bridge."""
    async with open_inbox(f"sqlite+aiosqlite:///{bridge.database}") as inbox:
        yield inbox


async def kept(bridge: Bridge, *source_sids: str) -> list[StoredResult]:
    async with inbox_of(bridge) as inbox:
        return await results_of(inbox, source_sids or [SID])


async def deliver(bridge: Bridge, sent: bytes, *, signed: bytes | None = None, hashed: bool = True) -> Answer:
    """A JSON body, with the signature and the hash of `signed` where that is another."""
    query = f"?bodySHA256={sha256(sent if signed is None else signed).hexdigest()}" if hashed else ""
    path = f"/twilio/transcripts{query}"
    signature = RequestValidator(AUTH_TOKEN).compute_signature(PUBLIC_URL + path, {})
    headers = {"Content-Type": "application/json", "X-Twilio-Signature": signature}
    return await bridge.post(path, data=BytesIO(sent), headers=headers)


async def test_a_result_is_kept_once(bridge: Bridge) -> None:
    body = json.dumps(RESULT).encode()
    assert [(await deliver(bridge, body)).status for _ in range(2)] == [204, 204]
    [result] = await kept(bridge)
    assert json.loads(result.body) == RESULT


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({}, 204),
        ({"sourceId": SID.upper().replace("RE", "RE", 1)}, 204),
        ({"sourceId": None, "transcript_sid": "GT" + "a" * 32}, 204),
        ({"sourceId": None}, 400),
        ({"sourceId": "RE1"}, 400),
        ({"sourceId": ["RE"]}, 400),
        ({"text": "\0"}, 204),
    ],
)
async def test_what_a_result_is_of(bridge: Bridge, changes: dict[str, object], status: int) -> None:
    assert (await deliver(bridge, json.dumps(RESULT | changes).encode())).status == status


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b'"RE"', b"\xff", b"[" * 5000, b'{"sourceId": "\0"}']
)
async def test_what_is_no_result(bridge: Bridge, body: bytes) -> None:
    assert (await deliver(bridge, body)).status == 400


async def test_only_the_body_whose_hash_was_signed_is_taken(bridge: Bridge) -> None:
    body = json.dumps(RESULT).encode()
    assert (await deliver(bridge, body + b" ", signed=body)).status == 403
    assert (await deliver(bridge, body, hashed=False)).status == 403
    assert await kept(bridge) == []
    headers = {"Content-Type": "text/plain", "X-Twilio-Signature": "x"}
    assert (await bridge.post("/twilio/transcripts", data=body, headers=headers)).status == 415


async def test_conversation_intelligence_can_post_a_form(bridge: Bridge) -> None:
    sid = "GT" + "a" * 32
    form = {"transcript_sid": sid, "event_type": "voice_intelligence_transcript_available"}
    assert (await bridge.twilio("/twilio/transcripts", form)).status == 204
    [result] = await kept(bridge, sid)
    assert json.loads(result.body) == form
    headers = {"X-Twilio-Signature": RequestValidator(AUTH_TOKEN).compute_signature(PUBLIC_URL, form)}
    other = {"transcript_sid": "GT" + "b" * 32}
    assert (await bridge.post("/twilio/transcripts", data=other, headers=headers)).status == 403
    assert (await bridge.twilio("/twilio/transcripts", {**form, "customer_key": "x" * 70_000})).status == 413


async def test_until_it_is_set_nothing_is_kept(open_bridge: OpenBridge) -> None:
    bridge = await open_bridge()
    answer = await deliver(bridge, json.dumps(RESULT).encode())
    assert (answer.status, "transcripts.webhook" in answer.json["detail"]) == (404, True)
    assert await kept(bridge) == []


async def test_a_long_one_is_taken_and_a_longer_one_is_not(bridge: Bridge) -> None:
    text = {**RESULT, "text": "x" * 3_000_000}
    assert (await deliver(bridge, json.dumps(text).encode())).status == 204
    text["text"] = "x" * 4_200_000
    assert (await deliver(bridge, json.dumps(text).encode())).status == 413


async def test_it_goes_with_its_call(bridge: Bridge) -> None:
    assert (await bridge.twilio("/twilio/recording", RECORDING)).status == 204
    await deliver(bridge, json.dumps(RESULT).encode())
    await deliver(bridge, json.dumps(RESULT | {"sourceId": "RE" + "f" * 32}).encode())
    other = "RE" + "f" * 32
    async with inbox_of(bridge) as inbox:
        await erase(inbox, {RECORDING["CallSid"]})
    assert [result.source_sid for result in await kept(bridge, SID, other)] == [other]
    async with inbox_of(bridge) as inbox:
        await drop_results_before(inbox, datetime.now(UTC) + timedelta(seconds=1))
    assert await kept(bridge, SID, other) == []
