"""The database's shape, step by step; each start brings it up to date."""
