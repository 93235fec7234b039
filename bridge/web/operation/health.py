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
    """For load balancers, operators and the widget."""

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
        # By it `doctor` tells this process from another; it says nothing else.
        self._instance = secrets.token_hex(8)
        self._settings_digest = settings_digest

    async def health(self, _request: web.Request) -> web.Response:
        """The process answers, and says which one it is, and whether its settings are those that one has."""
        told = {"status": "ok", "instance": self._instance, "settings": self._settings_digest}
        return web.json_response(told)

    async def ready(self, _request: web.Request) -> web.Response:
        """Callbacks can be kept: 200. `reasons` has codes for what is wrong, such as `twenty.unavailable`."""
        now = datetime.now(UTC)
        reasons = list(self._reasons())
        if self._shutdown.begun:
            return web.json_response({"ready": False, "reasons": [Shutdown.code, *reasons]}, status=503)
        try:
            await self._inbox.check(now)
            reasons += await self._behind(now)
        except InboxUnavailable as error:
            # The worker possibly reports the same code.
            told = list(dict.fromkeys([error.code, *reasons]))
            return web.json_response({"ready": False, "reasons": told}, status=503)
        return web.json_response({"ready": True, "reasons": reasons})

    async def _behind(self, now: datetime) -> list[str]:
        # Anyone may ask, however often: so nothing is counted here.
        oldest = await self._inbox.oldest_due()
        return [Behind.code] if oldest and now - oldest > Behind.after else []


def capabilities(*, phone_number: str, app_sid: str, incoming: bool, voicemail: bool) -> Handler:
    """The handler of `/capabilities`, with the fields of the widget's former server."""
    told = {
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
        return web.json_response(told)

    return handle
