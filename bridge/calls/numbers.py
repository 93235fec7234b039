"""Addresses: phone numbers as E.164, withheld callers, how they are shown."""

from functools import lru_cache

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat

# What networks send in place of a number; the digits spell the word on a keypad.
# https://www.twilio.com/docs/voice/twiml#twilios-request-to-your-application
WITHHELD = frozenset(
    {
        "anonymous",
        "unknown",
        "restricted",
        "unavailable",
        "private",
        "+266696687",
        "+7378742833",
        "+2562533",
        "+8656696",
        "+86282452253",
    }
)

SHORTEST = len("+6834002")
"""Niue's are the shortest in E.164; a few digits typed at home may still be possible to libphonenumber."""


def is_withheld(address: str) -> bool:
    """Whether the caller did not show a number."""
    return address.strip().lower() in WITHHELD


def client_identity(address: str | None) -> str | None:
    """`client:alice` → `alice`; None for anything else."""
    return address[7:] if address and address.startswith("client:") and len(address) > 7 else None


@lru_cache(maxsize=4096)
def parse(address: str, region: str) -> PhoneNumber | None:
    """A telephone number that may exist, or None: withheld, short, `client:`, `sip:`, garbage.

    `region` (ISO 3166, two letters) is where a national number is at home.
    """
    if is_withheld(address) or ":" in address or "@" in address:
        return None
    try:
        number = phonenumbers.parse(address, region)
    except NumberParseException:
        return None
    return number if phonenumbers.is_possible_number(number) else None


def e164(address: str, region: str) -> str | None:
    """`0612345678` → `+33612345678` in region FR; None for what is no number."""
    number = parse(address, region)
    if number is None:
        return None
    written = to_e164(number)
    # Without its plus a withheld caller's number looks like one.
    return None if is_withheld(written) or len(written) < SHORTEST else written


def to_e164(number: PhoneNumber) -> str:
    """The number as `+` and digits; an extension does not count."""
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def home_region(number: str) -> str:
    """The country (ISO 3166) that an E.164 number is of; `ZZ` where it is of none."""
    parsed = parse(number, "ZZ")
    return (parsed and phonenumbers.region_code_for_number(parsed)) or "ZZ"


def readable(address: str) -> str:
    """An E.164 number as people write it (`+33 6 12 34 56 78`); other addresses as they are."""
    number = parse(address, "ZZ")
    if number is None:
        return client_identity(address) or address
    return phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)


def shortened(address: str) -> str:
    """An address as logs show it: `+336…678`; of a short one the first and the last quarter."""
    first, last = (4, 3) if len(address) > 10 else (len(address) // 4,) * 2
    return f"{address[:first]}…{address[len(address) - last :]}" if address else ""
