"""Writes `docs/reference/` from what the code says: `make docs`. A test holds the pages to it."""
