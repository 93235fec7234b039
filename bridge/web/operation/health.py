"""`/health` (the process answers), `/ready` (it can take callbacks) and `/capabilities`."""

import secrets
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

from aiohttp import web

from bridge.errors import InboxUnavailable
from bridge.inbox.store import Inbox
from bridge.web.handlers import Handler
from bridge.web.operation.shutdown import Shutdown


class Behind:
    """The oldest ended call has been due for longer than `after`."""

    code = "drain.behind"
    after = timedelta(minutes=2)


class Health:
    """Endpoints for load balancers and `doctor`; `reasons` gives codes for what is wrong."""

    def __init__(
        self,
        inbox: Inbox,
        shutdown: Shutdown,
        *,
        settings_digest: str,
        reasons: Callable[[], Iterable[str]],
    ) -> None:
        self._inbox = inbox
        self._shutdown = shutdown
        self._reasons = reasons
        # A random name, by which `doctor` recognises this process.
        self._instance = secrets.token_hex(8)
        self._settings_digest = settings_digest

    async def health(self, _request: web.Request) -> web.Response:
        """200 with the name of this process and the digest of its settings."""
        body = {"status": "ok", "instance": self._instance, "settings": self._settings_digest}
        return web.json_response(body)

    async def ready(self, _request: web.Request) -> web.Response:
        """200 where callbacks can be stored, else 503; `reasons` has codes such as `twenty.unavailable`."""
        now = datetime.now(UTC)
        reasons = list(self._reasons())
        if self._shutdown.begun:
            return web.json_response({"ready": False, "reasons": [Shutdown.code, *reasons]}, status=503)
        try:
            await self._inbox.check(now)
            reasons += await self._behind(now)
        except InboxUnavailable as error:
            # The worker can report the same code.
            codes = list(dict.fromkeys([error.code, *reasons]))
            return web.json_response({"ready": False, "reasons": codes}, status=503)
        return web.json_response({"ready": True, "reasons": reasons})

    async def _behind(self, now: datetime) -> list[str]:
        # `/ready` needs no authentication, so it runs no query that counts rows.
        oldest = await self._inbox.oldest_due()
        return [Behind.code] if oldest and now - oldest > Behind.after else []


def capabilities(*, phone_number: str, app_sid: str, incoming: bool, voicemail: bool) -> Handler:
    """The handler of `/capabilities`, with the fields that the widget's former server had."""
    body = {
        "phoneNumber": phone_number,
        "twimlAppSid": app_sid,
        "features": {
            "outgoingCalls": True,
            "incomingCalls": incoming,
            "sms": False,
            "voicemail": voicemail,
        },
    }

    async def handle(_request: web.Request) -> web.Response:
        return web.json_response(body)

    return handle
