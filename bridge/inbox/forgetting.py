"""Forgotten people: their calls are erased, and only keyed hashes of their numbers stay.

The hash keeps backfill and reconciliation from fetching their history from Twilio again. A number has so few
digits that a plain hash can be reversed in minutes; so the hash has a key, which is in the environment and
not in the database.
"""

import hmac
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bridge.calls.numbers import Number, e164, user_of
from bridge.calls.spelling import LONGEST, plain
from bridge.errors import ForgetKeyWrong
from bridge.inbox.retention import drop
from bridge.inbox.rows import PAGE
from bridge.inbox.store import Inbox
from bridge.inbox.tables import callbacks, calls, forgotten, latest
from bridge.language.phrase import phrase

Address = Number | str
"""A number, or another address that can be called: `+464`, `sip:…`."""

BATCH = 100


class Forgotten:
    """The numbers that an inbox has forgotten; `keys` are those of BRIDGE_FORGET_KEY.

    The first key makes hashes. During a rotation the older keys still find their hashes; a number that is
    found so is hashed again with the first key.
    """

    def __init__(self, inbox: Inbox, keys: Sequence[str]) -> None:
        self._inbox = inbox
        self._keys = {_id(key.encode()): key.encode() for key in keys}

    async def among(self, numbers: Collection[str]) -> dict[str, datetime]:
        """Those of these numbers (E.164) that were forgotten → when.

        Raises ForgetKeyWrong where a key is missing, and InboxUnavailable.
        """
        async with self._inbox.reading() as connection:
            ids = await _key_ids(connection)
            if not ids or not numbers:
                return {}
            keys = self._checked(ids)
            # The table is smaller than the set of numbers in question.
            rows = await connection.execute(select(forgotten.c.digest, forgotten.c.at))
            found = {row[0]: row[1] for row in rows}
        hashed = {_hash(key, number): number for key in keys for number in numbers}
        forgotten_at: dict[str, datetime] = {}
        for digest, number in hashed.items():
            if digest in found:
                forgotten_at[number] = max(found[digest], forgotten_at.get(number, found[digest]))
        if len(keys) > 1:
            await self._rehash(forgotten_at, keys)
        return forgotten_at

    def check_key(self) -> None:
        """Raises ForgetKeyWrong where BRIDGE_FORGET_KEY is not set."""
        if not self._keys:
            raise ForgetKeyWrong(
                phrase(
                    "Set BRIDGE_FORGET_KEY first, for the bridge too (openssl rand -hex 32 makes one), and "
                    "restart it: by this key the bridge recognises forgotten numbers and keeps their "
                    "history out."
                )
            )

    def _checked(self, ids: Collection[bytes]) -> list[bytes]:
        """The first key, and the others that made stored hashes. Raises ForgetKeyWrong."""
        if not self._keys:
            raise ForgetKeyWrong(
                phrase(
                    "This database has forgotten numbers; without BRIDGE_FORGET_KEY the bridge cannot "
                    "recognise them, and their history would come back. Set it to its former value."
                )
            )
        if not set(ids) <= self._keys.keys():
            raise ForgetKeyWrong(
                phrase(
                    "This database has numbers that were forgotten with another BRIDGE_FORGET_KEY: the "
                    "bridge cannot recognise them, and their history would come back. Set it to its "
                    "former value, or to the new key and the former one, separated by a comma."
                )
            )
        newest = next(iter(self._keys))
        return [key for key_id, key in self._keys.items() if key_id == newest or key_id in ids]

    async def remember(self, number: Address, *, now: datetime) -> None:
        """Stores the hash of a number, in each of its forms, so that no call before `now` comes back.

        Raises ForgetKeyWrong, and InboxUnavailable.
        """
        async with self._inbox.reading() as connection:
            ids = await _key_ids(connection)
        await self._rehash(dict.fromkeys(of_one_line(number), now), self._checked(ids))

    async def _rehash(self, forgotten_at: Mapping[str, datetime], keys: Sequence[bytes]) -> None:
        """Stores hashes made with the first key, and deletes those made with the others."""
        newest, *old = keys

        async def operation(connection: AsyncConnection) -> None:
            for number, at in forgotten_at.items():
                row = {"digest": _hash(newest, number), "key_id": _id(newest), "at": at}
                await connection.execute(latest(forgotten, connection.dialect.name, **row))
                before = [_hash(key, number) for key in old]
                await connection.execute(delete(forgotten).where(forgotten.c.digest.in_(before)))

        if forgotten_at:
            await self._inbox.write(operation)


async def hashes_of(connection: AsyncConnection, keys: Sequence[str]) -> list[int]:
    """How many hashes each of these keys made; the last item counts hashes of unknown keys."""
    counted = select(forgotten.c.key_id, func.count()).group_by(forgotten.c.key_id)
    by_id = {row[0]: row[1] for row in await connection.execute(counted)}
    known = [by_id.pop(_id(key.encode()), 0) for key in keys]
    return [*known, sum(by_id.values())]


async def _key_ids(connection: AsyncConnection) -> set[bytes]:
    return set((await connection.scalars(select(forgotten.c.key_id).distinct())).all())


def _hash(key: bytes, number: str) -> bytes:
    return hmac.digest(key, f"number {number}".encode(), "sha256")


def _id(key: bytes) -> bytes:
    return hmac.digest(key, b"key", "sha256")[:8]


def of_one_line(address: Address) -> frozenset[str]:
    """All forms of an address that reach one line."""
    if not isinstance(address, Number):
        return frozenset({address, address.lower()})
    return frozenset(other for other in address.alike if other.line == address.line)


async def calls_of(inbox: Inbox, number: Address, *, region: str) -> set[str]:
    """The calls whose callbacks contain a number, in any of its forms.

    `region` (ISO 3166, two letters) reads national numbers. It reads every callback. Raises InboxUnavailable.
    """
    mine = select(calls.c.root_sid).where(calls.c.number.in_(of_one_line(number)))
    async with inbox.reading() as connection:
        found = set((await connection.scalars(mine)).all())
    after = 0
    while page := await _page(inbox, after):
        found.update(root for _, root, stored in page if _names(stored, number, region))
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
    """Values that end in the same digits: parsing every value as a number is too slow."""
    ending = number.national[-6:]
    for value in parameters.values():
        if ending in re.sub(r"[^0-9]", "", value if value.isascii() else plain(value[:LONGEST])):
            yield user_of(value)


async def erase(inbox: Inbox, root_sids: Collection[str]) -> int:
    """Erases these calls, also from SQLite's free pages and log; returns how many.

    Raises InboxUnavailable.
    """
    ordered = sorted(root_sids)
    erased = sum(
        [await drop(inbox, ordered[n : n + BATCH], scrub=True) for n in range(0, len(ordered), BATCH)]
    )
    await _empty_log(inbox)
    return erased


async def _empty_log(inbox: Inbox) -> None:
    """Checkpoints and truncates SQLite's log, as far as locks of other processes allow."""
    async with inbox.reading() as connection:
        if connection.dialect.name == "sqlite":
            raw = await connection.get_raw_connection()
            driver: Any = raw.driver_connection
            await driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")
