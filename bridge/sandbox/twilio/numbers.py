"""Which numbers can be dialled, and where they are."""

import re
from functools import lru_cache

import phonenumbers
from phonenumbers import PhoneNumberType, shortnumberinfo

_E164 = re.compile(r"\+[1-9]\d{6,14}")
_US = re.compile(r"\(?\d{3}\)?[ .-]?\d{3}[ .-]?\d{4}")
HIGH_RISK = frozenset(
    {
        PhoneNumberType.PREMIUM_RATE,
        PhoneNumberType.SHARED_COST,
        PhoneNumberType.PAGER,
        PhoneNumberType.PERSONAL_NUMBER,
    }
)


def normal_number(text: str) -> str | None:
    """The E.164 form of what a `<Number>` holds; unformatted US numbers are taken too."""
    text = text.strip()
    if _US.fullmatch(text):
        return "+1" + re.sub(r"\D", "", text)
    return text if _E164.fullmatch(text) else None


def is_emergency(text: str, home: str) -> bool:
    """Whether it is an emergency number of a country, which Twilio dials as it is.

    https://www.twilio.com/docs/voice/tutorials/emergency-calling-for-programmable-voice
    """
    return text.isdecimal() and text.isascii() and shortnumberinfo.is_emergency_number(text, home)


@lru_cache(maxsize=65_536)
def number_kind(number: str) -> int | None:
    """libphonenumber's type of an E.164 number; None if it is too long or too short."""
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return None
    return phonenumbers.number_type(parsed) if phonenumbers.is_possible_number(parsed) else None


@lru_cache(maxsize=65_536)
def country(number: str, default: str = "") -> str:
    """The two letters of a number's country."""
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return default
    region = phonenumbers.region_code_for_number(parsed)
    if region is None and parsed.country_code is not None:
        region = phonenumbers.region_code_for_country_code(parsed.country_code)
    return str(region) if region not in {None, "ZZ"} else default
