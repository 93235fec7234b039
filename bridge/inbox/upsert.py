"""Rows of which the latest alone is kept."""

from typing import Any

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite


def latest(table: Table, dialect_name: str, **values: Any) -> Any:
    """The statement that puts a row in, or sets the `at` of the one that is there."""
    dialect = postgresql if dialect_name == "postgresql" else sqlite
    new = dialect.insert(table).values(**values)
    return new.on_conflict_do_update(index_elements=list(table.primary_key), set_={"at": new.excluded.at})
