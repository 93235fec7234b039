"""Which numbers can be dialled: an agent's input → E.164, or the reason why not.

The rules are the operator's, what a number is comes from libphonenumber. What it does not
recognise is refused: a wrongly refused number costs a line in `dialling.allow`, a satellite call costs money.
https://github.com/google/libphonenumber/blob/master/FAQ.md
"""

import re
from functools import lru_cache
from typing import NamedTuple

import phonenumbers
from msgspec import Struct
from phonenumbers import REGION_CODE_FOR_NON_GEO_ENTITY, PhoneNumberType, shortnumberinfo

from bridge.calls.dialling.surcharged import surcharge_of
from bridge.calls.numbers import E164, Number, Reading, reading, shortened
from bridge.calls.spelling import plain, take_apart
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

ONE_PRICE = frozenset({590})
"""Country codes whose countries have one plan and one price: Guadeloupe's is its former communes', too."""

UNKNOWN = PhoneNumberType.UNKNOWN

LONGEST_TYPED = 64
LONGEST_SHORT = 6
"""An input of at most so many digits that is not a subscriber's number is a network service."""

SEPARATORS = re.compile(r"[ ().\-/]")


class Rules(Struct, frozen=True, kw_only=True):
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


class Dialled(NamedTuple):
    """What to dial, and which digits (`sendDigits`) once it answers: an extension."""

    target: str
    send_digits: str = ""


class _Verdict(NamedTuple):
    """What to dial, or why nothing is dialled."""

    dial: Dialled | None = None
    reason: str = ""
    because: str = ""


class Dialling:
    """Decides by `rules`; recent decisions are cached, since libphonenumber is slow."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._decided = lru_cache(maxsize=4096)(self._decide)

    def number(self, typed: str) -> str:
        """The E.164 number (or an allowed short one) to dial for a user's input; raises NumberRefused."""
        return self.dial(typed).target

    def dial(self, typed: str) -> Dialled:
        """What to dial for a user's input; raises NumberRefused, whose message is for the operator."""
        verdict = self._decided(typed) if len(typed) <= LONGEST_TYPED else _invalid("too long")
        if verdict.dial:
            return verdict.dial
        raise NumberRefused(verdict.reason, f"{shortened(typed)!r}: {verdict.because}")

    def is_emergency(self, dialled: str) -> bool:
        """Whether a number that `number` returned is an emergency number, which no limit stops."""
        return self._helps(dialled)

    def _decide(self, typed: str) -> _Verdict:
        digits = typed if E164.fullmatch(typed) else _digits(typed)
        found = reading(typed, self._rules.region)
        return self._short(digits) or (found and self._long(found)) or self._neither(digits)

    def _short(self, digits: str) -> _Verdict | None:
        if self._helps(digits):
            return _Verdict(Dialled(digits)) if self._rules.emergency else _EMERGENCY
        if digits.removeprefix("+") in EMERGENCY_ANYWHERE:
            return _EMERGENCY
        if digits in self._rules.short_numbers:
            return _Verdict(Dialled(digits))
        return _SHORT if "*" in digits or "#" in digits else None

    def _helps(self, digits: str) -> bool:
        """Whether it is an emergency number where the line is."""
        possible = digits.isdecimal() and digits.isascii()
        return possible and shortnumberinfo.is_emergency_number(digits, self._rules.region)

    def _long(self, found: Reading) -> _Verdict | None:
        """The verdict on a possible number; None for one that is not valid in any country."""
        number = found.number.today
        kind = number.kind
        dialled = _Verdict(Dialled(number, found.send_digits))
        if (is_allowed := self._listed(number)) is not None:
            return dialled if is_allowed else self._denied(number)
        if kind == UNKNOWN:
            return None
        if not self._is_of_allowed_country(number):
            return _Verdict(reason="country", because="not a number of a country that is allowed")
        if kind not in ORDINARY:
            because = f"{PhoneNumberType.to_string(kind).lower()}, a kind that is not dialled"
            return _Verdict(reason="special", because=because)
        if surcharge := surcharge_of(number):
            return _Verdict(reason="special", because=f"{surcharge.prefix} is billed above an ordinary call")
        return dialled

    def _listed(self, number: Number) -> bool | None:
        """The verdict of `allow` and `deny`; None where neither matches."""
        allowed, denied = _longest(self._rules.allow, number), _longest(self._rules.deny, number)
        return len(allowed) > len(denied) if allowed or denied else None

    def _denied(self, number: Number) -> _Verdict:
        return _Verdict(reason="denied", because=f"{_longest(self._rules.deny, number)} is denied")

    def _is_of_allowed_country(self, number: Number) -> bool:
        """Of whose plan it is: +1 is twenty-five countries', and toll-free numbers are several's at once."""
        countries, parsed = self._rules.countries, number.parsed
        region = phonenumbers.region_code_for_number(parsed)
        if region in countries:
            # Satellites and their like are of no country, even where the line's own number is none's.
            return region != REGION_CODE_FOR_NON_GEO_ENTITY
        sharing = phonenumbers.region_codes_for_country_code(number.country_code)
        shared = [region for region in sharing if region in countries]
        if shared and number.country_code in ONE_PRICE:
            return True
        return any(phonenumbers.is_valid_number_for_region(parsed, region) for region in shared)

    def _neither(self, digits: str) -> _Verdict:
        """The verdict on input that is not a subscriber's number."""
        if not (digits.isascii() and digits.isdecimal()):
            return _invalid("not a telephone number")
        if shortnumberinfo.connects_to_emergency_number(digits, self._rules.region):
            # Networks connect some of them at once and ignore further digits.
            return _EMERGENCY
        if len(digits) <= LONGEST_SHORT:
            return _SHORT
        return _invalid(f"not a valid number (region {self._rules.region})")


def _digits(typed: str) -> str:
    written = take_apart(typed)
    return SEPARATORS.sub("", written.number if written else plain(typed))


def _invalid(because: str) -> _Verdict:
    return _Verdict(reason="invalid", because=because)


_EMERGENCY = _Verdict(reason="emergency", because="an emergency number")
_SHORT = _Verdict(reason="short", because="a short number or a service code")


def _longest(prefixes: tuple[str, ...], e164: str) -> str:
    return max((prefix for prefix in prefixes if e164.startswith(prefix)), key=len, default="")
