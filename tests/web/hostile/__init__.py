"""Hostile requests and what exactly they get, by what they attack; docs/security.md says why."""
