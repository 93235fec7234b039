"""Checks a number before it is dialled: E.164, country, kind, and whether it is allowed."""

import re
from enum import StrEnum
from functools import lru_cache

import phonenumbers
from msgspec import Struct
from phonenumbers import PhoneMetadata, PhoneNumberType

from bridge.calls.dialling.rules import EMERGENCY_ANYWHERE, LONGEST_SHORT, Dialling
from bridge.calls.dialling.surcharged import surcharge_of
from bridge.calls.numbers import Number, reading
from bridge.errors import NumberRefused

LONGEST_LISTED = 4
"""Digits of an emergency number that is listed; nearly all have three."""


class NumberKind(StrEnum):
    """The kind of a number; PREMIUM is every kind that is billed above an ordinary call."""

    FIXED = "fixed"
    MOBILE = "mobile"
    FIXED_OR_MOBILE = "fixed_or_mobile"
    TOLL_FREE = "toll_free"
    PREMIUM = "premium"
    SHARED_COST = "shared_cost"
    VOIP = "voip"
    PERSONAL = "personal"
    PAGER = "pager"
    COMPANY = "company"
    VOICEMAIL = "voicemail"
    SHORT = "short"
    EMERGENCY = "emergency"
    UNKNOWN = "unknown"


KINDS = {
    PhoneNumberType.FIXED_LINE: NumberKind.FIXED,
    PhoneNumberType.MOBILE: NumberKind.MOBILE,
    PhoneNumberType.FIXED_LINE_OR_MOBILE: NumberKind.FIXED_OR_MOBILE,
    PhoneNumberType.TOLL_FREE: NumberKind.TOLL_FREE,
    PhoneNumberType.PREMIUM_RATE: NumberKind.PREMIUM,
    PhoneNumberType.SHARED_COST: NumberKind.SHARED_COST,
    PhoneNumberType.VOIP: NumberKind.VOIP,
    PhoneNumberType.PERSONAL_NUMBER: NumberKind.PERSONAL,
    PhoneNumberType.PAGER: NumberKind.PAGER,
    PhoneNumberType.UAN: NumberKind.COMPANY,
    PhoneNumberType.VOICEMAIL: NumberKind.VOICEMAIL,
}


class Checked(Struct, frozen=True):
    """A number that was typed. `reason` is why it is not dialled (`calls/texts.py`), empty where it is.

    `number` is E.164, None of short numbers and of what is no number; `country` is ISO 3166.
    """

    kind: NumberKind
    number: Number | None = None
    country: str | None = None
    send_digits: str = ""
    reason: str = ""

    @property
    def is_emergency(self) -> bool:
        """Whether it is an emergency number."""
        return self.kind is NumberKind.EMERGENCY


def check(typed: str, dialling: Dialling, *, region: str) -> Checked:
    """Checks a typed number by the rules of `dialling`; `region` (ISO 3166) reads national numbers."""
    try:
        target, send_digits, reason = *dialling.dial(typed), ""
    except NumberRefused as refused:
        target, send_digits, reason = "", "", refused.reason
    if reason == "emergency" or dialling.is_emergency(target):
        return Checked(NumberKind.EMERGENCY, reason=reason)
    if reason == "short" or (target and len(target) <= LONGEST_SHORT):
        return Checked(NumberKind.SHORT, reason=reason)
    found = reading(typed, region)
    if found is None:
        return Checked(NumberKind.UNKNOWN, reason=reason)
    number = found.number.today
    return Checked(_kind(number), number, _country(number), send_digits, reason)


@lru_cache(maxsize=64)
def emergency_numbers(region: str) -> tuple[str, ...]:
    """The emergency numbers of a country, and those that visitors know from their own."""
    metadata = PhoneMetadata.short_metadata_for_region(region)
    known = metadata.emergency if metadata else None
    if known is None or not known.national_number_pattern:
        return tuple(sorted(EMERGENCY_ANYWHERE))
    pattern = re.compile(known.national_number_pattern)
    lengths = (length for length in known.possible_length if length <= LONGEST_LISTED)
    written = (f"{n:0{length}}" for length in lengths for n in range(10**length))
    return tuple(sorted({*filter(pattern.fullmatch, written), *EMERGENCY_ANYWHERE}))


def _kind(number: Number) -> NumberKind:
    if surcharge_of(number):
        return NumberKind.PREMIUM
    return KINDS.get(phonenumbers.number_type(number.parsed), NumberKind.UNKNOWN)


def _country(number: Number) -> str | None:
    region = phonenumbers.region_code_for_number(number.parsed)
    return region if region in phonenumbers.SUPPORTED_REGIONS else None
