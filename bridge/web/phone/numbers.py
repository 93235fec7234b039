"""Checks a number before it is dialled."""

from aiohttp import hdrs, web

from bridge.calls.dialling.checking import Checked, check
from bridge.calls.dialling.rules import Dialling
from bridge.calls.numbers import readable
from bridge.calls.texts import Texts, spoken_refusal
from bridge.web.authentication.authenticate import Authentication
from bridge.web.authentication.rates import Rate

PER_MINUTE = 120
"""Requests of one agent: a page checks the number while they type."""


class Numbers:
    """The numbers endpoint. National numbers are read as numbers of `region` (ISO 3166).

    `texts` has the sentences for numbers that are not allowed.
    """

    def __init__(
        self, authentication: Authentication, dialling: Dialling, *, region: str, texts: Texts
    ) -> None:
        self._authentication = authentication
        self._dialling = dialling
        self._region = region
        self._texts = texts
        self._rate = Rate("Too many numbers are checked")

    async def show(self, request: web.Request) -> web.Response:
        """Answers with the number in E.164, its country and kind, and whether it can be dialled."""
        checked = check(request.match_info["number"], self._dialling, region=self._region)
        # An emergency number is not secret, and its caller must not wait for authentication by Twenty.
        if not (checked.is_emergency and self._authentication.sees_credentials(request)):
            caller = await self._authentication.authenticate(request)
            self._rate.take(caller.key, per_minute=PER_MINUTE)
        return web.json_response(self._body(checked), headers={hdrs.CACHE_CONTROL: "no-store"})

    def _body(self, checked: Checked) -> dict[str, object]:
        return {
            "number": checked.number,
            "readable": readable(checked.number) if checked.number else None,
            "country": checked.country,
            "kind": checked.kind,
            "sendDigits": checked.send_digits,
            "allowed": not checked.reason,
            "reason": checked.reason or None,
            "why": spoken_refusal(self._texts, checked.reason) if checked.reason else None,
        }
