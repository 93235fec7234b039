"""Sends webhooks as Twilio does: signed, with its timeouts and retries.

https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides
"""

import asyncio
import hashlib
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlencode

import aiohttp
from yarl import URL

from bridge.sandbox.twilio.account import Account
from bridge.sandbox.twilio.delivered import Delivered
from bridge.sandbox.twilio.effects import Request
from bridge.sandbox.twilio.errors import SandboxError
from bridge.sandbox.twilio.origins import check_url, local_url
from bridge.sandbox.twilio.overrides import Overrides, split_overrides
from bridge.sandbox.twilio.signing import SIGNATURE, headers_of


@dataclass(frozen=True, slots=True)
class Parcel:
    """A request on its way: public URL for the signature, local one for the socket."""

    url: str
    target: URL
    body: bytes | None
    headers: Mapping[str, str]
    overrides: Overrides


class Postman:
    """One session for all webhooks of the sandbox."""

    def __init__(
        self, session: aiohttp.ClientSession, account: Account, *, chunked: bool, retry_pause: float
    ) -> None:
        self.routes: dict[str, str] = {}
        self._session = session
        self._account = account
        self._chunked = chunked
        self._retry_pause = retry_pause

    async def send(self, request: Request, delivered: Delivered) -> None:
        """Sends one request until it is answered or given up, and writes down what came of it."""
        delivered.sent_at = time.time()
        try:
            parcel = self._pack(request, delivered)
        except SandboxError as error:
            delivered.failure = str(error.code)
            return
        deadline = time.monotonic() + parcel.overrides.total_timeout
        for attempt in range(parcel.overrides.retries + 1):
            if attempt and self._retry_pause:
                await asyncio.sleep(self._retry_pause)
            left = deadline - time.monotonic()
            if left <= 0:
                return
            await self._try_once(request, delivered, parcel, left)
            if delivered.failure not in parcel.overrides.policy:
                return

    def _pack(self, request: Request, delivered: Delivered) -> Parcel:
        url, overrides = split_overrides(request.webhook.url)
        check_url(url)
        headers = {"I-Twilio-Idempotency-Token": delivered.token, "User-Agent": "TwilioProxy/1.1"}
        body = None
        signed: Mapping[str, str] = {}
        if request.webhook.method == "GET":
            url += ("&" if "?" in url else "?") + urlencode(request.params)
        elif request.json is not None:
            body = request.json
            url += ("&" if "?" in url else "?") + f"bodySHA256={_digest(body, delivered)}"
            headers["Content-Type"] = "application/json"
        else:
            body, signed = urlencode(request.params).encode(), request.params
            headers["Content-Type"] = "application/x-www-form-urlencoded; charset=UTF-8"
        setting = self._account.webhooks.setting_for(url)
        proof = headers_of(self._account, setting, url, signed)
        if not delivered.signed:
            proof[SIGNATURE] = proof[SIGNATURE][::-1]
        headers.update(proof)
        overrides = setting.overrides if setting else overrides
        delivered.url = url
        return Parcel(url, _target(local_url(url, self.routes)), body, headers, overrides)

    async def _try_once(self, request: Request, delivered: Delivered, parcel: Parcel, left: float) -> None:
        delivered.attempts += 1
        delivered.failure, delivered.status_code = "", None
        try:
            async with self._session.request(
                request.webhook.method,
                parcel.target,
                data=parcel.body,
                headers=parcel.headers,
                chunked=True if self._chunked and parcel.body else None,
                timeout=_timeout(parcel.overrides, left),
                allow_redirects=False,
            ) as response:
                delivered.content_type = response.headers.get("Content-Type", "")
                delivered.body = await response.read()
                delivered.status_code = response.status
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
            delivered.failure = "ct"
        except (aiohttp.ClientError, TimeoutError):
            delivered.failure = "rt"
        else:
            delivered.acknowledged_at = time.time() if delivered.acknowledged else None
            delivered.failure = "" if response.status < 400 else "4xx" if response.status < 500 else "5xx"


def _digest(body: bytes, delivered: Delivered) -> str:
    """What proves a body in JSON, which is no part of the signature itself."""
    return hashlib.sha256(body if delivered.hashed_rightly else body + b" ").hexdigest()


def new_token() -> str:
    """An idempotency token; one delivery keeps it through its retries."""
    return str(uuid.uuid4())


@lru_cache(maxsize=4096)
def _target(url: str) -> URL:
    # What was signed must be what is requested: yarl would write the escapes of the path its own way.
    return URL(url, encoded=True)


def _timeout(overrides: Overrides, left: float) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(
        total=left, sock_connect=overrides.connect_timeout, sock_read=overrides.read_timeout
    )
