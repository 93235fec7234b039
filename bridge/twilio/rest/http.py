"""The HTTP client of twilio's library: one aiohttp session, retries after 429, errors translated."""

import asyncio
import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import aiohttp
import structlog
from aiohttp import hdrs
from yarl import URL

from bridge.errors import TwilioDenied, TwilioError, TwilioRefused, TwilioUnavailable
from bridge.language.phrase import phrase
from bridge.network_errors import media_type, seconds_of, why
from bridge.observability import metrics
from bridge.twilio.rest.login import Login

CONNECT_SECONDS = 5
MOST_PAUSE_SECONDS = 10
LONGEST_KIND = 80

RESOURCE = re.compile(r"/(?:Accounts/\w+|v1)/([A-Za-z]+)")

RESOURCES = frozenset(
    {
        *("Applications", "Calls", "Conferences", "DialingPermissions", "IncomingPhoneNumbers", "Keys"),
        *("OutgoingCallerIds", "Recordings", "Webhooks"),
    }
)
"""Those that the bridge asks for: a label of a metric takes no word from an address that Twilio names."""

log = structlog.get_logger()


class Http:
    """The interface that the library expects of an asynchronous HTTP client.

    `pauses` are the seconds between tries after 429, which Twilio did not process.
    """

    is_async = True

    def __init__(
        self, session: aiohttp.ClientSession, login: Login, *, seconds: float, pauses: Iterable[float]
    ) -> None:
        self._session = session
        self._login = login
        self._timeout = aiohttp.ClientTimeout(total=seconds, sock_connect=CONNECT_SECONDS)
        self._pauses = tuple(pauses)

    async def request(  # noqa: PLR0917 - the library's own signature
        self,
        method: str,
        url: str,
        params: Mapping[str, object] | None = None,
        data: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,  # noqa: ASYNC109
        allow_redirects: bool = False,
    ) -> object:
        """The library's Response; TwilioError for everything but success.

        The library's own `auth` is left out: the login knows what is valid now.
        """
        from twilio.http.response import Response  # noqa: PLC0415 - loaded with the library

        query = urlencode(params or {}, doseq=True)
        for pause in (*self._pauses, None):
            status, after, text = await self._send(
                method,
                f"{url}?{query}" if query else url,
                data=urlencode(data or {}, doseq=True) if data else None,
                headers=headers or {},
            )
            if status != 429 or pause is None:
                break
            log.warning("twilio.over_limit", method=method)
            await asyncio.sleep(min(max(pause, after), MOST_PAUSE_SECONDS))
        if status >= 300:
            raise error_of(status, text)
        return Response(status, text)

    async def _send(
        self, method: str, url: str, *, data: str | None, headers: Mapping[str, str]
    ) -> tuple[int, float, str]:
        """Status, seconds to wait, and body; once more where the login was valid until now."""
        authorization = await self._login.authorization()
        sent = {**headers, hdrs.AUTHORIZATION: authorization}
        answer = await self._send_once(method, url, data=data, headers=sent)
        if answer[0] == 401 and self._login.renew(authorization):
            sent[hdrs.AUTHORIZATION] = await self._login.authorization()
            answer = await self._send_once(method, url, data=data, headers=sent)
        return answer

    async def _send_once(
        self, method: str, url: str, *, data: str | None, headers: Mapping[str, str]
    ) -> tuple[int, float, str]:
        try:
            async with self._session.request(
                method, url, data=data, headers=headers, timeout=self._timeout, allow_redirects=False
            ) as answer:
                metrics.TWILIO_REQUESTS.inc(resource_of(url), str(answer.status))
                text = await answer.text(encoding="utf-8", errors="replace")
                kind = media_type(answer.headers)
                if answer.status < 300 and text and kind != "application/json":
                    raise TwilioUnavailable(
                        phrase("Twilio answered {kind}, not JSON", kind=kind[:LONGEST_KIND])
                    )
                return answer.status, _pause(answer.headers.get(hdrs.RETRY_AFTER)), text
        except (aiohttp.ClientError, TimeoutError, OSError) as away:
            metrics.TWILIO_REQUESTS.inc(resource_of(url), "unreachable")
            raise unreachable(url, away) from away


def unreachable(url: str, away: BaseException) -> TwilioUnavailable:
    """Names the host alone: the path has the account's SID."""
    return TwilioUnavailable(
        phrase("Twilio at {host} cannot be reached: {reason}", host=URL(url).origin(), reason=why(away))
    )


def resource_of(url: str) -> str:
    """`Calls` of `…/2010-04-01/Accounts/AC…/Calls/CA….json`; `none` of other addresses."""
    found = RESOURCE.search(url)
    return found[1] if found and found[1] in RESOURCES else "none"


def error_of(status: int, body: str) -> TwilioError:
    """The error for an answer without success.

    https://www.twilio.com/docs/usage/twilios-response#response-formats-exceptions
    """
    problem = _problem(body)
    message = str(problem.get("message") or problem.get("detail") or f"HTTP {status}")
    number = code if isinstance(code := problem.get("code"), int) else None
    if status == 429 or status >= 500 or status < 400:
        return TwilioUnavailable(phrase("Twilio answered {status}", status=status))
    if status in (401, 403):
        return TwilioDenied(phrase("Twilio denies it: {message}", message=message), number=number)
    return TwilioRefused(message, status=status, number=number)


def _problem(body: str) -> Mapping[str, Any]:
    try:
        problem = json.loads(body)
    except ValueError:
        return {}
    return problem if isinstance(problem, dict) else {}


def _pause(retry_after: str | None) -> float:
    return seconds_of(retry_after, now=datetime.now(UTC)) or 0.0
