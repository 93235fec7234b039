"""Rewrites a phone field of Twenty to Twenty's present form, or says why an operator has to look at it.

Twenty normalises numbers when they are written, since 2025; older rows are as they were typed or imported.
"""

import re
from enum import StrEnum

import phonenumbers
from msgspec import Struct
from msgspec.structs import replace
from phonenumbers import NumberParseException, PhoneNumber

from bridge.calls.numbers import SHORTEST, Number, reading
from bridge.calls.people.matching import home_of, is_asked_for, meanings, number_of
from bridge.calls.spelling import plain, take_apart

GUESSED = "ZZ"
"""Not a country: a number that parses differently with it than with the home region would be a guess."""

BETWEEN = re.compile(r"[/,;|&\n]|\b(?:or|ou|oder|und|and|et|y|e|o)\b", re.IGNORECASE)
"""Separators of two numbers in one field; a slash can also be part of one number."""

FEWEST_DIGITS = SHORTEST - 1

LETTERS = re.compile("[A-Za-z]+")
CALLING_CODE = re.compile(r"\+[1-9][0-9]{0,3}", re.ASCII)


class Phone(Struct, frozen=True):
    """A number as a phone field of Twenty holds it: the national number, `+33`, `FR`, in today's rows."""

    number: str
    calling_code: str = ""
    country_code: str = ""

    def read(self, region: str) -> Number | None:
        """The field's number; without a country it is parsed as a number of `region`."""
        return number_of(
            self.number, calling_code=self.calling_code, country_code=self.country_code, region=region
        )


class Left(StrEnum):
    """Why a field is left unchanged for an operator to look at."""

    EXTENSION = "an extension, which Twenty would drop"
    TWO_NUMBERS = "two numbers in one field"
    GUESSED = "no country: the number would be guessed"
    AMBIGUOUS = "several numbers can be meant"
    CODES = "the number is not of its calling code or country"
    LETTERS = "words beside the number"
    NO_NUMBER = "not a number that is assigned"
    SHAPE = "additional numbers in a form of their own"


def normalised(phone: Phone, *, region: str) -> Phone | Left:
    """The field in Twenty's form, unchanged if it has it already; else why it is left unchanged."""
    if not phone.number.strip() or is_normal(phone):
        return phone
    return _doubt(phone, region) or _of(phone, region)


def is_normal(phone: Phone) -> bool:
    """Whether Twenty would store the same values if the field were written again."""
    if not CALLING_CODE.fullmatch(phone.calling_code):
        return False
    code = int(phone.calling_code)
    home = phone.country_code or phonenumbers.region_code_for_country_code(code)
    try:
        parsed = phonenumbers.parse(phone.number, home)
    except NumberParseException:
        return False
    country = country_of(parsed)
    is_same = phonenumbers.national_significant_number(parsed) == phone.number
    return parsed.country_code == code and is_same and phone.country_code in {country or phone.country_code}


def country_of(parsed: PhoneNumber) -> str:
    """The country (ISO 3166) as Twenty infers it; a calling code of only one country decides it alone."""
    countries = phonenumbers.COUNTRY_CODE_TO_REGION_CODE.get(parsed.country_code or 0, ())
    country = countries[0] if len(countries) == 1 else phonenumbers.region_code_for_number(parsed)
    return "" if country in (None, "001") else str(country)


def is_lost(phone: Phone, *, region: str) -> bool:
    """Whether calls from this field's number find no person; short numbers of services never call."""
    number = phone.read(region)
    if number is None:
        return sum(map(str.isdecimal, phone.number)) >= FEWEST_DIGITS
    return not is_asked_for(number, phone.number)


def _doubt(phone: Phone, region: str) -> Left | None:
    """Why an operator has to decide which number the field means; None where it is certain."""
    home = home_of(phone.calling_code, phone.country_code) or region
    written = take_apart(plain(phone.number))
    if written and written.extension:
        return Left.EXTENSION
    if _are_two(phone.number, home):
        return Left.TWO_NUMBERS
    number = phone.read(region)
    if number is None or not number.is_valid:
        return Left.NO_NUMBER
    if number != phone.read(GUESSED):
        return Left.GUESSED
    if _has_words(phone.number, home):
        return Left.LETTERS
    return _contradiction(phone, number)


def _contradiction(phone: Phone, number: Number) -> Left | None:
    read = meanings(
        phone.number, calling_code=phone.calling_code, country_code=phone.country_code, region=GUESSED
    )
    if len({one for one in read if one.is_valid}) > 1:
        return Left.AMBIGUOUS
    is_of_code = phone.calling_code.strip().lstrip("+") in ("", str(number.country_code))
    country = country_of(number.parsed)
    is_of_country = not country or phone.country_code in ("", country)
    return None if is_of_code and is_of_country else Left.CODES


def _are_two(text: str, home: str) -> bool:
    """Whether the text before a separator is a number itself: 030/123456 is one number, 030 123456/7 two."""
    first, *others = BETWEEN.split(text.strip())
    found = reading(first, home) if any(map(str.isdecimal, "".join(others))) else None
    return found is not None and found.number.is_valid


def _has_words(text: str, home: str) -> bool:
    """Whether there are letters beside the number; those of 1-800-FLOWERS are digits of it."""
    written = take_apart(text)
    return bool(written and LETTERS.search(written.number) and reading(LETTERS.sub("", written.number), home))


def _of(phone: Phone, region: str) -> Phone | Left:
    number = phone.read(region)
    if number is None:
        return Left.NO_NUMBER
    country = country_of(number.parsed) or phone.country_code
    found = replace(
        phone, number=number.national, calling_code=f"+{number.country_code}", country_code=country
    )
    return found if is_normal(found) and found.read(GUESSED) == number else Left.AMBIGUOUS
