"""The HTTP client of twilio's library: one aiohttp session, retries after 429, errors translated."""

import asyncio
import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import aiohttp
import structlog
from aiohttp import hdrs
from msgspec import Struct
from yarl import URL

from bridge.errors import TwilioDenied, TwilioError, TwilioRefused, TwilioUnavailable
from bridge.json_text import to_json
from bridge.language.phrase import phrase
from bridge.network.client import AnswerTooLarge
from bridge.network.errors import media_type, moment_of, seconds_of, why
from bridge.observability import metrics
from bridge.twilio.rest.login import Login

CONNECT_SECONDS = 5
MOST_PAUSE_SECONDS = 10
LONGEST_KIND = 80
LONGEST_MESSAGE = 400

PAGE = "PageSize="
"""Twilio's parameter of a request for a list. https://www.twilio.com/docs/usage/twilios-response#pagination"""

RESOURCE = re.compile(r"/(?:Accounts/\w+|v[123])/([A-Za-z]+)")

RESOURCES = frozenset(
    {
        *("Applications", "Calls", "Conferences", "DialingPermissions", "IncomingPhoneNumbers", "Keys"),
        *("OutgoingCallerIds", "Recordings", "Webhooks"),
        *("Configurations", "Services", "Transcriptions", "Transcripts"),
    }
)
"""Those that the bridge asks for: a label of a metric takes no word from an address that Twilio names."""

log = structlog.get_logger()


class Answered(Struct, frozen=True):
    """A success: its status, the seconds of Retry-After (0 without one), and its JSON object."""

    status: int
    retry_after: float
    fields: Mapping[str, Any]


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
        self.clock_ahead = timedelta()
        """How far this machine's clock was ahead of Twilio's at its last answer; zero before the first."""

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
        """The library's Response; TwilioError for everything but success, and for a body of another shape.

        The library's own `auth` is left out: the login knows what is valid now.
        """
        from twilio.http.response import Response  # noqa: PLC0415 - loaded with the library

        asked = _with_query(url, params)
        status, _, text = await self._answered(
            method,
            asked,
            data=urlencode(data or {}, doseq=True) if data else None,
            headers=headers or {},
        )
        fields = _fields(text)
        # The library's own errors for a page without a list are none of ours.
        if PAGE in asked and not any(isinstance(value, list) for value in fields.values()):
            raise TwilioUnavailable("Twilio answered a page without a list")
        if _leads_to_itself(asked, fields):
            raise TwilioUnavailable("Twilio answers pages without end")
        return Response(status, text)

    async def ask(
        self,
        method: str,
        url: str,
        *,
        query: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
        body: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answered:
        """A request for what the library has no method for: a `form`, a JSON `body`, or neither.

        Raises TwilioError for everything but success, and for a success whose body is not a JSON object.
        """
        sent = dict(headers or {})
        data = None
        if form is not None:
            data, sent[hdrs.CONTENT_TYPE] = urlencode(form), "application/x-www-form-urlencoded"
        elif body is not None:
            data, sent[hdrs.CONTENT_TYPE] = to_json(body), "application/json"
        status, after, text = await self._answered(method, _with_query(url, query), data=data, headers=sent)
        return Answered(status, after, _fields(text))

    async def _answered(
        self, method: str, url: str, *, data: str | None, headers: Mapping[str, str]
    ) -> tuple[int, float, str]:
        """Status, Retry-After and body of a success, after as many pauses as Twilio's limit takes."""
        for pause in (*self._pauses, None):
            answer = await self._send(method, url, data=data, headers=headers)
            if answer[0] != 429 or pause is None:
                break
            log.warning("twilio.over_limit", method=method)
            await asyncio.sleep(min(max(pause, answer[1]), MOST_PAUSE_SECONDS))
        if answer[0] >= 300:
            raise error_of(answer[0], answer[2])
        return answer

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
                if at := moment_of(answer.headers.get(hdrs.DATE)):
                    self.clock_ahead = datetime.now(UTC) - at
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
    told = {"host": URL(url).origin(), "reason": why(away)}
    if isinstance(away, AnswerTooLarge):
        return TwilioUnavailable(phrase("Twilio at {host} cannot be used: {reason}", **told))
    return TwilioUnavailable(phrase("Twilio at {host} cannot be reached: {reason}", **told))


def resource_of(url: str) -> str:
    """`Calls` of `…/2010-04-01/Accounts/AC…/Calls/CA….json`; `none` of other addresses."""
    found = RESOURCE.search(url)
    return found[1] if found and found[1] in RESOURCES else "none"


def error_of(status: int, body: str) -> TwilioError:
    """The error for an answer without success.

    https://www.twilio.com/docs/usage/twilios-response#response-formats-exceptions
    """
    problem = _problem(body)
    message = str(problem.get("message") or problem.get("detail") or f"HTTP {status}")[:LONGEST_MESSAGE]
    number = code if isinstance(code := problem.get("code"), int) else None
    if status == 429 or status >= 500 or status < 400:
        return TwilioUnavailable(phrase("Twilio answered {status}", status=status))
    if status in (401, 403):
        return TwilioDenied(phrase("Twilio denies it: {message}", message=message), number=number)
    return TwilioRefused(message, status=status, number=number)


def _problem(body: str) -> Mapping[str, Any]:
    return _object(body) or {}


def _fields(text: str) -> Mapping[str, Any]:
    """The JSON object of a success, empty without a body; TwilioUnavailable for something else."""
    fields = _object(text) if text else {}
    if fields is None:
        raise TwilioUnavailable("Twilio answered JSON that is not an object")
    return fields


def _object(text: str) -> Mapping[str, Any] | None:
    """The JSON object in a text; None where it is something else."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _leads_to_itself(url: str, page: Mapping[str, Any]) -> bool:
    """Whether the next page is this one: the library would ask for it without end."""
    meta = page.get("meta")
    found = page.get("next_page_uri") or (meta.get("next_page_url") if isinstance(meta, dict) else None)
    return isinstance(found, str) and bool(found) and url.endswith(found)


def _with_query(url: str, query: Mapping[str, object] | None) -> str:
    return f"{url}?{urlencode(query, doseq=True)}" if query else url


def _pause(retry_after: str | None) -> float:
    return seconds_of(retry_after, now=datetime.now(UTC)) or 0.0
