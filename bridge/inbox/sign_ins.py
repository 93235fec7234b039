"""One-time links and the devices that signed in by them: only hashes are kept.

A link and the key that it became are one row, so that redeeming it is one statement, and so happens once,
however many replicas are asked at the same time. Functions that read or write raise
InboxUnavailable.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from msgspec import Struct
from sqlalchemy import ColumnElement, Row, and_, delete, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bridge.inbox.store import Inbox
from bridge.inbox.tables import sign_ins

KEPT = timedelta(days=30)
"""After its end a link is told from one that never was for so long."""


class LinkState(StrEnum):
    """What became of a link."""

    OPEN = "open"
    USED = "used"
    EXPIRED = "expired"


class SignIn(Struct, frozen=True):
    """A sign-in of an agent; `key_expires_at` is unset until its link is used."""

    identity: str
    link_expires_at: datetime
    key_expires_at: datetime | None

    def holds(self, now: datetime) -> bool:
        """Whether the agent can use it: the link, or the device's key."""
        return (self.key_expires_at or self.link_expires_at) > now


async def add_link(inbox: Inbox, *, digest: bytes, identity: str, expires_at: datetime) -> None:
    """Stores a link by its hash; raises InboxUnavailable."""
    row = {"link_digest": digest, "identity": identity, "link_expires_at": expires_at}
    await inbox.change(insert(sign_ins).values(**row))


async def has_link(inbox: Inbox, link: bytes) -> bool:
    """Whether there is, or was lately, such a link; raises InboxUnavailable."""
    return await _one(inbox, sign_ins.c.link_digest == link) is not None


async def redeem(
    inbox: Inbox, *, link: bytes, key: bytes, key_expires_at: datetime, now: datetime
) -> str | LinkState | None:
    """Turns an open link into a key: the agent's identity; else what became of the link, None of no link.

    A transaction that is tried again finds its own key, which is a success.
    """
    unused = or_(
        and_(sign_ins.c.key_digest.is_(None), sign_ins.c.link_expires_at > now), sign_ins.c.key_digest == key
    )
    redeemed = update(sign_ins).where(sign_ins.c.link_digest == link, unused)
    done = await inbox.change(redeemed.values(key_digest=key, key_expires_at=key_expires_at))
    row = await _one(inbox, sign_ins.c.link_digest == link)
    if row is None:
        return None
    if done:
        return str(row.identity)
    return LinkState.USED if row.key_expires_at else LinkState.EXPIRED


async def signed_in(inbox: Inbox, key: bytes, *, now: datetime) -> SignIn | None:
    """The sign-in of a device's key that holds; raises InboxUnavailable."""
    row = await _one(inbox, sign_ins.c.key_digest == key)
    found = _sign_in(row) if row else None
    return found if found and found.holds(now) else None


async def sign_ins_that_hold(connection: AsyncConnection, *, now: datetime) -> list[SignIn]:
    """All links that are open, and all devices that are signed in."""
    rows = (await connection.execute(select(sign_ins))).all()
    return [found for row in rows if (found := _sign_in(row)).holds(now)]


async def sign_out(inbox: Inbox, *, key: bytes, now: datetime) -> None:
    """Ends a device's key; raises InboxUnavailable."""
    ended = update(sign_ins).where(sign_ins.c.key_digest == key, sign_ins.c.key_expires_at > now)
    await inbox.change(ended.values(key_expires_at=now))


async def revoke(inbox: Inbox, identity: str, *, now: datetime) -> int:
    """Ends all links and keys of an agent; how many there were. Raises InboxUnavailable."""
    async with inbox.reading() as connection:
        all_held = await sign_ins_that_hold(connection, now=now)
    held = [found for found in all_held if found.identity == identity]
    theirs = sign_ins.c.identity == identity
    links = update(sign_ins).where(theirs, sign_ins.c.link_expires_at > now)
    await inbox.change(links.values(link_expires_at=now))
    keys = update(sign_ins).where(theirs, sign_ins.c.key_expires_at > now)
    await inbox.change(keys.values(key_expires_at=now))
    return len(held)


async def drop_ended(inbox: Inbox, *, now: datetime) -> int:
    """Drops what ended long ago; how many."""
    unused = and_(sign_ins.c.key_digest.is_(None), sign_ins.c.link_expires_at < now - KEPT)
    return await inbox.change(delete(sign_ins).where(or_(unused, sign_ins.c.key_expires_at < now - KEPT)))


async def _one(inbox: Inbox, condition: ColumnElement[bool]) -> Row[Any] | None:
    async with inbox.reading() as connection:
        return (await connection.execute(select(sign_ins).where(condition))).first()


def _sign_in(row: Row[Any]) -> SignIn:
    return SignIn(row.identity, row.link_expires_at, row.key_expires_at)
