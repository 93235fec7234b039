"""What may be dialled: what somebody typed → E.164, or why not.

The rules are the operator's, what a number is comes from libphonenumber. Whatever it cannot tell is
refused: who should have been dialled is a line in `dialling.allow`, a call to a satellite is a bill.
https://github.com/google/libphonenumber/blob/master/FAQ.md
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import phonenumbers
from phonenumbers import (
    REGION_CODE_FOR_NON_GEO_ENTITY,
    NumberParseException,
    PhoneNumber,
    PhoneNumberType,
    ValidationResult,
    shortnumberinfo,
)

from bridge.calls.numbers import shortened, to_e164
from bridge.errors import NumberRefused

ORDINARY = frozenset(
    {
        PhoneNumberType.FIXED_LINE,
        PhoneNumberType.MOBILE,
        PhoneNumberType.FIXED_LINE_OR_MOBILE,
        PhoneNumberType.TOLL_FREE,
        PhoneNumberType.VOIP,
        # A company's number without a place, as 0345 in the United Kingdom: at the price of a call there.
        PhoneNumberType.UAN,
    }
)
"""What is dialled; not premium rate, shared cost, personal numbers, pagers, voicemail, nor what comes new."""

EMERGENCY_ANYWHERE = frozenset({"112", "911", "999"})
"""What people dial in need, wherever they learned it; mobile networks understand it everywhere."""

UNKNOWN = PhoneNumberType.UNKNOWN

LONGEST_TYPED = 64
LONGEST_SHORT = 6
"""What has no more digits and is nobody's number is a service of the network."""

# How people write numbers, after NFKC; letters as in 1-800-FLOWERS, and an extension.
TYPED = re.compile(r"\+?\(?[0-9][0-9A-Za-z ().\-/]*(;ext=[0-9]{1,7})?")
E164 = re.compile(r"\+[1-9][0-9]{6,14}")
DASHES = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-"))
SEPARATORS = re.compile(r"[ ().\-/]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What an operator allows. `region` (ISO 3166) is where national and short numbers are at home.

    `allow` and `deny` are beginnings of E.164 numbers; the longest that fits decides, before country and
    kind. `short_numbers` and, where `emergency`, emergency numbers are dialled as they are.
    """

    region: str
    countries: frozenset[str]
    allow: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()
    short_numbers: frozenset[str] = frozenset()
    emergency: bool = False


class _Verdict(NamedTuple):
    """What to dial, or why nothing is dialled."""

    dial: str = ""
    reason: str = ""
    because: str = ""


class Dialling:
    """Decides by `rules`; what was decided lately is remembered, for libphonenumber takes its time."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._decided = lru_cache(maxsize=4096)(self._decide)

    def number(self, typed: str) -> str:
        """The E.164 number (or an allowed short one) to dial for what a user typed.

        Raises NumberRefused, whose message is for the operator.
        """
        verdict = self._decided(typed) if len(typed) <= LONGEST_TYPED else _invalid("too long")
        if verdict.dial:
            return verdict.dial
        raise NumberRefused(verdict.reason, f"{shortened(typed)!r}: {verdict.because}")

    def is_emergency(self, dialled: str) -> bool:
        """Whether a number that `number` gave is an emergency number: nothing else may stop that call."""
        return self._helps(dialled)

    def _decide(self, typed: str) -> _Verdict:
        text = _readable(typed)
        digits = SEPARATORS.sub("", text)
        return self._short(digits) or self._long(text) or self._neither(digits)

    def _short(self, digits: str) -> _Verdict | None:
        if self._helps(digits):
            return _Verdict(digits) if self._rules.emergency else _EMERGENCY
        if digits.removeprefix("+") in EMERGENCY_ANYWHERE:
            return _EMERGENCY
        if digits in self._rules.short_numbers:
            return _Verdict(digits)
        return _SHORT if "*" in digits or "#" in digits else None

    def _helps(self, digits: str) -> bool:
        """Whether it is an emergency number where the line is."""
        possible = len(digits) <= LONGEST_SHORT and digits.isdecimal()
        return possible and shortnumberinfo.is_emergency_number(digits, self._rules.region)

    def _long(self, text: str) -> _Verdict | None:
        """The verdict on what is a telephone number; None for what is none."""
        number, kind = _exact(text) or _read(text, self._rules.region)
        if number is None:
            return None
        e164 = to_e164(number)
        if listed := self._listed(e164):
            return listed
        if kind == UNKNOWN:
            # Not a valid number of any country.
            return None
        if not self._is_of_allowed_country(number):
            return _Verdict(reason="country", because="not a number of a country that is allowed")
        if kind not in ORDINARY:
            because = f"{PhoneNumberType.to_string(kind).lower()}, a kind that is not dialled"
            return _Verdict(reason="special", because=because)
        return _Verdict(e164)

    def _listed(self, e164: str) -> _Verdict | None:
        allowed, denied = _longest(self._rules.allow, e164), _longest(self._rules.deny, e164)
        if len(denied) >= len(allowed):
            return _Verdict(reason="denied", because=f"{denied} is denied") if denied else None
        return _Verdict(e164)

    def _is_of_allowed_country(self, number: PhoneNumber) -> bool:
        """Of whose plan it is: +1 is twenty-five countries', and toll-free numbers are several's at once."""
        countries = self._rules.countries
        region = phonenumbers.region_code_for_number(number)
        if region in countries:
            # Satellites and their like are of no country, even where the line's own number is none's.
            return region != REGION_CODE_FOR_NON_GEO_ENTITY
        sharing = phonenumbers.region_codes_for_country_code(number.country_code or 0)
        shared = [region for region in sharing if region in countries]
        return any(phonenumbers.is_valid_number_for_region(number, region) for region in shared)

    def _neither(self, digits: str) -> _Verdict:
        """What was typed is no number that somebody has."""
        if not digits.isdecimal():
            return _invalid("not a telephone number")
        if shortnumberinfo.connects_to_emergency_number(digits, self._rules.region):
            # Networks connect some at once, whatever comes after.
            return _EMERGENCY
        if len(digits) <= LONGEST_SHORT:
            return _SHORT
        return _invalid(f"not a valid number (region {self._rules.region})")


def _invalid(because: str) -> _Verdict:
    return _Verdict(reason="invalid", because=because)


_EMERGENCY = _Verdict(reason="emergency", because="an emergency number")
_SHORT = _Verdict(reason="short", because="a short number or a service code")


def _readable(typed: str) -> str:
    """Full-width digits as plain ones, and without what is copied along: marks of direction, `tel:`."""
    if not typed.isascii():
        plain = unicodedata.normalize("NFKC", typed).translate(DASHES)
        typed = "".join(c for c in plain if unicodedata.category(c) != "Cf")
    text = typed.strip(" ")
    return text[4:] if text[:4].lower() == "tel:" else text


_Read = tuple[PhoneNumber | None, int]
"""A possible number and of which kind it is."""


def _exact(text: str) -> _Read | None:
    """What is E.164 and valid as it stands: as `_read` would find, at a tenth of the time."""
    if not E164.fullmatch(text):
        return None
    for digits in (2, 3, 4):
        if (code := int(text[1:digits])) in phonenumbers.COUNTRY_CODE_TO_REGION_CODE:
            number = _number(code, text[digits:])
            kind = phonenumbers.number_type(number)
            return (number, kind) if kind != UNKNOWN and _is_possible(number) else None
    return None


def _number(country_code: int, national: str) -> PhoneNumber:
    zeros = len(national) - len(national.lstrip("0"))
    return PhoneNumber(
        country_code=country_code,
        national_number=int(national),
        italian_leading_zero=True if zeros else None,
        number_of_leading_zeros=zeros if zeros > 1 else None,
    )


def _read(text: str, region: str) -> _Read:
    if not TYPED.fullmatch(text):
        return None, UNKNOWN
    try:
        number = phonenumbers.parse(text, region)
    except NumberParseException:
        return None, UNKNOWN
    return (number, phonenumbers.number_type(number)) if _is_possible(number) else (None, UNKNOWN)


def _is_possible(number: PhoneNumber) -> bool:
    """With its area code: there are numbers that are dialled without, and from nowhere else."""
    return phonenumbers.is_possible_number_with_reason(number) == ValidationResult.IS_POSSIBLE


def _longest(prefixes: tuple[str, ...], e164: str) -> str:
    return max((prefix for prefix in prefixes if e164.startswith(prefix)), key=len, default="")
