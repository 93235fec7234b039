"""Alembic migrations; each start of the bridge runs those that the database lacks."""
