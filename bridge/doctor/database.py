"""The inbox's database: writable, migrated, and with room."""

import errno
import os
import shutil
import stat
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from sqlalchemy import make_url, text

from bridge.doctor.bridge_address import BridgeAddress
from bridge.doctor.checks import Check, Verdict, error, ok, warning
from bridge.inbox.database import FAILURES, Database, connect, is_damage
from bridge.inbox.forgetting import hashes_of
from bridge.inbox.migrations.migrate import NEWEST, is_of_another_program, revision, tables_of_ours
from bridge.inbox.requeue import unread_kinds
from bridge.inbox.sqlite import DatabaseFiles
from bridge.language.phrase import Phrase, joined, phrase, verbatim
from bridge.settings.config_files import is_there

LITTLE, TOO_LITTLE = 2**30, 100 * 2**20
"""Bytes: a million callbacks take about one gigabyte."""

OWN_DATABASE = phrase(
    "Give the bridge a database of its own (BRIDGE_DATABASE_URL): it changes nothing of the other's."
)

# On SQLite a write transaction holds the lock once it has begun, so there is nothing to ask.
SHARED_MAY = "SELECT NOT pg_is_in_recovery() AND has_schema_privilege(current_schema(), 'CREATE')"


def checks(url: str, here: BridgeAddress, forget_keys: Sequence[str]) -> Iterator[Check]:
    """The checks of the database at `url`; the bridge `here` has it open if it runs."""
    database = _Database(url, here)

    async def forgotten() -> Verdict:
        return await database.forgotten(forget_keys)

    yield Check("database.writable", database.writable, fix=database.fix)
    if database.file:
        yield Check("database.private", database.private)
    yield Check("database.migrated", database.migrated, needs=["database.writable"])
    yield Check("database.forgotten", forgotten, needs=["database.migrated"])
    yield Check(
        "database.space", database.space if database.file else database.size, needs=["database.writable"]
    )


class _Database:
    """The database at a URL; `file` is SQLite's."""

    def __init__(self, url: str, here: BridgeAddress) -> None:
        self._url = url
        self._here = here
        parts = make_url(url)
        self._where = parts.render_as_string(hide_password=True)
        self.file = Path(parts.database or "") if parts.drivername.startswith("sqlite") else None
        self.fix = (
            phrase(
                "Give the bridge's user write permission on {file}, or set BRIDGE_DATABASE_URL.",
                file=self.file,
            )
            if self.file
            else phrase("Start the server, or set BRIDGE_DATABASE_URL.")
        )

    async def writable(self) -> Verdict:
        """Whether a write can begin, and has room; it writes nothing and creates no file."""
        if self.file and not is_there(self.file):
            return await self._gone(self.file) or self._can_be_made(self.file)
        # SQLite begins a transaction on a file that it may only read, and refuses the first write.
        if self.file and not os.access(self.file, os.W_OK):
            return error(phrase("{where} is read-only.", where=self._where), self.fix)
        database = self._connect()
        try:
            database.check_room()
            async with database.writing.connect() as connection:
                may = await connection.scalar(text(SHARED_MAY if database.is_shared else "SELECT 1"))
                await connection.rollback()
        except FAILURES as problem:
            return self._refused(problem)
        finally:
            await database.close()
        return (
            ok(phrase("{where} can be written.", where=self._where))
            if may
            else error(phrase("{where} is read-only.", where=self._where), self.fix)
        )

    def _refused(self, problem: Exception) -> Verdict:
        if self.file and getattr(problem, "errno", None) == errno.ENOSPC:
            return error(
                phrase("{where} cannot be written: the disk is full, or nearly so.", where=self._where),
                more_room(self.file.absolute().parent),
            )
        cause = getattr(problem, "orig", None) or problem
        reason = phrase("{where} cannot be written: {cause}", where=self._where, cause=cause)
        if self.file and is_damage(problem):
            return error(reason, DatabaseFiles(self.file).if_damaged())
        return error(reason, self.fix)

    def _connect(self) -> Database:
        return connect(self._url)

    async def _gone(self, file: Path) -> Verdict | None:
        if await self._here.instance() is None:
            return None
        return error(
            phrase(
                "A bridge listens at {url}, and {file} is not there: it was removed under the bridge, which "
                "cannot restore it, or the bridge has its database elsewhere.",
                url=self._here.url,
                file=file,
            ),
            phrase(
                "Restore the file from a backup and restart the bridge; or ask from the folder where it "
                "started."
            ),
        )

    def _can_be_made(self, file: Path) -> Verdict:
        folder = next(parent for parent in file.absolute().parents if is_there(parent))
        if folder.is_dir() and os.access(folder, os.W_OK):
            return ok(phrase("{file} is made at the first start.", file=file))
        return error(
            phrase("{file} cannot be created: {folder} is not a writable folder.", file=file, folder=folder),
            self.fix,
        )

    async def private(self) -> Verdict:
        """Whether only its user can read the file and look into its folder."""
        if not self.file or not is_there(self.file):
            return ok(phrase("The first start makes the file for its user alone."))
        places = {self.file: 0o600, self.file.absolute().parent: 0o700}
        loose = {place: mode for place, mode in places.items() if _is_for_others(place)}
        if loose:
            modes = joined(
                ", ",
                (phrase("{place} has mode {mode:o}", place=place, mode=_mode(place)) for place in loose),
            )
            mend = " && ".join(f"chmod {mode:o} {place}" for place, mode in loose.items())
            return warning(
                phrase("Other users of this machine can read who called whom: {modes}.", modes=modes),
                verbatim(mend),
            )
        return ok(phrase("Only its user can read {file}.", file=self.file))

    async def migrated(self) -> Verdict:
        """Whether the tables are those of this version."""
        if self.file and not is_there(self.file):
            return ok(phrase("The first start makes the tables."))
        database = self._connect()
        try:
            async with database.reading.connect() as connection:
                there = await connection.run_sync(revision)
                strange = await connection.run_sync(tables_of_ours) if there is None else ()
                if there is not None and await connection.run_sync(is_of_another_program):
                    return _with_migrations_of_another(there, self._where)
                compared = _of_another_program(strange, self._where) if strange else _compared(there)
                # Older tables perhaps lack the column.
                unread = await unread_kinds(connection) if there == NEWEST else {}
        finally:
            await database.close()
        return _unread(unread) if unread else compared

    async def forgotten(self, keys: Sequence[str]) -> Verdict:
        """Whether BRIDGE_FORGET_KEY finds the numbers that are to be forgotten."""
        if self.file and not is_there(self.file):
            return ok(phrase("No number was forgotten."))
        database = self._connect()
        try:
            async with database.reading.connect() as connection:
                there = await connection.run_sync(revision)
                if there is None or await connection.run_sync(is_of_another_program):
                    return ok(phrase("No number was forgotten."))
                *known, unknown = await hashes_of(connection, keys)
        finally:
            await database.close()
        return _rotated(known, unknown)

    async def space(self) -> Verdict:
        """Whether the disk has room for more calls."""
        folder = next(parent for parent in (self.file or Path()).absolute().parents if is_there(parent))
        return room(shutil.disk_usage(folder).free, folder)

    async def size(self) -> Verdict:
        """The size of a PostgreSQL database: no query returns the free space of its server's disk."""
        database = self._connect()
        try:
            async with database.reading.connect() as connection:
                taken = await connection.scalar(text("SELECT pg_database_size(current_database())"))
        finally:
            await database.close()
        return ok(
            phrase(
                "The database takes {taken:,.0f} MB. PostgreSQL does not tell how much room is left: watch "
                "its disk.",
                taken=taken / 2**20,
            )
        )


def more_room(folder: Path) -> Phrase:
    """The fix for a full disk."""
    return phrase(
        "Make room on the disk of {folder}, or move the database (BRIDGE_DATABASE_URL).", folder=folder
    )


def room(free: int, folder: Path) -> Verdict:
    """Whether `free` bytes are enough."""
    reason = phrase("{free:.1f} GB are free at {folder}.", free=free / 2**30, folder=folder)
    fix = more_room(folder)
    if free < TOO_LITTLE:
        return error(reason, fix)
    return warning(reason, fix) if free < LITTLE else ok(reason)


def _rotated(known: Sequence[int], unknown: int) -> Verdict:
    """`known` holds the count of hashes of each key, newest key first; `unknown` the count without a key."""
    if unknown:
        return error(
            phrase(
                "{unknown} numbers were forgotten with a key that BRIDGE_FORGET_KEY does not have.",
                unknown=unknown,
            ),
            phrase("Set it to the key that it was, behind the present one with a comma."),
        )
    if old := sum(known[1:]):
        return ok(phrase("{old} numbers still need an older key of BRIDGE_FORGET_KEY: keep it.", old=old))
    if len(known) > 1:
        return ok(
            phrase("The first key of BRIDGE_FORGET_KEY finds every forgotten number: the others can go.")
        )
    return ok(phrase("{known} numbers were forgotten.", known=sum(known)))


def _with_migrations_of_another(there: str, where: str) -> Verdict:
    return error(
        phrase(
            "{where} has the migrations of another program (alembic_version {there}) and no tables of the "
            "bridge.",
            where=where,
            there=there,
        ),
        OWN_DATABASE,
    )


def _of_another_program(names: Sequence[str], where: str) -> Verdict:
    return error(
        phrase(
            "{where} has tables of another program that are called as the bridge's: {names}.",
            where=where,
            names=", ".join(names),
        ),
        OWN_DATABASE,
    )


def _compared(there: str | None) -> Verdict:
    if there == NEWEST:
        return ok(phrase("The tables are those of this version ({head}).", head=NEWEST))
    # Imports Alembic, which takes longer than all other checks of the database.
    from bridge.inbox.migrations.upgrade import revisions

    if there is None or there in revisions():
        return warning(
            phrase(
                "The tables are those of an older version ({there}, not {head}).",
                there=there or phrase("none"),
                head=NEWEST,
            ),
            phrase("Start the bridge (twenty-bridge serve): it brings them up to date."),
        )
    return warning(
        phrase("The tables are those of a newer version ({there}).", there=there),
        phrase("The version just before it works with them; an older one needs a backup from its time."),
    )


def _unread(kinds: Mapping[str, int]) -> Verdict:
    """`kinds` counts the calls that have callbacks of each."""
    return warning(
        phrase(
            "{count} calls have callbacks that only a newer version reads ({kinds}).",
            count=sum(kinds.values()),
            kinds=", ".join(kinds),
        ),
        phrase("Nothing, or install that version: they are kept, and it reads them when it starts."),
    )


def _mode(place: Path) -> int:
    return stat.S_IMODE(place.stat().st_mode)


def _is_for_others(place: Path) -> bool:
    return bool(_mode(place) & (stat.S_IRWXG | stat.S_IRWXO))
