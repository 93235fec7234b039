"""Erases transcripts with their calls; what an engine keeps elsewhere is noted until it is deleted there."""

import re
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import structlog
from msgspec import Struct
from sqlalchemy import ColumnElement, and_, case, delete, exists, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bridge.calls.callback import Kind
from bridge.inbox.rows import calls_of_legs, chunks
from bridge.inbox.store import Inbox
from bridge.inbox.tables import (
    callbacks,
    calls,
    insert_into,
    job_due,
    summaries,
    transcript_erasures,
    transcript_jobs,
    transcripts,
)
from bridge.inbox.transcripts.jobs import ERASED, JobState
from bridge.inbox.transcripts.results import drop_results_of

CLASSIC, BATCH, RECORD = "twilio-classic", "twilio-batch", "twilio-record"
"""Keeps a text until it is deleted there; posts one at any time; `<Record transcribe>` keeps one, too."""

NOTES = "twenty-notes"
"""What Twenty shows of the words of a call, beside its record; its remainder is the call's SID."""

TRANSCRIPT, RECORDING = "GT", "RE"
"""Begin the progress of `twilio-classic` that names a transcript, and an erasure of all of a recording."""

TRANSCRIPTION = re.compile(r"TR[0-9a-f]{32}")

LOOKS = (60, 600, 86_400)
"""Seconds from one look for what was begun and is not named to the next one: a start can be on its way."""


class Erasure(Struct, frozen=True):
    """What is to be deleted elsewhere: `remainder` names it, in words of the engine.

    `sid` is that of the recording, of a transcription of `<Record transcribe>`, or of a call. `stored` is the
    remainder, and where it is a recording, what is left of `LOOKS` and when the next one is, in seconds since
    1970.
    """

    sid: str
    stored: str

    @property
    def remainder(self) -> str:
        """What `Transcriber.erase` needs."""
        return self.stored.partition(" ")[0] if self._is_of_recording else self.stored

    @property
    def due_at(self) -> int:
        """When, in seconds since 1970; 0 at once."""
        return self._numbers[1]

    @property
    def looks(self) -> int:
        """How often it is to be looked for after this time."""
        return self._numbers[0]

    def after(self, now: datetime) -> str | None:
        """What is stored once this look is over; None where it was the last one."""
        if not self.looks:
            return None
        due_at = int(now.timestamp()) + LOOKS[len(LOOKS) - min(self.looks, len(LOOKS))]
        return f"{self.remainder} {self.looks - 1} {due_at}"

    @property
    def _numbers(self) -> tuple[int, int]:
        numbers = self.stored.split(" ")[1:3] if self._is_of_recording else []
        looks, due_at = [*map(int, numbers), 0, 0][:2]
        return looks, due_at

    @property
    def _is_of_recording(self) -> bool:
        return self.stored.startswith(RECORDING)


log = structlog.get_logger()


async def erase_spoken(inbox: Inbox, root_sids: Collection[str], *, now: datetime) -> None:
    """Erases what was said in calls whose record a user deleted: texts, summaries, results, begun work.

    The calls stay, and their jobs, which are omitted from now on: `retry_jobs` makes a call's due again. A
    process that works on one finds that it has it no longer. Raises InboxUnavailable.
    """
    for some in chunks(sorted(root_sids)):
        erased_of: list[str] = []

        async def operation(
            connection: AsyncConnection, some: Sequence[str] = some, erased_of: list[str] = erased_of
        ) -> None:
            # The bridge itself withdraws a leg that was shown as a call: what was said belongs to its call.
            legs = await calls_of_legs(connection, set(some))
            erased_of[:] = await _erase_spoken(connection, [s for s in some if s not in legs], now)

        await inbox.write(operation)
        if erased_of:
            log.info("transcripts.erased", call_sids=erased_of)


async def _erase_spoken(
    connection: AsyncConnection, root_sids: Collection[str], now: datetime
) -> Sequence[str]:
    """Those of these calls of which something was erased."""
    if connection.dialect.name == "sqlite":
        # Deleted data would stay in free pages of the file.
        await connection.exec_driver_sql("PRAGMA secure_delete=ON")
    chosen = select(calls.c.root_sid).where(calls.c.root_sid.in_(root_sids)).order_by(calls.c.root_sid)
    these = (await connection.scalars(chosen.with_for_update())).all()
    blanked = await _blank_transcriptions(connection, these)
    jobs = transcript_jobs.c
    omitted = JobState.OMITTED.value
    spoken = (jobs.root_sid.in_(these), or_(jobs.state != omitted, jobs.reason.is_distinct_from(ERASED)))
    found = set(await connection.scalars(select(jobs.root_sid).where(*spoken)))
    if found:
        await drop_results_of(connection, found)
        # Of batch transcription the job itself stays, and says that a result is not wanted.
        await _drop_texts(connection, found, engines=[CLASSIC])
        values = {"state": omitted, "reason": ERASED, "progress": "", "engine": None, "changed_at": now}
        values |= {"holder": None, "held_until": None}
        await connection.execute(update(transcript_jobs).where(*spoken).values(**values))
    erased_of = sorted(found | blanked)
    await _erase_in_twenty(connection, erased_of, now)
    return erased_of


async def _erase_in_twenty(connection: AsyncConnection, root_sids: Collection[str], now: datetime) -> None:
    """Notes that the notes of these calls are to be withdrawn, and makes their tasks be rewritten."""
    rows = [{"recording_sid": sid, "engine": NOTES, "progress": sid} for sid in root_sids]
    if not rows:
        return
    noted = insert_into(transcript_erasures, connection.dialect.name).on_conflict_do_nothing(
        index_elements=["recording_sid"]
    )
    await connection.execute(noted, rows)
    reminded = update(calls).where(calls.c.root_sid.in_(root_sids), calls.c.reminded)
    await connection.execute(reminded.values(remind_at=now))


async def _blank_transcriptions(connection: AsyncConnection, root_sids: Collection[str]) -> set[str]:
    """Empties what Twilio's Record made of voicemails; the callbacks stay: a repeated one is known."""
    table = callbacks.c
    of_voicemails = (table.root_sid.in_(root_sids), table.kind == Kind.TRANSCRIPTION)
    await _note_transcriptions(connection, root_sids)
    found = select(table.id, table.root_sid, table.parameters).where(*of_voicemails)
    blanked: set[str] = set()
    for row_id, root_sid, parameters in (await connection.execute(found)).all():
        if isinstance(parameters, dict) and parameters.get("TranscriptionText"):
            emptied = {**parameters, "TranscriptionText": ""}
            await connection.execute(update(callbacks).where(table.id == row_id).values(parameters=emptied))
            blanked.add(root_sid)
    return blanked


async def drop_transcripts_of(connection: AsyncConnection, root_sids: Collection[str]) -> None:
    """Deletes the jobs, texts and summaries of these calls, and notes what is to be deleted elsewhere.

    To be called before their callbacks are deleted.
    """
    await _note_transcriptions(connection, root_sids)
    await _drop_texts(connection, root_sids, engines=[CLASSIC, BATCH])
    await connection.execute(delete(transcript_jobs).where(transcript_jobs.c.root_sid.in_(root_sids)))


async def _drop_texts(
    connection: AsyncConnection, root_sids: Collection[str], *, engines: Collection[str]
) -> None:
    jobs = transcript_jobs.c
    these = jobs.root_sid.in_(root_sids)
    # Batch transcription keeps no text; one that it makes now is posted later, and not wanted then.
    comes = or_(jobs.engine != BATCH, job_due)
    # A process can have begun, or is about to, without having stored what: then that is all of the recording.
    remainder = case((jobs.progress.startswith(TRANSCRIPT), jobs.progress), else_=_all_of(jobs.recording_sid))
    elsewhere = select(jobs.recording_sid, jobs.engine, remainder)
    noted = insert_into(transcript_erasures, connection.dialect.name).from_select(
        ["recording_sid", "engine", "progress"], elsewhere.where(these, comes, jobs.engine.in_(engines))
    )
    # It was transcribed again before the first was deleted there: then all of the recording is.
    both = {"progress": _all_of(transcript_erasures.c.recording_sid)}
    noted = noted.on_conflict_do_update(index_elements=["recording_sid"], set_=both)
    await connection.execute(noted)
    for table in (transcripts, summaries):
        await connection.execute(delete(table).where(table.c.root_sid.in_(root_sids)))


def _all_of(recording_sid: Any) -> ColumnElement[str]:
    """All of a recording, looked for at once and as often as `LOOKS` says; see `Erasure`."""
    all_: ColumnElement[str] = recording_sid + f" {len(LOOKS)}"
    return all_


async def _note_transcriptions(connection: AsyncConnection, root_sids: Collection[str]) -> None:
    """Notes what Twilio's Record transcribed of these calls: Twilio keeps that text, too."""
    table = callbacks.c
    found = select(table.parameters).where(table.root_sid.in_(root_sids), table.kind == Kind.TRANSCRIPTION)
    parameters = (await connection.scalars(found)).all()
    said = [one for one in parameters if isinstance(one, dict) and one.get("TranscriptionText")]
    sids = {sid for one in said if TRANSCRIPTION.fullmatch(sid := one.get("TranscriptionSid") or "")}
    noted = insert_into(transcript_erasures, connection.dialect.name).on_conflict_do_nothing(
        index_elements=["recording_sid"]
    )
    if sids:
        rows = [{"recording_sid": sid, "engine": RECORD, "progress": sid} for sid in sorted(sids)]
        await connection.execute(noted, rows)


async def erasures_of(inbox: Inbox, engine: str, *, now: datetime) -> Sequence[Erasure]:
    """What an engine has to delete by now. Raises InboxUnavailable.

    What is transcribed again is not deleted meanwhile, where it is not named.
    """
    table, jobs = transcript_erasures.c, transcript_jobs.c
    again = exists().where(
        jobs.recording_sid == table.recording_sid,
        jobs.engine == table.engine,
        jobs.state != JobState.OMITTED.value,
    )
    found = select(table.recording_sid, table.progress).where(
        table.engine == engine, or_(table.progress.not_like(f"{RECORDING}%"), ~again)
    )
    async with inbox.reading() as connection:
        rows = (await connection.execute(found.order_by(table.recording_sid))).all()
    noted = [Erasure(row[0], row[1]) for row in rows]
    return [one for one in noted if one.due_at <= now.timestamp()]


async def erased(inbox: Inbox, erasure: Erasure, *, now: datetime) -> None:
    """Forgets an erasure that was carried out, or notes when to look again. Raises InboxUnavailable."""
    table = transcript_erasures.c
    this = and_(table.recording_sid == erasure.sid, table.progress == erasure.stored)
    stored = erasure.after(now)
    if stored is None:
        await inbox.change(delete(transcript_erasures).where(this))
    else:
        await inbox.change(update(transcript_erasures).where(this).values(progress=stored))
