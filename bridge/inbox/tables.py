"""The tables: every callback that arrived, and one row a call that says how far Twenty is behind.

Beside them: attempts at writing a call, checkpoints, forgotten numbers, transcripts.
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    and_,
    false,
    literal_column,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.types import TypeDecorator

metadata = MetaData()
"""The migrations make them. An index's condition is its `info["where"]`: as an argument for PostgreSQL it
would load that dialect, 2 MB, where SQLite is used."""


class Moment(TypeDecorator[datetime]):
    """A time in UTC; SQLite stores no time zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC) if value.tzinfo is None else value


# SQLite assigns row ids only in a column of type INTEGER.
Count = BigInteger().with_variant(Integer, "sqlite")

callbacks = Table(
    "callbacks",
    metadata,
    Column("id", Count, primary_key=True, autoincrement=True),
    Column("digest", LargeBinary(16), nullable=False, unique=True),
    Column("root_sid", String(34), nullable=False, index=True),
    Column("call_sid", String(34), nullable=False),
    Column("parent_sid", String(34)),
    Column("kind", String(16), nullable=False),
    Column("parameters", JSON, nullable=False),
    Column("received_at", Moment, nullable=False),
)

of_leg = callbacks.c.parent_sid.is_not(None)
"""A callback about a dialled leg. A browser knows only the leg's SID, so calls are also found by it."""

Index("ix_callbacks_leg", callbacks.c.call_sid, info={"where": of_leg})

calls = Table(
    "calls",
    metadata,
    Column("root_sid", String(34), primary_key=True),
    Column("revision", Integer, nullable=False),
    Column("synced_revision", Integer, nullable=False, server_default="0"),
    Column("due_at", Moment, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("last_error", Text),
    Column("parked_reason", Text),
    # What the bridge chose and wrote, so that later writes keep it.
    Column("ended", Boolean, nullable=False, server_default=false()),
    Column("matched", Boolean, nullable=False, server_default=false()),
    Column("number", String(20)),
    Column("person_id", String(36)),
    Column("match", JSON(none_as_null=True)),
    Column("written", LargeBinary(16)),
    Column("settled_at", Moment),
    # Its callbacks were dropped. A trigger rejects later ones, which alone would misrepresent the call.
    Column("purged", Boolean, nullable=False, server_default=false()),
    # Since when Twenty shows it as in progress; NULL once it is over.
    Column("open_since", Moment),
    # Writes of older revisions prove nothing about its person or about what Twenty shows.
    Column("anew_revision", Integer, nullable=False, server_default="0"),
    # Deferred until then, and after how many attempts that failed for this call alone.
    Column("not_before", Moment),
    Column("deferrals", Integer, nullable=False, server_default="0"),
    # The kind of a callback that this version of the bridge does not know.
    Column("unread", String(16)),
    # It has a reminder task: a later change creates no second one.
    Column("reminded", Boolean, nullable=False, server_default=false()),
    # Digest of each field that the bridge wrote, so that it clears its own values and leaves users' edits.
    Column("fields", LargeBinary(64)),
    # When its task is to be made or brought up to date, and the people whose tasks can have it.
    Column("remind_at", Moment),
    Column("remind_former", JSON(none_as_null=True)),
)

kept = calls.c.purged.is_(false())
"""A call that was not purged: it accepts callbacks and can be written."""

parked = calls.c.parked_reason.is_not(None)
"""A call that Twenty refused; it waits for an operator or for news."""

behind = and_(calls.c.revision > calls.c.synced_revision, ~parked)

due = and_(behind, kept)
"""A call whose newest revision Twenty does not have. That is the whole queue."""

Index("ix_calls_due", calls.c.ended, calls.c.due_at, info={"where": behind})

unmatched = and_(calls.c.matched, calls.c.person_id.is_(None), calls.c.number.is_not(None))
"""A call that was written without a person, although a person can have its number."""

Index("ix_calls_unmatched", calls.c.number, info={"where": unmatched})
Index("ix_calls_person", calls.c.person_id)

deferred = calls.c.not_before.is_not(None)
"""A call whose next attempt has to wait."""

unread = calls.c.unread.is_not(None)
"""A call with callbacks of a kind that only a newer version of the bridge reads."""

Index("ix_calls_not_before", calls.c.not_before, info={"where": deferred})
Index("ix_calls_unread", calls.c.unread, info={"where": unread})
Index("ix_calls_parked", calls.c.root_sid, info={"where": parked})
Index(
    "ix_calls_open",
    calls.c.open_since,
    info={"where": calls.c.open_since.is_not(None)},
)

reminding = calls.c.remind_at.is_not(None)
"""A settled call whose task is to be made or brought up to date."""

Index("ix_calls_remind", calls.c.remind_at, info={"where": reminding})

listed = literal_column("root_sid") > literal_column("''")
"""True for every call. SQLite uses an index with this condition only for queries that contain it.

Without it SQLite, which keeps no statistics here, would choose `ix_calls_heard` where the queue's own
indexes are far shorter.
"""

Index("ix_calls_heard", calls.c.due_at, calls.c.root_sid, sqlite_where=listed)
Index("ix_calls_number", calls.c.number, sqlite_where=listed)

attempts = Table(
    "attempts",
    metadata,
    Column("root_sid", String(34), primary_key=True),
    Column("revision", Integer, primary_key=True, autoincrement=False),
    Column("outcome", String(16), primary_key=True),
    Column("error", Text),
    Column("times", Integer, nullable=False),
    Column("first_at", Moment, nullable=False),
    Column("last_at", Moment, nullable=False),
    sqlite_with_rowid=False,
)
"""Attempts at writing a revision of a call; repeated attempts with one outcome are one row."""

marks = Table(
    "marks",
    metadata,
    Column("name", String(80), primary_key=True),
    Column("at", Moment, nullable=False),
    sqlite_with_rowid=False,
)
"""Checkpoints: where a periodic job resumes."""

forgotten = Table(
    "forgotten",
    metadata,
    Column("digest", LargeBinary(32), primary_key=True),
    Column("key_id", LargeBinary(8), nullable=False),
    Column("at", Moment, nullable=False),
    sqlite_with_rowid=False,
)
"""Forgotten numbers, as keyed hashes; `key_id` identifies the key."""

transcript_results = Table(
    "transcript_results",
    metadata,
    Column("id", Count, primary_key=True, autoincrement=True),
    Column("digest", LargeBinary(16), nullable=False, unique=True),
    Column("source_sid", String(34), nullable=False, index=True),
    Column("body", Text, nullable=False),
    Column("received_at", Moment, nullable=False, index=True),
)
"""Transcription results as Twilio posted them; `source_sid` is the SID of a recording or a transcript."""

transcript_jobs = Table(
    "transcript_jobs",
    metadata,
    Column("recording_sid", String(34), primary_key=True),
    Column("root_sid", String(34), nullable=False, index=True),
    Column("state", String(16), nullable=False, server_default="due"),
    Column("due_at", Moment, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    # Which process works on it, and until when.
    Column("holder", LargeBinary(16)),
    Column("held_until", Moment),
    Column("engine", String(20)),
    # In words of the engine: what it need not do, or pay for, again.
    Column("progress", Text, nullable=False, server_default=""),
    # Whether its seconds were counted towards a day's budget.
    Column("charged", Boolean, nullable=False, server_default=false()),
    Column("seconds", Integer),
    Column("reason", Text),
    Column("changed_at", Moment, nullable=False),
    sqlite_with_rowid=False,
)
"""Recordings that are transcribed, were, or are not to be; stored with the callback that names one."""

job_due = transcript_jobs.c.state == literal_column("'due'")
"""A recording that an engine has still to transcribe."""

Index("ix_transcript_jobs_due", transcript_jobs.c.due_at, info={"where": job_due})

transcripts = Table(
    "transcripts",
    metadata,
    Column("recording_sid", String(34), primary_key=True),
    Column("root_sid", String(34), nullable=False, index=True),
    Column("starts_at", Moment, nullable=False),
    Column("segments", JSON, nullable=False),
    Column("language", Text, nullable=False),
    Column("engine", String(20), nullable=False),
    Column("model", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    sqlite_with_rowid=False,
)
"""What was said in each recording, as lists: role, address, start, end, text, confidence."""

transcript_erasures = Table(
    "transcript_erasures",
    metadata,
    Column("recording_sid", String(34), primary_key=True),
    Column("engine", String(20), nullable=False),
    Column("progress", Text, nullable=False),
    sqlite_with_rowid=False,
)
"""Erased recordings of which an engine keeps something elsewhere, until it was deleted there."""

summaries = Table(
    "summaries",
    metadata,
    Column("root_sid", String(34), primary_key=True),
    # Counts the transcripts that came: a summary of fewer is outdated.
    Column("revision", Integer, nullable=False, server_default="1"),
    Column("state", String(16), nullable=False, server_default="due"),
    Column("due_at", Moment, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("summary", JSON(none_as_null=True)),
    Column("reason", Text),
    Column("changed_at", Moment, nullable=False),
    sqlite_with_rowid=False,
)
"""Calls that are summarised, were, or cannot be; stored with their transcript."""

summary_due = summaries.c.state == literal_column("'due'")
"""A call that a model has still to summarise."""

Index("ix_summaries_due", summaries.c.due_at, info={"where": summary_due})

transcript_usage = Table(
    "transcript_usage",
    metadata,
    Column("day", Date, primary_key=True),
    Column("seconds", Integer, nullable=False),
    sqlite_with_rowid=False,
)
"""Seconds of audio that engines were given on each day (UTC)."""

sign_ins = Table(
    "sign_ins",
    metadata,
    Column("link_digest", LargeBinary(32), primary_key=True),
    Column("identity", String(121), nullable=False),
    Column("link_expires_at", Moment, nullable=False),
    Column("key_digest", LargeBinary(32), unique=True),
    Column("key_expires_at", Moment),
    sqlite_with_rowid=False,
)
"""One-time links by the hash of their secret; once used, with the hash of the key that they became."""

leases = Table(
    "leases",
    metadata,
    Column("name", String(80), primary_key=True),
    Column("holder", LargeBinary(16), nullable=False),
    Column("until", Moment, nullable=False),
    sqlite_with_rowid=False,
)
"""Names under which one of all replicas acts at a time."""

agent_calls = Table(
    "agent_calls",
    metadata,
    Column("root_sid", String(34), primary_key=True),
    Column("agent", String(128), primary_key=True),
    Column("at", Moment, nullable=False),
    sqlite_with_rowid=False,
)
"""Which agents, by identity, and which line, by number, a call is of, and since when."""

Index("ix_agent_calls_agent", agent_calls.c.agent, agent_calls.c.at, agent_calls.c.root_sid)

agent_states = Table(
    "agent_states",
    metadata,
    Column("identity", String(121), primary_key=True),
    Column("status", String(16)),
    Column("since", Moment),
    Column("until", Moment),
    Column("seen_at", Moment),
    Column("present_until", Moment),
    sqlite_with_rowid=False,
)
"""What agents say of themselves: whether they take calls, and up to when they saw missed ones."""

alerts = Table(
    "alerts",
    metadata,
    Column("name", String(80), primary_key=True),
    Column("channel", String(16), primary_key=True),
    Column("since", Moment, nullable=False),
    Column("sent_at", Moment),
    sqlite_with_rowid=False,
)
"""What needs a person now, for each channel, and when the channel's message went out."""

lost_webhooks = Table(
    "lost_webhooks",
    metadata,
    Column("root_sid", String(34), primary_key=True),
    Column("at", Moment, nullable=False, index=True),
    sqlite_with_rowid=False,
)
"""Calls of which Twilio had more than its webhooks had reported, and when reconciliation last found that."""


def insert_into(table: Table, dialect_name: str) -> Any:
    """An INSERT that can say what to do where the row exists."""
    if dialect_name == "postgresql":
        from sqlalchemy.dialects import postgresql  # noqa: PLC0415 - 2 MB that SQLite does not need

        return postgresql.insert(table)
    return sqlite.insert(table)


def latest(table: Table, dialect_name: str, **values: Any) -> Any:
    """The statement that inserts a row, or sets `at` of the existing one."""
    new = insert_into(table, dialect_name).values(**values)
    return new.on_conflict_do_update(index_elements=list(table.primary_key), set_={"at": new.excluded.at})
