"""Posts messages as JSON, signed as https://www.standardwebhooks.com has it."""

import base64
import hmac
import json
from collections.abc import Iterable
from datetime import datetime
from urllib.parse import urlsplit

import aiohttp
from aiohttp import hdrs

from bridge.alerts.messages import AlertMessage
from bridge.errors import AlertNotSent
from bridge.language.phrase import phrase
from bridge.network.client import open_session
from bridge.network.errors import why
from bridge.settings import AlertSettings
from bridge.settings.alerts import webhook_key

SECONDS = 20
ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"


class WebhookChannel:
    """The webhook of the settings; `bridge` is this bridge's URL, for receivers of several."""

    name = "webhook"

    def __init__(self, settings: AlertSettings, *, bridge: str) -> None:
        url = settings.webhook_url.get_secret_value() if settings.webhook_url else ""
        self._url = url
        self._keys = [webhook_key(secret.get_secret_value()) for secret in settings.webhook_secret]
        self._bridge = bridge
        # Without the path, which can be a secret.
        self.where = urlsplit(url).hostname or ""

    async def send(self, message: AlertMessage, now: datetime) -> None:
        """Raises AlertNotSent."""
        body = self._body(message, now)
        timestamp = str(int(now.timestamp()))
        headers = {
            hdrs.CONTENT_TYPE: "application/json",
            ID: message.id,
            TIMESTAMP: timestamp,
            SIGNATURE: " ".join(signatures(self._keys, message.id, timestamp, body)),
        }
        try:
            status = await self._post(body, headers)
        except (aiohttp.ClientError, OSError, ValueError) as problem:
            raise self._unusable(problem) from None
        if not 200 <= status < 300:
            raise self._refused(status)

    async def _post(self, body: bytes, headers: dict[str, str]) -> int:
        timeout = aiohttp.ClientTimeout(total=SECONDS)
        async with (
            open_session(timeout) as session,
            # A redirect would lead to a host that the settings do not name.
            session.post(self._url, data=body, headers=headers, allow_redirects=False) as answer,
        ):
            return answer.status

    def _unusable(self, problem: Exception) -> AlertNotSent:
        return AlertNotSent(phrase("{where} cannot be used: {reason}", where=self.where, reason=why(problem)))

    def _refused(self, status: int) -> AlertNotSent:
        return AlertNotSent(
            phrase("{where} does not take it: it answered {status}", where=self.where, status=status)
        )

    def _body(self, message: AlertMessage, now: datetime) -> bytes:
        told = {
            "type": message.type.value,
            "timestamp": now.isoformat(),
            "alert": message.code,
            "since": message.since.isoformat(),
            "title": message.title,
            "text": message.text,
            "bridge": self._bridge,
        }
        return json.dumps(told, ensure_ascii=False).encode()


def signatures(keys: Iterable[bytes], message_id: str, timestamp: str, body: bytes) -> Iterable[str]:
    """`v1,` and the HMAC of id, timestamp and body, by each key."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    for key in keys:
        yield "v1," + base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
