"""Telephone numbers: read once, at the edge, and compared only as a `Number`; withheld callers.

`reading` is the only place that turns text into a number: what is dialled, what Twilio sends, what Twenty
holds and what an operator types are read alike. What a number is comes from libphonenumber; only what it
does not know stands in `numbering`. https://github.com/google/libphonenumber/blob/master/FAQ.md
"""

import re
from functools import lru_cache
from typing import NamedTuple, Self
from urllib.parse import unquote

import phonenumbers
from msgspec import Struct
from phonenumbers import (
    NumberParseException,
    PhoneNumber,
    PhoneNumberFormat,
    PhoneNumberType,
    ValidationResult,
)

from bridge.calls.agents import client_identity
from bridge.calls.number_plans import ARGENTINA, RENUMBERED, current, is_former, line_of, local, rewritten
from bridge.calls.spelling import LONGEST, Written, plain, take_apart

# What networks send in place of a number; the digits spell the word on a keypad.
# https://www.twilio.com/docs/voice/twiml#twilios-request-to-your-application
KEYPAD_WORDS = frozenset({"266696687", "7378742833", "2562533", "8656696", "86282452253"})
WITHHELD = frozenset(
    {
        "",
        "anonymous",
        "anonymous caller",
        "anonymous.invalid",
        "blocked",
        "caller id blocked",
        "id unavailable",
        "no caller id",
        "no number",
        "none",
        "not available",
        "null",
        "number withheld",
        "private",
        "private caller",
        "private number",
        "restricted",
        "unavailable",
        "undefined",
        "unknown",
        "unknown caller",
        "unknown number",
        "withheld",
        "withheld number",
    }
)
ANONYMOUS = "anonymous"

NAMED = re.compile(r"<([^<>]+)>$")
URI = re.compile(r"(?:sips?|tel):")
KEYPAD = re.compile(r"^(?:00)?1?(?=[- ().]*[2-9])|[- ().]")
"""What stands before and between the digits of a keypad word."""

# Python's own cache of patterns has room for a few countries' alone, and a longer way to each.
phonenumbers.enable_pattern_cache()

FICTION = "+3363998"
"""Assigned to films; all of 06 39 is Mayotte's to libphonenumber."""

SHORTEST = len("+6834002")
"""Niue's, the shortest of subscribers; a few digits typed at home may be possible to libphonenumber."""

USER_SCHEMES = frozenset({"sip", "sips", "whatsapp"})
"""Schemes of addresses whose user can be a telephone number."""

SHORTEST_USER = 7
"""Digits; fewer are an extension of a telephone system, and not a subscriber's number."""

LONGEST_E164 = len("+") + 15
"""https://www.itu.int/rec/T-REC-E.164"""

E164 = re.compile(r"\+[1-9][0-9]{6,14}")
"""As long as almost all numbers: Iran's and Germany's may have six digits."""

FROM_ABROAD = ("00", "011")
"""What is dialled in front of a country code, wherever the number was written."""


class Number(str):
    """A telephone number in E.164, without its extension: one spelling for each number.

    Made by `reading` and `e164` alone. That it is possible does not say that it is assigned: see `is_valid`.
    """

    __slots__ = ()

    @classmethod
    def of(cls, parsed: PhoneNumber) -> Self:
        """The number that libphonenumber read."""
        return cls(phonenumbers.format_number(parsed, PhoneNumberFormat.E164))

    @property
    def parsed(self) -> PhoneNumber:
        """As libphonenumber has it."""
        return _parsed(str(self))

    @property
    def is_valid(self) -> bool:
        """Whether it is of a range that is assigned to subscribers, or to fiction."""
        return self.kind != PhoneNumberType.UNKNOWN or self.startswith(FICTION)

    @property
    def kind(self) -> int:
        """Its `PhoneNumberType`; UNKNOWN where no range that is assigned has it."""
        found = _assigned(str(self))
        return found.kind if found else phonenumbers.number_type(self.parsed)

    @property
    def country_code(self) -> int:
        """33 of +33…."""
        return self.parsed.country_code or 0

    @property
    def national(self) -> str:
        """The national significant number."""
        return str(phonenumbers.national_significant_number(self.parsed))

    @property
    def local(self) -> str:
        """The national number as the shortest of its spellings has it."""
        return local(self.parsed)

    @property
    def line(self) -> str:
        """Equal for two numbers that ring one telephone, always: Argentina's mobiles with and without 9."""
        return _line(self)

    @property
    def alike(self) -> frozenset["Number"]:
        """All that it may stand as: itself, the line's other number, what it was before or since."""
        mobile = self.country_code == ARGENTINA and Number(f"{self.line[:3]}9{self.line[3:]}")
        return frozenset({self, *([Number(self.line), mobile] if mobile else ()), *self.rewritten})

    @property
    def rewritten(self) -> frozenset["Number"]:
        """What it may have been before, or since, its country renumbered: by one rule alone."""
        code = self.country_code
        if code not in RENUMBERED:
            return frozenset()
        return frozenset(Number(f"+{code}{national}") for national in rewritten(code, self.national))

    @property
    def today(self) -> "Number":
        """What is dialled to reach the line: the one number that it became, where it is none any more."""
        since = [other for other in self.rewritten if other.is_valid]
        return since[0] if len(since) == 1 and not self.is_valid else self


class Reading(Struct, frozen=True):
    """A number, and what is dialled once it answers: digits, `*`, `#`, and `w` for half a second."""

    number: Number
    extension: str = ""
    send_digits: str = ""


def is_withheld(address: str) -> bool:
    """Whether the caller did not show a number."""
    return _is_withheld(address) if len(address) <= LONGEST else False


@lru_cache(maxsize=8192)
def _is_withheld(address: str) -> bool:
    text = plain(address).lower()
    if named := NAMED.search(text):
        # `"Anonymous" <sip:anonymous@anonymous.invalid>`
        text = named[1]
    text = URI.sub("", text).partition("@")[0].partition(";")[0].strip("+ .<>\"'")
    return text in WITHHELD or KEYPAD.sub("", text) in KEYPAD_WORDS


@lru_cache(maxsize=8192)
def _read(text: str, region: str) -> Reading | None:
    if E164.fullmatch(text):
        # To a cache of one argument a Number is another key than its text.
        found = _assigned(str(text))
        if found and current(found.number, is_valid=True) is found.number:
            return Reading(Number(text))
        parsed = _exact(text) or _best([text], region)
        return Reading(Number.of(parsed)) if parsed else None
    written = take_apart(text)
    if written is None:
        return None
    parsed = _best(_spellings(written), region)
    return Reading(Number.of(parsed), written.extension, written.send_digits) if parsed else None


def reading(text: str, region: str) -> Reading | None:
    """The telephone number that a text is, as people and machines write numbers; None for any other text.

    `region` (ISO 3166, two letters) is where a national number is at home.
    """
    return _read(text, region) if len(text) <= LONGEST else None


def e164(address: str, region: str) -> Number | None:
    """`0612345678` → `+33612345678` in region FR; None for a withheld caller and for what is no number.

    Of a `sip:` or `whatsapp:` address the number is its user's, where that is one.
    """
    return _e164(address, region) if len(address) <= LONGEST else None


@lru_cache(maxsize=8192)
def _e164(address: str, region: str) -> Number | None:
    found = None if is_withheld(address) else reading(_user_number(address) or address, region)
    # With its plus, too, a keypad word is one; as text, of which the cache has the answer already.
    return found.number if found and not is_withheld(str(found.number)) else None


def _user_number(address: str) -> str | None:
    """`+33639980001` of `sip:+33639980001@pbx.example.com`; None for other addresses, and for other users.

    https://www.rfc-editor.org/rfc/rfc3261#section-19.1.1
    """
    scheme, _, rest = address.partition(":")
    if scheme.lower() not in USER_SCHEMES:
        return None
    user = unquote(rest.partition("@")[0].partition(";")[0].partition(":")[0])
    digits = user.removeprefix("+")
    is_number = digits.isascii() and digits.isdecimal() and len(digits) >= SHORTEST_USER
    return user if is_number else None


def line_at(address: str) -> str:
    """What all addresses of one line have in common: two of them are compared by it."""
    return _line_at(address) if len(address) <= LONGEST else address


@lru_cache(maxsize=8192)
def _line_at(address: str) -> str:
    number = e164(address, "ZZ")
    return number.line if number else address


def user_of(address: str) -> str:
    """Whose address it is: of `sip:+33612345678@example.com` and `whatsapp:+33612345678` their number."""
    return (
        re.sub(r"^(?!client:)[A-Za-z][A-Za-z0-9+.-]{0,20}:", "", address).partition("@")[0].partition(";")[0]
    )


def _spellings(written: Written) -> list[str]:
    """How the digits may be meant, the likeliest first."""
    digits = re.sub(r"[^0-9]", "", written.whole)
    abroad = [f"+{digits.removeprefix(p)}" for p in FROM_ABROAD if digits.startswith(p)]
    return [written.whole, *abroad]


def _best(texts: list[str], region: str) -> PhoneNumber | None:
    """A number that is assigned, rather than one that merely has a length that some number has."""
    read = [number for text in texts if (number := _possible(text, region))]
    return next(
        (number for number in read if phonenumbers.is_valid_number(number)), read[0] if read else None
    )


def _possible(text: str, region: str) -> PhoneNumber | None:
    try:
        parsed = phonenumbers.parse(text, region)
    except NumberParseException:
        return None
    if parsed.extension:
        # A second one, which would be dropped.
        return None
    number = current(parsed)
    # With its area code: there are numbers that are dialled without, and from nowhere else.
    is_possible = _has_a_possible_length(number)
    is_long = len(Number.of(number)) >= SHORTEST or phonenumbers.is_valid_number(number)
    return number if ((is_possible and is_long) or is_former(number)) and _reads_back(number) else None


def _reads_back(number: PhoneNumber) -> bool:
    """Whether its E.164 is that of no other number, and of one at all: Germany's may have 17 digits."""
    text = Number.of(number)
    try:
        return len(text) <= LONGEST_E164 and bool(phonenumbers.parse(text, None) == number)
    except NumberParseException:
        return False


class _Assigned(NamedTuple):
    """A number of a range that is assigned, and which kind of number that range has."""

    number: PhoneNumber
    kind: int


@lru_cache(maxsize=8192)
def _assigned(text: str) -> _Assigned | None:
    """What is E.164 and valid as it stands: as libphonenumber would parse it, at a tenth of the time."""
    number = _split(text)
    if number is None or not _has_a_possible_length(number):
        return None
    kind = phonenumbers.number_type(number)
    return None if kind == PhoneNumberType.UNKNOWN else _Assigned(number, kind)


def _exact(text: str) -> PhoneNumber | None:
    """What is E.164, and valid as its country has it now."""
    number = _split(text)
    if number is None:
        return None
    number = current(number)
    return number if _has_a_possible_length(number) and phonenumbers.is_valid_number(number) else None


def _has_a_possible_length(number: PhoneNumber) -> bool:
    return bool(phonenumbers.is_possible_number_with_reason(number) == ValidationResult.IS_POSSIBLE)


def _split(text: str) -> PhoneNumber | None:
    """The country code and the rest of E.164; None where no country has that code."""
    for digits in (2, 3, 4):
        if (code := int(text[1:digits])) in phonenumbers.COUNTRY_CODE_TO_REGION_CODE:
            return _number(code, text[digits:])
    return None


def _number(country_code: int, national: str) -> PhoneNumber:
    zeros = len(national) - len(national.lstrip("0"))
    return PhoneNumber(
        country_code=country_code,
        national_number=int(national),
        italian_leading_zero=True if zeros else None,
        number_of_leading_zeros=zeros if zeros > 1 else None,
    )


@lru_cache(maxsize=8192)
def _line(number: Number) -> str:
    return f"+{number.country_code}{line_of(number.country_code, number.national)}"


@lru_cache(maxsize=8192)
def _parsed(e164_number: str) -> PhoneNumber:
    found = _assigned(e164_number)
    return found.number if found else phonenumbers.parse(e164_number, None)


def home_region(number: str) -> str:
    """The country (ISO 3166) that an E.164 number is of; `ZZ` where it is of none."""
    found = reading(number, "ZZ")
    return (found and phonenumbers.region_code_for_number(found.number.parsed)) or "ZZ"


def readable(address: str) -> str:
    """An E.164 number as people write it (`+33 6 12 34 56 78`); other addresses as they are."""
    return (_readable(address) if len(address) <= LONGEST else None) or client_identity(address) or address


@lru_cache(maxsize=8192)
def _readable(address: str) -> str | None:
    found = None if is_withheld(address) else reading(address, "ZZ")
    if found is None:
        return None
    shown = phonenumbers.format_number(found.number.parsed, PhoneNumberFormat.INTERNATIONAL)
    return f"{shown} x{found.extension}" if found.extension else str(shown)


def shortened(address: str) -> str:
    """An address as logs show it: `+336…678`; of a short one the first and the last quarter."""
    first, last = (4, 3) if len(address) > 10 else (len(address) // 4,) * 2
    return f"{address[:first]}…{address[len(address) - last :]}" if address else ""
