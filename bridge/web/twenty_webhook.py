"""What Twenty tells: of people, so that calls find their person after all, and of calls that a user moved."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import structlog
from aiohttp import web

from bridge.errors import NotAllowed
from bridge.inbox.checkpoints import Deliveries
from bridge.inbox.requeue import relink, requeue_moved, unlink
from bridge.inbox.store import Inbox
from bridge.inbox.transcripts.erasing import erase_spoken
from bridge.twenty import webhooks
from bridge.twenty.people.changes import PersonChanged, PersonGone
from bridge.twenty.webhooks import CallChanged, CallGone
from bridge.web.operation.problems import problem

log = structlog.get_logger()


class TwentyWebhook:
    """Takes Twenty's deliveries; `region` is where numbers without any country are at home.

    Calls that were logged without a person since `late` ago are linked to one who has their number now.
    With `erases` what was said in a call is erased once a user deletes the call.
    """

    def __init__(
        self,
        inbox: Inbox,
        *,
        secrets: Sequence[str],
        region: str,
        late: timedelta,
        forget: Callable[[], None],
        erases: bool = False,
    ) -> None:
        self._inbox = inbox
        self._secrets = secrets
        self._deliveries = Deliveries(inbox)
        self._region = region
        self._late = late
        self._forget = forget
        self._erases = erases

    async def receive(self, request: web.Request) -> web.Response:
        """Answers 204 once the changes are stored: Twenty tries only once, and does not wait long.

        Raises NotAllowed and InboxUnavailable.
        """
        if not self._secrets:
            return problem(404, "No webhooks of Twenty's are taken until TWENTY_WEBHOOK_SECRET is set.")
        body, now = await request.read(), datetime.now(UTC)
        if not webhooks.is_signed(
            body,
            secrets=self._secrets,
            timestamp=request.headers.get(webhooks.TIMESTAMP, ""),
            signature=request.headers.get(webhooks.SIGNATURE, ""),
            now=now,
        ):
            raise NotAllowed(f"The request does not carry a valid {webhooks.SIGNATURE} of these minutes.")
        try:
            await self._take(body, now)
        finally:
            # Every signed delivery proves that Twenty reaches the bridge.
            await self._deliveries.arrived(now)
        return web.Response(status=204)

    async def _take(self, body: bytes, now: datetime) -> None:
        match webhooks.parse(body, region=self._region):
            case PersonChanged() as changed:
                await self._changed(changed, now)
            case PersonGone() as gone:
                await self._gone(gone)
            case CallChanged() as call:
                await self._moved(call)
            case CallGone(sid) if self._erases:
                await erase_spoken(self._inbox, {sid}, now=now)

    async def _changed(self, person: PersonChanged, now: datetime) -> None:
        if webhooks.is_of_a_probe(person.person_id):
            await self._deliveries.arrived_of_probe(person.person_id)
        # Before the calls become due again, or they would be matched with what was known before.
        self._forget()
        alike = person.alike
        # Of one who has hundreds of numbers, the calls of any number are matched again.
        if alike != frozenset():
            due = await relink(self._inbox, alike, since=now - self._late)
            log.info("person.changed", person_id=person.person_id, calls_due=due)

    async def _gone(self, person: PersonGone) -> None:
        self._forget()
        unlinked = await unlink(self._inbox, person.person_id)
        log.info("person.gone", person_id=person.person_id, calls_unlinked=unlinked)

    async def _moved(self, call: CallChanged) -> None:
        if await requeue_moved(self._inbox, {call.call_sid: call.person_id}, by_api=call.by_api):
            log.info("call.moved", call_sid=call.call_sid, person_id=call.person_id)
