"""Authenticates callers of the API: a Twenty user, a key, or by setting anyone; limits their rate."""
