"""Sign-in by a one-time link, and sign-out."""

from datetime import UTC, datetime, timedelta

import structlog
from aiohttp import hdrs, web

from bridge.errors import LinkSpent, LinkUnknown, NotAuthenticated
from bridge.inbox import sign_ins
from bridge.inbox.sign_ins import LinkState
from bridge.inbox.store import Inbox
from bridge.json_text import utc
from bridge.web.authentication.authenticate import Authentication, bearer
from bridge.web.authentication.client_address import Addresses
from bridge.web.authentication.devices import new_key
from bridge.web.authentication.keys import digest_of
from bridge.web.authentication.rates import Rate
from bridge.web.phone.bodies import SignInAsked, read_request

PER_MINUTE = 10
"""Wrong links that one client address can try; the secret itself has 256 bits."""

UNKNOWN = "There is no such link. Copy all of it, or ask for a new one."

SPENT = {
    LinkState.USED: "This link was used already, and works once. Ask for a new one.",
    LinkState.EXPIRED: "This link has expired: it works for an hour. Ask for a new one.",
}

log = structlog.get_logger()


class SignIns:
    """The endpoints of sign-in and sign-out. A device stays signed in for `device`, a tab for `tab`.

    Handlers raise InboxUnavailable.
    """

    def __init__(
        self,
        inbox: Inbox,
        authentication: Authentication,
        addresses: Addresses,
        *,
        device: timedelta,
        tab: timedelta,
    ) -> None:
        self._inbox = inbox
        self._authentication = authentication
        self._addresses = addresses
        self._device = device
        self._tab = tab
        self._rate = Rate("Too many links are tried from your address")

    async def sign_in(self, request: web.Request) -> web.Response:
        """Exchanges a link's secret for a key. Raises LinkUnknown; LinkSpent for a used or expired link."""
        asked = await read_request(request, SignInAsked)
        link, key, now = digest_of(asked.secret), new_key(), datetime.now(UTC)
        # Behind a proxy that is not configured all clients have one address, so only wrong links are limited.
        if not await sign_ins.has_link(self._inbox, link):
            self._rate.take(self._addresses.of(request), per_minute=PER_MINUTE)
            raise LinkUnknown(UNKNOWN)
        ends = now + (self._device if asked.device else self._tab)
        found = await sign_ins.redeem(
            self._inbox, link=link, key=digest_of(key), key_expires_at=ends, now=now
        )
        if found is None:
            raise LinkUnknown(UNKNOWN)
        if isinstance(found, LinkState):
            raise LinkSpent(SPENT[found], code=f"link.{found}")
        log.info("agent.signed_in", agent=found, device=asked.device)
        body = {"key": key, "identity": found, "expiresAt": utc(ends)}
        return web.json_response(body, headers={hdrs.CACHE_CONTROL: "no-store"})

    async def sign_out(self, request: web.Request) -> web.Response:
        """Revokes the device key that authenticates the request. Raises NotAuthenticated for other keys."""
        caller = await self._authentication.authenticate(request)
        if caller.kind != "device":
            raise NotAuthenticated("Only a device that signed in by a link can sign out.")
        given = bearer(request.headers.get(hdrs.AUTHORIZATION)) or ""
        await sign_ins.sign_out(self._inbox, key=digest_of(given), now=datetime.now(UTC))
        log.info("agent.signed_out", agent=caller.identity)
        return web.Response(status=204)
