"""Which pages there are, and what makes each."""

from collections.abc import Callable, Mapping

from docs.generate import cli, http, metrics, settings

PAGES: Mapping[str, Callable[[], str]] = {
    "settings.md": settings.page,
    "http.md": http.page,
    "cli.md": cli.page,
    "metrics.md": metrics.page,
}
"""Name of the file → its text."""
