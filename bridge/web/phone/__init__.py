"""The phone's API (tokens, callers, calls, numbers, the signed-in agent), and the phone page."""
