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

SHIPPED: Mapping[str, str] = {
    name: f"bridge/setup/shipped/{name}" for name in ("config.yaml", ".env.example")
}
"""What `init` begins with → its copy in the package: those of a checkout are where its user edits."""
