"""Logs, the redactor that keeps secrets out of them, and metrics."""
