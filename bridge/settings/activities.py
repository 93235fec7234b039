"""Whose a call is, and what is written of it."""

from typing import Literal

from pydantic import Field

from bridge.settings.hours import Zone
from bridge.settings.types import Email, Section


class MatchingSettings(Section):
    """Which person gets a call whose number several people have, or none."""

    several: Literal["oldest", "newest", "none"] = "oldest"
    nobody: Literal["log", "create", "skip"] = "log"
    late_days: int = Field(7, ge=0, le=365)


class ActivitySettings(Section):
    """What is written of a call, and when.

    `live` writes while a call goes on, as far as the rate limit allows. A missed call becomes a task
    for the owner of the person's company, else for `assignee` (a member's e-mail); with neither, none.
    `zone` is the time zone of what a note says.
    """

    live: Literal["auto", "off"] = "auto"
    missed_call_tasks: bool = True
    assignee: Email | None = Field(None, examples=["jane@example.com"])
    due_hours: int = Field(24, ge=1, le=720)
    zone: Zone | None = Field(None, examples=["Europe/Paris"])
