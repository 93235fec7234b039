"""Requests to a bridge: to the process itself, and to the public URL."""

import json
import ssl
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from hmac import digest
from types import MappingProxyType
from typing import Any

import aiohttp
from aiohttp import hdrs
from yarl import URL

from bridge.network.client import body_upto
from bridge.settings.systems import TwilioAccount
from bridge.twilio.signature import SIGNATURE, SIGNATURE_SETTINGS

LARGEST_ANSWER = 1 << 20

CALLBACK = "/twilio/status?doctor=a%20b%2Fc"
"""Has escapes that proxies often change; the bridge stores nothing of a form without a call SID."""


@dataclass(frozen=True, slots=True)
class BridgeAddress:
    """Sends requests to a bridge at a URL; without `trust` the system's certificates apply."""

    url: str
    session: aiohttp.ClientSession
    trust: ssl.SSLContext | None = None

    async def instance(self) -> str | None:
        """The random name of the process, new at each start; None where no bridge answers."""
        name = (await self._json("/health")).get("instance")
        return name if isinstance(name, str) else None

    async def settings_digest(self) -> str | None:
        """The digest of the settings that the bridge was started with; None where no bridge answers."""
        digest = (await self._json("/health")).get("settings")
        return digest if isinstance(digest, str) else None

    async def capabilities(self) -> Mapping[str, Any]:
        """The answer of `/capabilities`; empty where no bridge answers."""
        return await self._json("/capabilities")

    async def readiness(self) -> Mapping[str, Any]:
        """The answer of `/ready`, for which the bridge tries a write; empty where no bridge answers."""
        return await self._json("/ready")

    async def has_page(self, path: str) -> bool:
        """Whether a page of the bridge is at this path; its Content-Security-Policy identifies it."""
        try:
            async with self.session.get(f"{self.url}{path}", ssl=self.trust or True) as answer:
                policy = answer.headers.get(hdrs.CONTENT_SECURITY_POLICY, "")
                return answer.status == 200 and "connect-src 'self'" in policy
        except (aiohttp.ClientError, OSError):
            return False

    async def _json(self, path: str) -> Mapping[str, Any]:
        try:
            async with self.session.get(f"{self.url}{path}", ssl=self.trust or True) as answer:
                body = json.loads(await body_upto(answer, LARGEST_ANSWER))
        except (aiohttp.ClientError, OSError, ValueError, RecursionError):
            return {}
        return body if isinstance(body, dict) else {}

    async def callback(self, *, signature: Mapping[str, str] = MappingProxyType({})) -> int:
        """Posts a callback without a call SID; returns the status of the answer, 0 if there is none."""
        url = URL(f"{self.url}{CALLBACK}", encoded=True)
        try:
            async with self.session.post(
                url, data={"Doctor": "yes"}, headers=signature, ssl=self.trust or True
            ) as answer:
                return answer.status
        except (aiohttp.ClientError, OSError):
            return 0


def signature_of_callback(public_url: str, twilio: TwilioAccount) -> Mapping[str, str]:
    """The headers with which Twilio would sign that callback: by the auth token, or by a SharedKey.

    https://www.twilio.com/docs/usage/security#validating-requests
    """
    signed = f"{public_url}{CALLBACK}Doctoryes".encode()
    if twilio.auth_token:
        secret = twilio.auth_token[0].get_secret_value()
        return {SIGNATURE: b64encode(digest(secret.encode(), signed, "sha1")).decode()}
    sid, key = next(iter(twilio.shared_keys.items()))
    signature = b64encode(digest(key.get_secret_value().encode(), signed, "sha256")).decode()
    return {SIGNATURE: signature, SIGNATURE_SETTINGS: f"key={sid},algorithm=HMAC_SHA256"}
