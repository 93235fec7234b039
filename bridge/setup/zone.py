"""The time zone of times in notes: where the company's number is, else this machine's."""

import os
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import phonenumbers
from phonenumbers.timezone import time_zones_for_number

LOCALTIME = Path("/etc/localtime")
UNIVERSAL = frozenset({"UTC", "UCT", "Universal", "Zulu", "GMT"})
"""Names of zones that a server has where no zone was chosen, without what stands before the slash."""


def zone_of(number: str) -> str | None:
    """The time zone of a number (E.164); None where it can be in several, or in none that is known."""
    try:
        zones = time_zones_for_number(phonenumbers.parse(number))
    except phonenumbers.NumberParseException:
        return None
    return zones[0] if len(zones) == 1 and is_zone(zones[0]) else None


def machine_zone() -> str | None:
    """The zone that this machine was set to; None where that is UTC, as on most servers."""
    name = os.environ.get("TZ") or str(LOCALTIME.resolve()).partition("zoneinfo/")[2]
    return name if name.rpartition("/")[2] not in UNIVERSAL and is_zone(name) else None


def is_zone(name: str) -> bool:
    """Whether the IANA database has a zone of that name."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return bool(name)
