"""Transcribes, then posts the webhook: in JSON, as it was switched."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from bridge.sandbox.twilio.delivered import Delivered
from bridge.sandbox.twilio.delivery import new_token
from bridge.sandbox.twilio.effects import Request
from bridge.sandbox.twilio.legs import Webhook
from bridge.sandbox.twilio.times import iso8601
from bridge.sandbox.twilio.transcribing.heard import sentences_of
from bridge.sandbox.twilio.transcribing.state import Transcript, Transcription

if TYPE_CHECKING:
    from bridge.sandbox.twilio.sandbox import TwilioSandbox

CONFIDENCE = 0.94


async def work_on_transcript(sandbox: "TwilioSandbox", transcript: Transcript) -> None:
    """A transcript of Conversation Intelligence: its webhook says that it is there, and no more."""
    if not await _is_done(sandbox):
        transcript.status = "failed"
        return
    transcript.status = "completed"
    settings = transcript.service.settings
    body = {
        "account_sid": sandbox.account_sid,
        "service_sid": transcript.service.sid,
        "transcript_sid": transcript.sid,
        "customer_key": transcript.customer_key or None,
        "event_type": "voice_intelligence_transcript_available",
    }
    method = settings.get("WebhookHttpMethod", "POST")
    if settings.get("WebhookUrl") and method != "NULL":
        await _post(sandbox, Webhook(settings["WebhookUrl"], method), body)


async def work_on_transcription(sandbox: "TwilioSandbox", job: Transcription) -> None:
    """A batch transcription: its webhook is the only one who ever has the text."""
    if not await _is_done(sandbox):
        job.status = "FAILED"
        return
    job.status = "COMPLETED"
    callback = job.configuration.configuration.get("transcriptionStatusCallback")
    if callback:
        await _post(sandbox, Webhook(callback["url"], callback.get("method", "POST")), result(sandbox, job))


def result(sandbox: "TwilioSandbox", job: Transcription) -> dict[str, Any]:
    """The body of the webhook, with the fields that applications read from it."""
    return {
        "id": job.id,
        "accountId": sandbox.account_sid,
        "status": "completed",
        "transcriptionConfigurationId": job.configuration.id,
        "sourceId": job.recording.sid,
        "duration": job.recording.duration,
        "participants": list(job.participants),
        "sentences": [
            {
                "audioChannelIndex": one.channel,
                "sentenceIndex": number,
                "participantIndex": None,
                "startTimeSeconds": one.start,
                "endTimeSeconds": one.end,
                "text": one.text,
                "confidence": CONFIDENCE,
            }
            for number, one in enumerate(sentences_of(job.recording))
        ],
        "createdAt": iso8601(job.created),
        "updatedAt": iso8601(job.created),
    }


async def _is_done(sandbox: "TwilioSandbox") -> bool:
    switches = sandbox.account.transcribing.switches
    if switches.until is not None:
        await switches.until.wait()
    return not switches.take("failing")


async def _post(sandbox: "TwilioSandbox", webhook: Webhook, body: dict[str, Any]) -> None:
    state = sandbox.account.transcribing
    reshaped = state.switches.reshape(body) if state.switches.reshape else body
    content = reshaped if isinstance(reshaped, bytes) else json.dumps(reshaped, ensure_ascii=False).encode()
    request = Request("transcript", webhook, _strings(body), content)
    if state.switches.take("lost"):
        state.deliveries.append(Delivered("transcript", webhook.url, request.params, dropped=True))
        return
    for copy in range(2 if state.switches.take("twice") else 1):
        delivered = Delivered(
            "transcript", webhook.url, request.params, token=new_token(), duplicate=copy > 0
        )
        delivered.hashed_rightly = not state.switches.take("forged")
        await sandbox.postman.send(request, delivered)
        state.deliveries.append(delivered)


def _strings(body: Mapping[str, Any]) -> dict[str, str]:
    """What a GET carries in its query."""
    return {name: str(value) for name, value in body.items() if isinstance(value, str)}
