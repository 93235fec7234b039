"""Both of Twilio's products for the text of recordings: their REST, their refusals, their webhooks."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest

from bridge.sandbox.sound import Conversation, Said
from bridge.sandbox.twilio import Party, TwilioSandbox
from bridge.sandbox.twilio.recordings import Recording
from bridge.sandbox.twilio.webhooks import Rule, Setting, SharedKey
from tests.sandbox.twilio.support import App, Received

MOBILE = "+33639980001"
TALK = Conversation([Said(1, 0.5, "Hello this is 4711"), Said(2, 3, "Hello Anna")])
PEOPLE = [
    {"audioChannelIndex": 1, "type": "HUMAN_AGENT", "address": "agent1"},
    {"audioChannelIndex": 2, "type": "CUSTOMER", "address": MOBILE},
]


async def recorded(app: App, sandbox: TwilioSandbox, *, talks: float = 10) -> Recording:
    sandbox.conversation = TALK
    app.dial(f"<Number>{MOBILE}</Number>", callerId=sandbox.phone_number, record="record-from-answer-dual")
    sandbox.parties[MOBILE] = Party.answers(talks=talks)
    played = await sandbox.call_from_browser("agent1", MOBILE)
    [recording] = sandbox.account.recordings_of(played.sid)
    return recording


async def ask(
    rest: aiohttp.ClientSession, sandbox: TwilioSandbox, method: str, path: str, **options: Any
) -> tuple[int, Mapping[str, str], Any]:
    async with rest.request(method, sandbox.url + path, **options) as response:
        body = await response.read()
        return response.status, response.headers, json.loads(body) if body else None


async def posted(app: App, sandbox: TwilioSandbox, count: int) -> list[Received]:
    """The webhooks, once so many were delivered or given up."""
    await sandbox.worked()
    assert len(sandbox.account.transcribing.deliveries) == count
    return [one for one in app.received if one.path == "/transcripts"]


def is_signed(received: Received, secret: str, algorithm: str) -> bool:
    """Whether key and hash are right, of the URL with the hash of the body in it."""
    digest = hashlib.sha256(received.body).hexdigest()
    parts = urlsplit(received.url)
    mac = hmac.digest(secret.encode(), received.url.encode(), algorithm)
    signature = base64.b64encode(mac).decode()
    return parts.query == f"bodySHA256={digest}" and received.headers["X-Twilio-Signature"] == signature


def configuration(app: App, **changes: Any) -> dict[str, Any]:
    inner = {
        "configurationType": "Transcription",
        "transcriptionEngine": "deepgram",
        "speechModel": "nova-3",
        "language": "fr-FR",
        "transcriptionStatusCallback": {"url": f"{app.url}/transcripts", "method": "POST"},
        **changes,
    }
    return {"unique_name": "bridge", "configuration": inner}


async def configured(rest: aiohttp.ClientSession, sandbox: TwilioSandbox, app: App) -> str:
    path = "/v2/Configurations/Transcription"
    status, _, made = await ask(rest, sandbox, "POST", path, json=configuration(app))
    assert status == 201, made
    return str(made["id"])


async def start(
    rest: aiohttp.ClientSession,
    sandbox: TwilioSandbox,
    configuration_id: str,
    recording: Recording,
    **changes: Any,
) -> tuple[int, Mapping[str, str], Any]:
    body = {
        "transcriptionConfigurationId": configuration_id,
        "sourceId": recording.sid,
        "participants": PEOPLE,
        **changes,
    }
    return await ask(rest, sandbox, "POST", "/v3/Transcriptions", json=body)


async def test_batch_posts_the_text_once(
    app: App, sandbox: TwilioSandbox, rest: aiohttp.ClientSession
) -> None:
    recording = await recorded(app, sandbox)
    made = await configured(rest, sandbox, app)
    held = sandbox.account.transcribing.switches.until = asyncio.Event()
    status, headers, answer = await start(rest, sandbox, made, recording)
    assert (status, answer["status"], headers["Location"]) == (202, "PENDING", answer["statusUrl"])
    path = f"/v3/Transcriptions/{answer['transcription']['id']}"
    assert (await ask(rest, sandbox, "GET", path))[1]["Retry-After"]
    held.set()
    [received] = await posted(app, sandbox, 1)
    assert is_signed(received, sandbox.auth_token, "sha1")
    sent = json.loads(received.body)
    assert (sent["sourceId"], sent["status"], sent["participants"]) == (recording.sid, "completed", PEOPLE)
    said = [(one["audioChannelIndex"], one["startTimeSeconds"], one["text"]) for one in sent["sentences"]]
    assert said == [(1, 0.5, "Hello this is 4711"), (2, 3, "Hello Anna")]
    status, headers, polled = await ask(rest, sandbox, "GET", path)
    assert (status, polled["status"], "Retry-After" in headers) == (200, "COMPLETED", False)
    assert "Hello" not in json.dumps(polled)
    _, _, listed = await ask(rest, sandbox, "GET", f"/v3/Transcriptions?sourceId={recording.sid}")
    assert [one["id"] for one in listed["transcriptions"]] == [polled["transcription"]["id"]]


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"participants": PEOPLE[:1]}, 400, 17510),
        ({"participants": [PEOPLE[0], {**PEOPLE[1], "audioChannelIndex": 3}]}, 400, 17511),
        ({"participants": [PEOPLE[0], {**PEOPLE[1], "type": "AI_AGENT"}]}, 400, 17516),
        ({"transcriptionConfigurationId": "voice_transcriptionconfiguration_none"}, 400, 17530),
        ({"participants": []}, 422, 17563),
        ({"sourceId": "RE" + "A" * 32}, 400, 20001),
        ({"sourceId": "RE" + "a" * 32}, 404, 20404),
        ({"language": "fr-FR"}, 400, 20001),
    ],
)
async def test_batch_refuses(
    app: App,
    sandbox: TwilioSandbox,
    rest: aiohttp.ClientSession,
    changes: dict[str, Any],
    status: int,
    code: int,
) -> None:
    recording = await recorded(app, sandbox)
    made = await configured(rest, sandbox, app)
    answered, headers, problem = await start(rest, sandbox, made, recording, **changes)
    assert (answered, problem["code"]) == (status, code)
    assert headers["Content-Type"].startswith("application/problem+json")
    assert sandbox.account.transcribing.billed(recording.sid) == 0


async def test_batch_refuses_what_it_cannot_transcribe_and_an_idempotency_key_starts_once(
    app: App, sandbox: TwilioSandbox, rest: aiohttp.ClientSession
) -> None:
    recording = await recorded(app, sandbox)
    made = await configured(rest, sandbox, app)
    for changes, code in (
        ({"status": "in-progress"}, 17533),
        ({"duration": 1}, 17554),
        ({"duration": 28_801}, 17555),
    ):
        before = (recording.status, recording.duration)
        for name, value in changes.items():
            setattr(recording, name, value)
        assert (await start(rest, sandbox, made, recording))[2]["code"] == code
        recording.status, recording.duration = before
    sandbox.account.transcribing.switches.refused.append((503, 17561))
    assert (await start(rest, sandbox, made, recording))[0] == 503
    body = {"transcriptionConfigurationId": made, "sourceId": recording.sid, "participants": PEOPLE}
    key = {"Idempotency-Key": "0193-7"}
    ids = {
        (await ask(rest, sandbox, "POST", "/v3/Transcriptions", json=body, headers=key))[2]["operationId"]
        for _ in range(2)
    }
    assert len(ids) == sandbox.account.transcribing.billed(recording.sid) == 1


async def test_an_account_has_one_of_the_products(
    app: App, sandbox: TwilioSandbox, rest: aiohttp.ClientSession
) -> None:
    recording = await recorded(app, sandbox)
    made = await configured(rest, sandbox, app)
    await ask(rest, sandbox, "POST", "/v2/Services", data={"UniqueName": "bridge"})
    assert (await start(rest, sandbox, made, recording))[0] == 403
    path = "/v2/Configurations/Transcription"
    assert (await ask(rest, sandbox, "POST", path, json=configuration(app)))[0] == 403


@pytest.mark.parametrize(
    "changes",
    [
        {"speechModel": "chirp_2"},
        {"transcriptionEngine": "google", "speechModel": "chirp_2", "language": "multi"},
        {"language": "fr"},
        {"participantDefaults": [{"audioChannelIndex": 1, "type": "CUSTOMER"}]},
        {"unique_name": "inner names are other ones"},
    ],
)
async def test_a_configuration_is_held_to_what_there_is(
    app: App, sandbox: TwilioSandbox, rest: aiohttp.ClientSession, changes: dict[str, Any]
) -> None:
    body = configuration(app, **changes)
    assert (await ask(rest, sandbox, "POST", "/v2/Configurations/Transcription", json=body))[0] == 400


async def test_webhooks_are_lost_doubled_forged_and_signed_with_a_shared_key(
    app: App, sandbox: TwilioSandbox, rest: aiohttp.ClientSession
) -> None:
    recording = await recorded(app, sandbox)
    made = await configured(rest, sandbox, app)
    switches = sandbox.account.transcribing.switches
    switches.lost = switches.failing = 1
    await start(rest, sandbox, made, recording)
    await start(rest, sandbox, made, recording)
    assert await posted(app, sandbox, 1) == []
    switches.twice = 1
    await start(rest, sandbox, made, recording)
    first, second = await posted(app, sandbox, 3)
    assert first.body == second.body
    switches.forged, switches.reshape = 1, lambda body: {**body, "sentences": None}
    await start(rest, sandbox, made, recording)
    forged = (await posted(app, sandbox, 4))[-1]
    assert not is_signed(forged, sandbox.auth_token, "sha1")
    assert json.loads(forged.body)["sentences"] is None
    webhooks = sandbox.account.webhooks
    key, setting = SharedKey(), Setting(algorithm="HMAC_SHA256")
    setting.shared_key_id = key.id
    webhooks.shared_keys[key.id], webhooks.settings[setting.id] = key, setting
    rule = Rule(match_type="PREFIX_MATCH", match=f"{app.url}/", settings=[(setting.id, 100)])
    webhooks.rules[rule.id] = rule
    await start(rest, sandbox, made, recording)
    signed = (await posted(app, sandbox, 5))[-1]
    assert is_signed(signed, key.secret, "sha256")
    assert signed.headers["X-Twilio-Webhooks-Signature-Settings"] == f"key={key.id},algorithm=HMAC_SHA256"


async def test_classic_says_that_it_is_there_and_has_the_text(
    app: App, sandbox: TwilioSandbox, rest: aiohttp.ClientSession
) -> None:
    recording = await recorded(app, sandbox)
    settings = {"UniqueName": "bridge", "AutoRedaction": "true", "WebhookUrl": f"{app.url}/transcripts"}
    status, _, service = await ask(rest, sandbox, "POST", "/v2/Services", data=settings)
    assert (status, service["auto_redaction"], service["language_code"]) == (201, True, "en-US")
    channel = {
        "media_properties": {"source_sid": recording.sid},
        "participants": [{"channel_participant": 1, "user_id": "agent1", "role": "agent"}],
    }
    form = {"ServiceSid": service["sid"], "Channel": json.dumps(channel), "CustomerKey": "CA1"}
    status, _, made = await ask(rest, sandbox, "POST", "/v2/Transcripts", data=form)
    assert (status, made["status"], made["channel"]) == (201, "queued", channel)
    [received] = await posted(app, sandbox, 1)
    assert is_signed(received, sandbox.auth_token, "sha1")
    sent = json.loads(received.body)
    assert sent["transcript_sid"] == made["sid"]
    assert sent["event_type"] == "voice_intelligence_transcript_available"
    path = f"/v2/Transcripts/{made['sid']}"
    for query, first in (("", "Hello this is [REDACTED]"), ("?Redacted=false", "Hello this is 4711")):
        _, _, answer = await ask(rest, sandbox, "GET", f"{path}/Sentences{query}")
        assert [one["transcript"] for one in answer["sentences"]] == [first, "Hello Anna"]
    _, _, listed = await ask(rest, sandbox, "GET", f"/v2/Transcripts?SourceSid={recording.sid}&PageSize=1")
    assert ([one["sid"] for one in listed["transcripts"]], listed["meta"]["next_page_url"]) == (
        [made["sid"]],
        None,
    )
    assert (await ask(rest, sandbox, "DELETE", path))[0] == 204
    assert (await ask(rest, sandbox, "GET", f"{path}/Sentences"))[0] == 404


async def test_classic_refuses_media_that_it_cannot_have(
    app: App, sandbox: TwilioSandbox, rest: aiohttp.ClientSession
) -> None:
    recording = await recorded(app, sandbox)
    _, _, service = await ask(rest, sandbox, "POST", "/v2/Services", data={"UniqueName": "bridge"})

    async def refused(source_sid: str, **changes: str) -> tuple[int, int]:
        channel = json.dumps({"media_properties": {"source_sid": source_sid}})
        form = {"ServiceSid": service["sid"], "Channel": channel, **changes}
        status, _, problem = await ask(rest, sandbox, "POST", "/v2/Transcripts", data=form)
        return status, problem["code"]

    assert await refused("RE" + "a" * 32) == (400, 95102)
    recording.status = "in-progress"
    assert await refused(recording.sid) == (400, 95120)
    recording.status = "completed"
    assert await refused(recording.sid, CustomerKey="x" * 65) == (400, 20001)
    assert await refused(recording.sid, ServiceSid="GA" + "a" * 32) == (404, 20404)
    sandbox.account.transcribing.switches.refused.append((500, 95100))
    assert await refused(recording.sid) == (500, 95100)
