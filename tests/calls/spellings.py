"""Telephone numbers of every country, and how people and machines write them."""

from collections.abc import Iterator
from functools import cache

import phonenumbers
from hypothesis import assume
from hypothesis import strategies as st
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from bridge.calls.numbers import Number, reading

REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)
TYPES = [PhoneNumberType.FIXED_LINE, PhoneNumberType.MOBILE, PhoneNumberType.VOIP, PhoneNumberType.TOLL_FREE]

SCRIPTS = ("٠", "۰", "०", "০", "๐", "០", "０")
"""The zeros of some scripts; nine digits follow each."""

SEPARATORS = (".", "-", "/", " ", "\u00a0", "\u202f", "\u2011", "\u2013", "")
MARKS = ("", " ", "\t", "\n", "\r\n", "\u200e", "\u202a", "\u00a0", "\ufeff", "\u200b")
EXTENSIONS: tuple[str, ...] = (
    "",
    " x12",
    " ext. 12",
    ";ext=12",
    ",,12#",
    " #12",
    "p12",
    " poste 12",
    ", ext 12",
)
EXTENSIONS += (" (ext 12)", " int. 12", " 内線12")
LABELS = ("", "tel:", "Tel. ", "Tél. : ", "Mobile: ", "callto:", "N° ", "☎ ", "Numéro : ")


@cache
def examples(region: str) -> list[Number]:
    """Numbers that are assigned in a country."""
    found = (phonenumbers.example_number_for_type(region, kind) for kind in TYPES)
    valid = [number for number in found if number is not None and phonenumbers.is_valid_number(number)]
    return [Number.of(number) for number in valid]


@st.composite
def numbers(draw: st.DrawFn) -> Number:
    """A number that was assigned in some country: an example, its last digits changed."""
    example = draw(st.sampled_from(REGIONS).map(examples).filter(bool).flatmap(st.sampled_from))
    made = Number(example[:-4] + draw(st.text("0123456789", min_size=4, max_size=4)))
    found = reading(made, "ZZ")
    # Some are another country's, as +33 596… is Martinique's.
    assume(found is not None and found.number == made and made.is_valid)
    return made


def written(number: Number) -> dict[str, str]:
    """The same number as software writes it."""
    national = phonenumbers.format_number(number.parsed, PhoneNumberFormat.NATIONAL)
    international = phonenumbers.format_number(number.parsed, PhoneNumberFormat.INTERNATIONAL)
    return {
        "significant": number.national,
        "e164": str(number),
        "zeros": f"00{number[1:]}",
        "digits": "".join(c for c in national if c.isdigit()),
        "national": national,
        "international": international,
        "zeros grouped": international.replace("+", "00", 1),
    }


def whole(number: Number) -> Iterator[str]:
    """The spellings that name the country."""
    code, rest = f"+{number.country_code}", written(number)["international"].partition(" ")[2]
    yield from (f"{code} {rest}", f"({code}) {rest}", f"[{code}] {rest}", f"+ {code[1:]} {rest}")
    yield from (f"{code}{number.national}", f"00 {code[1:]} {rest}")


@st.composite
def spelled(draw: st.DrawFn, number: Number) -> str:
    """A spelling that names the country, with other separators, digits and marks, labelled or extended."""
    text = draw(st.sampled_from(list(whole(number))))
    separator = draw(st.sampled_from(SEPARATORS))
    text = "".join(separator if c in " -" else c for c in text)
    zero = draw(st.sampled_from(("0", *SCRIPTS)))
    text += draw(st.sampled_from(EXTENSIONS))
    text = "".join(chr(ord(zero) + int(c)) if c in "0123456789" else c for c in text)
    before, behind = draw(st.sampled_from(MARKS)), draw(st.sampled_from(MARKS))
    return f"{before}{draw(st.sampled_from(LABELS))}{text}{behind}"
