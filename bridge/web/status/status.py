"""The endpoints of the status page: for members of the workspace, and for keys with the right."""

from collections.abc import Iterable
from datetime import UTC, datetime
from urllib.parse import parse_qs

import structlog
from aiohttp import hdrs, web

from bridge.errors import (
    NotAllowed,
    NotAuthenticated,
    NotUnderstood,
    NotVerified,
    RequestRefused,
    TooManyRequests,
    WrongContentType,
)
from bridge.network.errors import media_type
from bridge.web.authentication.authenticate import Authentication
from bridge.web.authentication.caller import Caller
from bridge.web.authentication.client_address import Addresses
from bridge.web.authentication.keys import Keys
from bridge.web.authentication.rates import Rate
from bridge.web.html import Node
from bridge.web.phone.agents import AgentAuthentication
from bridge.web.phone.call_bodies import Body
from bridge.web.phone.colleagues import Colleagues
from bridge.web.status.document import page, report_sections, sign_in_sections
from bridge.web.status.languages import StatusWords, words_for
from bridge.web.status.report import Reporter
from bridge.web.status.session import StatusSession

PER_MINUTE = 60
TRIES_PER_MINUTE = 10
"""Wrong keys of one client address; a key itself has 256 bits."""

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
FORM = "application/x-www-form-urlencoded"
LONGEST_LANGUAGES = 500

log = structlog.get_logger()


class StatusPage:
    """`root` is the path of the public URL, `origin` its origin."""

    def __init__(
        self,
        reporter: Reporter,
        authentication: Authentication,
        session: StatusSession,
        keys: Keys,
        *,
        agents: AgentAuthentication,
        colleagues: Colleagues,
        addresses: Addresses,
        root: str,
        origin: str,
    ) -> None:
        self._reporter = reporter
        self._authentication = authentication
        self._session = session
        self._keys = keys
        self._agents = agents
        self._colleagues = colleagues
        self._addresses = addresses
        self._root = root
        self._origin = origin
        self._rate = Rate("Too many requests for /status")
        self._tries = Rate("Too many keys are tried from your address")

    async def show(self, request: web.Request) -> web.Response:
        """The page; without credentials in a header, where to sign in. Raises RequestRefused."""
        words, now = _words(request), datetime.now(UTC)
        signed_in = self._session.caller(request, now)
        try:
            caller = signed_in or await self._authentication.authenticate(request, opened=True)
            if not caller.sees_status:
                raise NotAllowed("These credentials do not have the right to see the status.")
        except RequestRefused as refused:
            if hdrs.AUTHORIZATION in request.headers:
                raise
            return self._sign_in_page(words, request, refused)
        self._rate.take(caller.key, per_minute=PER_MINUTE)
        report = await self._reporter.report(now)
        agents = await self._seen_by(caller) if report.stored else ()
        return self._answer(
            words,
            report_sections(words, report, agents, root=self._root, signs_out=signed_in is not None),
        )

    async def sign_in(self, request: web.Request) -> web.Response:
        """Takes a key from the page's form, or signs out where there is none. Raises RequestRefused."""
        given, now = await self._given(request), datetime.now(UTC)
        if not given:
            answer = self._redirect()
            self._session.end(answer)
            return answer
        try:
            key = self._keys.held(given, today=now.date())
        except NotAuthenticated:
            # It has expired.
            key = None
        if key is None or not key.sees_status:
            self._tries.take(self._addresses.of(request), per_minute=TRIES_PER_MINUTE)
            return self._redirect("?problem=right" if key else "?problem=key")
        answer = self._redirect()
        self._session.begin(answer, key, now)
        log.info("status.signed_in", key=key.name)
        return answer

    def _redirect(self, query: str = "") -> web.Response:
        return web.Response(status=303, headers={hdrs.LOCATION: f"{self._root}/status{query}"})

    async def _given(self, request: web.Request) -> str:
        """The form's key. Only our own page may send it: another one could sign a visitor in or out."""
        if not self._is_sent_by_our_page(request):
            raise NotAllowed("Only the status page itself may send this.")
        if media_type(request.headers) != FORM:
            raise WrongContentType(f"The body should be {FORM}.")
        try:
            fields = parse_qs((await request.read()).decode(), max_num_fields=5, errors="strict")
        except ValueError as problem:
            raise NotUnderstood("The body is not a form.") from problem
        return fields.get("key", [""])[0].strip()

    def _is_sent_by_our_page(self, request: web.Request) -> bool:
        """By its Origin; browsers send `null`, as our pages send no referrer, and say it otherwise."""
        origin = request.headers.get(hdrs.ORIGIN)
        same = request.headers.get("Sec-Fetch-Site") == "same-origin"
        return origin == self._origin or (origin == "null" and same)

    async def _seen_by(self, caller: Caller) -> list[Body] | None:
        """The agents whom the caller may see; holders of keys with the right see all."""
        if caller.identity is not None:
            agent = self._agents.of(caller, None)
            if not self._colleagues.shows_others(agent):
                return None
        return await self._colleagues.all()

    def _sign_in_page(
        self, words: StatusWords, request: web.Request, refused: RequestRefused
    ) -> web.Response:
        match refused:
            case NotVerified():
                problem = words.not_now
            case NotAllowed():
                problem = words.not_allowed
            case TooManyRequests():
                problem = words.too_many
            case _:
                told = {"key": words.wrong_key, "right": words.no_right}
                problem = told.get(request.query.get("problem", ""), "")
        return self._answer(words, sign_in_sections(words, root=self._root, problem=problem))

    def _answer(self, words: StatusWords, sections: Iterable[Node]) -> web.Response:
        headers = {
            hdrs.CACHE_CONTROL: "no-store",
            hdrs.CONTENT_SECURITY_POLICY: POLICY,
            hdrs.CONTENT_LANGUAGE: words.lang,
            hdrs.VARY: f"{hdrs.ACCEPT_LANGUAGE}, {hdrs.COOKIE}",
        }
        body = page(words, self._root, *sections)
        return web.Response(body=body, headers=headers, content_type="text/html", charset="utf-8")


def _words(request: web.Request) -> StatusWords:
    return words_for(request.headers.get(hdrs.ACCEPT_LANGUAGE, "")[:LONGEST_LANGUAGES])
