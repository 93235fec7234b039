"""What countries changed, and what libphonenumber does not know of it: one line's several numbers.

Two kinds. `current` is always right: the former number is not assigned any more. `rewritten` is a guess: the
former number is possibly another subscriber's today.
"""

import re
from collections.abc import Iterator
from functools import cache

import phonenumbers
from phonenumbers import PhoneMetadata, PhoneNumber

FRANCE, MEXICO, ARGENTINA, BRAZIL, IVORY_COAST = 33, 52, 54, 55, 225

OVERSEAS = ("590", "594", "596", "262", "508")
"""France's departments overseas: one national plan with France, dialled with country codes of their own.

https://www.arcep.fr/la-regulation/grands-dossiers-thematiques-transverses/la-numerotation.html
"""
FRENCH_CODES = frozenset({FRANCE, *map(int, OVERSEAS)})
OVERSEAS_AREAS = ("590", "594", "596", "262", "263", "269", "508")
"""Geographic areas that no one in France has, though libphonenumber takes +33 596… for a number."""

MEXICAN_PREFIX = re.compile(r"(?:044|045|01|1)(?=[0-9]{10}$)")
"""Dialled until August 2019. https://github.com/google/libphonenumber/blob/master/FAQ.md"""

ARGENTINE_TWICE = re.compile(r"9(?=[0-9]{12}$)(?=[0-9]{2,4}15)")
"""A mobile's 9 of abroad and its 15 of home, around an area and a subscriber of ten digits together."""

BRAZILIAN_MOBILE = re.compile(r"([1-9][0-9])9?([6-9][0-9]{7})")
"""Mobiles got a ninth digit, area by area, from 2012 to 2016. https://www.gov.br/anatel"""

AREA_LEFT_OUT = re.compile(r"(?P<area>[0-9]{2,4})\\1")

IVORIAN_DIGITS = 8
"""Until 31 January 2021. https://www.itu.int/oth/T0202000036/en"""


def current(number: PhoneNumber, *, is_valid: bool = False) -> PhoneNumber:
    """The present number of the subscriber who had this one, which the caller may know to `is_valid`."""
    national = phonenumbers.national_significant_number(number)
    if number.country_code == MEXICO and (prefix := MEXICAN_PREFIX.match(national)):
        return _made(f"+52{national[prefix.end() :]}")
    if number.country_code in FRENCH_CODES and len(national) == 9:
        return _where_french(number, national, is_valid) or number
    if number.country_code == ARGENTINA and (twice := ARGENTINE_TWICE.match(national)):
        once = _made(f"+54{national[twice.end() :]}")
        return once if phonenumbers.is_valid_number(once) else number
    return number


def _where_french(number: PhoneNumber, national: str, is_valid: bool) -> PhoneNumber | None:
    """Where a number of France's plan is at home, if that is elsewhere than it is written for."""
    is_overseas = national.startswith(OVERSEAS_AREAS)
    is_valid = is_valid or phonenumbers.is_valid_number(number)
    if is_valid and not (is_overseas and number.country_code == FRANCE):
        return None
    for code in OVERSEAS if is_overseas else (*OVERSEAS, str(FRANCE)):
        there = _made(f"+{code}{national.removeprefix('508') if code == '508' else national}")
        if phonenumbers.is_valid_number(there):
            return there
    return None


def _made(e164: str) -> PhoneNumber:
    return phonenumbers.parse(e164, None)


def is_former(number: PhoneNumber) -> bool:
    """Whether it was a number until its country renumbered, and is too short for one now."""
    national = phonenumbers.national_significant_number(number)
    return number.country_code == IVORY_COAST and len(national) == IVORIAN_DIGITS


@cache
def _area_left_out(region: str) -> str:
    """The area code of a country that has one, which its people leave out: `242$1` of the Bahamas."""
    metadata = PhoneMetadata.metadata_for_region(region)
    rule = AREA_LEFT_OUT.fullmatch(metadata.national_prefix_transform_rule or "") if metadata else None
    return rule["area"] if rule else ""


def local(number: PhoneNumber) -> str:
    """The digits that all national spellings have: San Marino's 0549 is left out at home, as island codes."""
    national = str(phonenumbers.national_significant_number(number))
    return national.removeprefix(_area_left_out(phonenumbers.region_code_for_number(number) or ""))


def line_of(country_code: int, national: str) -> str:
    """What the national numbers of one line share: to Argentina's mobiles a 9 is dialled from abroad."""
    is_mobile = country_code == ARGENTINA and len(national) == 11 and national.startswith("9")
    return national[1:] if is_mobile else national


RENUMBERED = frozenset({BRAZIL, IVORY_COAST})
"""Countries of which `rewritten` has numbers."""


def rewritten(country_code: int, national: str) -> Iterator[str]:
    """The national number that the same line had before a renumbering, or has since."""
    if country_code == BRAZIL and (mobile := BRAZILIAN_MOBILE.fullmatch(national)):
        area, digits = mobile.groups()
        yield f"{area}{digits}" if len(national) == 11 else f"{area}9{digits}"
    if country_code == IVORY_COAST and len(national) == IVORIAN_DIGITS:
        yield _ivorian_prefix(national) + national
    if country_code == IVORY_COAST and len(national) == 10 and national[:2] == _ivorian_prefix(national[2:]):
        yield national[2:]


def _ivorian_prefix(former: str) -> str:
    """Fixed lines (2, 3) go by the third digit, mobiles by the second: Moov, MTN or Orange."""
    if former[0] in "23":
        return {"8": "21", "0": "25"}.get(former[2], "27")
    return ("01", "05", "07")[(0, 0, 0, 0, 1, 1, 1, 2, 2, 2)[int(former[1])]]
