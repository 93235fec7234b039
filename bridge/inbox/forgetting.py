"""People who are to be forgotten: their calls are dropped, their numbers kept as keyed hashes alone.

The hash keeps their history out, should Twilio be asked for it. A number has so few digits that a plain
hash could be tried through in minutes; so the key is needed, and it stands in the environment, not here.
"""

import hmac
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bridge.calls.numbers import Number, e164
from bridge.calls.written import LONGEST, plain
from bridge.errors import ForgetKeyWrong
from bridge.inbox.purge import drop
from bridge.inbox.store import Inbox
from bridge.inbox.tables import callbacks, calls, forgotten
from bridge.inbox.upsert import latest

Address = Number | str
"""A number, or an address that is none and yet called: `+464`, `sip:…`."""

PAGE = 2000
BATCH = 100


class Forgotten:
    """Whom an inbox has forgotten; `key` is BRIDGE_FORGET_KEY, None where there is none."""

    def __init__(self, inbox: Inbox, key: str | None) -> None:
        self._inbox = inbox
        self._key = key.encode() if key else None

    async def among(self, numbers: Collection[str]) -> dict[str, datetime]:
        """Those of these numbers (E.164) that were forgotten, and when.

        Raises ForgetKeyWrong where nobody can tell.
        """
        async with self._inbox.reading() as connection:
            keys = await _keys(connection)
            if not keys or not numbers:
                return {}
            key = self._checked(keys)
            # They are few, and less than what is asked.
            found = {
                row[0]: row[1] for row in await connection.execute(select(forgotten.c.digest, forgotten.c.at))
            }
        hashed = {number: _hash(key, number) for number in numbers}
        return {number: found[digest] for number, digest in hashed.items() if digest in found}

    def check_key(self) -> None:
        """Raises ForgetKeyWrong where there is none to forget with."""
        if self._key is None:
            raise ForgetKeyWrong(
                "Set BRIDGE_FORGET_KEY first, for the bridge too (openssl rand -hex 32 makes one), and "
                "restart it: by it the bridge knows whose history is to stay away."
            )

    def _checked(self, keys: Collection[bytes]) -> bytes:
        if self._key is None:
            raise ForgetKeyWrong(
                "Numbers were forgotten here; without BRIDGE_FORGET_KEY nobody can tell which, "
                "and their history would come back. Set it to what it was."
            )
        if set(keys) != {_id(self._key)}:
            raise ForgetKeyWrong(
                "Numbers were forgotten here with another BRIDGE_FORGET_KEY than the one that is set: "
                "nobody can tell which, and their history would come back. Set it to what it was."
            )
        return self._key

    async def remember(self, number: Address, *, now: datetime) -> None:
        """Keeps the hash of a number, in each of its forms, so that nothing from before `now` comes back."""
        async with self._inbox.reading() as connection:
            keys = await _keys(connection)
        key = self._checked(keys or ({_id(self._key)} if self._key else set()))

        async def operation(connection: AsyncConnection) -> None:
            for one in _of_one_line(number):
                kept = {"digest": _hash(key, one), "key_id": _id(key), "at": now}
                await connection.execute(latest(forgotten, connection.dialect.name, **kept))

        await self._inbox.write(operation)


async def _keys(connection: AsyncConnection) -> set[bytes]:
    return set((await connection.scalars(select(forgotten.c.key_id).distinct())).all())


def _hash(key: bytes, number: str) -> bytes:
    return hmac.digest(key, f"number {number}".encode(), "sha256")


def _id(key: bytes) -> bytes:
    return hmac.digest(key, b"key", "sha256")[:8]


def _of_one_line(address: Address) -> frozenset[str]:
    if not isinstance(address, Number):
        return frozenset({address})
    return frozenset(other for other in address.alike if other.line == address.line)


async def calls_of(inbox: Inbox, number: Address, *, region: str) -> set[str]:
    """The calls that a number has to do with, in whatever form it stands in their callbacks.

    `region` is where national numbers are at home. Every callback is looked at.
    """
    mine = select(calls.c.root_sid).where(calls.c.number.in_(_of_one_line(number)))
    async with inbox.reading() as connection:
        found = set((await connection.scalars(mine)).all())
    after = 0
    while page := await _page(inbox, after):
        found.update(root for _, root, told in page if _names(told, number, region))
        after = page[-1][0]
    return found


async def _page(inbox: Inbox, after: int) -> Sequence[tuple[int, str, Mapping[str, str]]]:
    statement = (
        select(callbacks.c.id, callbacks.c.root_sid, callbacks.c.parameters)
        .where(callbacks.c.id > after)
        .order_by(callbacks.c.id)
        .limit(PAGE)
    )
    async with inbox.reading() as connection:
        return [(row[0], row[1], row[2]) for row in await connection.execute(statement)]


def _names(parameters: Mapping[str, str], number: Address, region: str) -> bool:
    if not isinstance(number, Number):
        return any(value.strip().lower() == number.lower() for value in parameters.values())
    read = (e164(address, region) for address in _like(parameters, number))
    return any(found.line == number.line for found in read if found)


def _like(parameters: Mapping[str, str], number: Number) -> Iterator[str]:
    """Values that end in the same digits: to read each as a number would take long."""
    ending = number.national[-6:]
    for value in parameters.values():
        if ending in re.sub(r"[^0-9]", "", value if value.isascii() else plain(value[:LONGEST])):
            # `sip:+33612345678@example.com` is their address, too.
            yield value.removeprefix("sip:").partition("@")[0]


async def erase(inbox: Inbox, root_sids: Collection[str]) -> int:
    """Drops all that is known of these calls, from SQLite's free pages and log, too; how many there were."""
    ordered = sorted(root_sids)
    erased = sum(
        [await drop(inbox, ordered[n : n + BATCH], scrub=True) for n in range(0, len(ordered), BATCH)]
    )
    await _empty_log(inbox)
    return erased


async def _empty_log(inbox: Inbox) -> None:
    """Brings what SQLite's log holds into the file, as far as another process lets it."""
    async with inbox.reading() as connection:
        if connection.dialect.name == "sqlite":
            raw = await connection.get_raw_connection()
            driver: Any = raw.driver_connection
            await driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")
