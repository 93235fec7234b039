"""What the inbox remembers of its operation: alerts that stand, webhooks that were lost, Twilio's last word.

All of it raises InboxUnavailable.
"""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from msgspec import Struct
from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bridge.calls.callback import Kind
from bridge.inbox.store import Inbox
from bridge.inbox.tables import alerts, callbacks, insert_into, lost_webhooks

LOST_KEPT = timedelta(days=30)

BY_TWILIO = (Kind.VOICE, Kind.STATUS, Kind.DIAL, Kind.RECORDING, Kind.VOICEMAIL, Kind.TRANSCRIPTION)
"""The callbacks that Twilio sends by itself."""


class Standing(Struct, frozen=True):
    """An alert that stands since then; `sent_at` is when its message went out, None while it waits."""

    since: datetime
    sent_at: datetime | None


class AlertStates:
    """The alerts of one channel, by name."""

    def __init__(self, inbox: Inbox, channel: str) -> None:
        self._inbox = inbox
        self._channel = channel

    async def all(self) -> Mapping[str, Standing]:
        """Those that stand, or whose end was not reported yet."""
        found = select(alerts.c.name, alerts.c.since, alerts.c.sent_at).where(
            alerts.c.channel == self._channel
        )
        async with self._inbox.reading() as connection:
            return {row[0]: Standing(row[1], row[2]) for row in await connection.execute(found)}

    async def begin(self, name: str, now: datetime) -> None:
        """Stores that it stands; one that stands already keeps its time."""
        new = insert_into(alerts, self._inbox.dialect_name)
        row = new.values(name=name, channel=self._channel, since=now)
        await self._inbox.change(row.on_conflict_do_nothing())

    async def sent(self, name: str, now: datetime) -> None:
        """Stores that its message went out."""
        await self._inbox.change(update(alerts).where(*self._of(name)).values(sent_at=now))

    async def end(self, name: str) -> None:
        """Forgets it: it is over, and reported if it was reported before."""
        await self._inbox.change(delete(alerts).where(*self._of(name)))

    def _of(self, name: str) -> tuple[ColumnElement[bool], ...]:
        return alerts.c.name == name, alerts.c.channel == self._channel


async def store_lost(inbox: Inbox, root_sids: Collection[str], now: datetime) -> None:
    """Stores that reconciliation found these calls' webhooks lost."""

    new = insert_into(lost_webhooks, inbox.dialect_name)
    storing = new.on_conflict_do_update(index_elements=["root_sid"], set_={"at": new.excluded.at})

    async def operation(connection: AsyncConnection) -> None:
        await connection.execute(storing, [{"root_sid": sid, "at": now} for sid in sorted(root_sids)])

    if root_sids:
        await inbox.write(operation)


async def lost_since(inbox: Inbox, since: datetime) -> int:
    """Of how many calls reconciliation found webhooks lost, since then."""
    found = select(func.count()).select_from(lost_webhooks).where(lost_webhooks.c.at >= since)
    async with inbox.reading() as connection:
        return await connection.scalar(found) or 0


async def drop_lost(inbox: Inbox, *, now: datetime) -> int:
    """Forgets what was found long ago; how many."""
    return await inbox.change(delete(lost_webhooks).where(lost_webhooks.c.at < now - LOST_KEPT))


async def last_heard(inbox: Inbox) -> datetime | None:
    """When Twilio's newest webhook arrived; None where none did."""
    kinds = [kind.value for kind in BY_TWILIO]
    newest = select(callbacks.c.received_at).where(callbacks.c.kind.in_(kinds))
    async with inbox.reading() as connection:
        return await connection.scalar(newest.order_by(callbacks.c.id.desc()).limit(1))
