"""Options that several commands have, and moments as operators type them: `30d`, `12h`, `2026-11-01`."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

ConfigFile = Annotated[
    Path | None,
    typer.Option(
        "--config",
        help="The settings file; config.yaml here, if there is one. Beside it: config.local.yaml, .env.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]

AGO = re.compile(r"(\d{1,5})([dhm])")
BEFORE_TWILIO = datetime(2008, 1, 1, tzinfo=UTC)
UNITS = {"d": "days", "h": "hours", "m": "minutes"}


def utf8(given: str | None) -> str | None:
    """Raises BadParameter for bytes of the shell that are not UTF-8, which no database takes."""
    try:
        (given or "").encode()
    except UnicodeEncodeError:
        raise typer.BadParameter(f"{given!r} is not UTF-8") from None
    return given


def moment(text: str) -> datetime:
    """`90m` is so long ago, `2026-11-01T08:00+01:00` that moment; in UTC where no zone is named."""
    if ago := AGO.fullmatch(text):
        return datetime.now(UTC) - timedelta(**{UNITS[ago[2]]: int(ago[1])})
    try:
        told = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no time; for example: 30d, 12h, 2026-11-01") from None
    return told if told.tzinfo else told.replace(tzinfo=UTC)


def check_span(since: datetime, until: datetime | None, *, now: datetime) -> None:
    """Raises BadParameter where no call can lie between; `until` is now, if not said."""
    if since >= now:
        raise typer.BadParameter(f"--since {since:%Y-%m-%d %H:%M} is not over yet")
    if until and since >= until:
        raise typer.BadParameter("--since should be before --until")
    if since < BEFORE_TWILIO:
        raise typer.BadParameter(f"--since {since:%Y-%m-%d} was before Twilio: 2008-01-01 is early enough")
