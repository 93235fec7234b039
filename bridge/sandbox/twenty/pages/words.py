"""How values read on a page: times, numbers, names."""

from datetime import UTC, datetime
from typing import Any

import phonenumbers

Record = dict[str, Any]

_UNITS = (("year", 31_536_000), ("month", 2_592_000), ("day", 86_400), ("hour", 3600), ("minute", 60))


def ago(text: str | None, *, now: datetime) -> str:
    """`3 minutes ago`"""
    if not text:
        return ""
    seconds = (now - datetime.fromisoformat(text)).total_seconds()
    for unit, size in _UNITS:
        count = int(seconds // size)
        if count >= 1:
            return f"{count} {unit}{'s' if count > 1 else ''} ago"
    return "just now"


def at(text: str | None) -> str:
    """`Nov 22, 2026 3:02 PM` (UTC)"""
    if not text:
        return ""
    moment = datetime.fromisoformat(text).astimezone(UTC)
    return f"{moment:%b} {moment.day}, {moment.year} {moment:%I:%M %p}".replace(" 0", " ")


def full_name(record: Record | None) -> str:
    """The name of a person or member; a nameless one is Untitled, as in the original."""
    name = (record or {}).get("name") or {}
    text = f"{name.get('firstName') or ''} {name.get('lastName') or ''}".strip()
    return text or "Untitled"


def numbers(phones: Record | None) -> list[tuple[str, str]]:
    """Each number of a PHONES field: in E.164, and as it is read."""
    phones = phones or {}
    primary = (phones.get("primaryPhoneCallingCode"), phones.get("primaryPhoneNumber"))
    more = [(one.get("callingCode"), one.get("number")) for one in phones.get("additionalPhones") or ()]
    return [_number(code or "", number) for code, number in (primary, *more) if number]


def _number(code: str, national: str) -> tuple[str, str]:
    e164 = f"{code}{national}"
    try:
        parsed = phonenumbers.parse(e164, None)
    except phonenumbers.NumberParseException:
        return e164, e164
    shown = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    return e164, str(shown)


def label(value: str | None) -> str:
    """`IN_PROGRESS` → `In progress`"""
    return (value or "").replace("_", " ").capitalize()


def duration(seconds: float | None) -> str:
    """`3 min 12 s`"""
    if seconds is None:
        return ""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
