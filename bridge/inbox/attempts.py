"""What came of writing calls, kept for whoever asks why one is not, or is otherwise, in Twenty."""

from datetime import datetime
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite

from bridge.inbox.batch import Row
from bridge.inbox.rows import Outcome
from bridge.inbox.tables import attempts


def attempt(root_sid: str, revision: int, outcome: Outcome, *, error: str | None, now: datetime) -> Row:
    """One attempt at writing a call as of a revision."""
    return {
        "root_sid": root_sid,
        "revision": revision,
        "outcome": outcome.value,
        "error": error,
        "times": 1,
        "first_at": now,
        "last_at": now,
    }


def adding(dialect_name: str) -> Any:
    """The statement that keeps attempts; what comes of a revision again is counted, with its last error."""
    dialect = postgresql if dialect_name == "postgresql" else sqlite
    made = dialect.insert(attempts)
    return made.on_conflict_do_update(
        index_elements=["root_sid", "revision", "outcome"],
        set_={
            "times": attempts.c.times + 1,
            "last_at": made.excluded.last_at,
            "error": made.excluded.error,
        },
    )
