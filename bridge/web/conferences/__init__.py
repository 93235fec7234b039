"""Calls with more than two ends: their conferences, what agents do with them, and that none waits alone."""
