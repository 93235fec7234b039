"""Whose number is this: however a number was saved, its person is found, and nobody else."""

from datetime import UTC, datetime
from functools import cache

import phonenumbers
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from phonenumbers import PhoneNumber, PhoneNumberFormat, PhoneNumberType

from bridge.calls.matching import (
    NOBODY,
    Candidate,
    Match,
    Person,
    Several,
    choose,
    endings_of,
    forms,
    number_of,
)
from bridge.calls.numbers import to_e164

REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)
TYPES = [PhoneNumberType.FIXED_LINE, PhoneNumberType.MOBILE, PhoneNumberType.VOIP, PhoneNumberType.TOLL_FREE]

Saved = tuple[str, str, str, str]
"""What a phone field holds: number, calling code, country code; and the bridge's own region."""


@cache
def examples(region: str) -> list[PhoneNumber]:
    found = (phonenumbers.example_number_for_type(region, kind) for kind in TYPES)
    return [number for number in found if number is not None and phonenumbers.is_valid_number(number)]


@st.composite
def numbers(draw: st.DrawFn) -> PhoneNumber:
    """A number that was assigned in some country: an example, its last digits changed."""
    example = draw(st.sampled_from(REGIONS).map(examples).filter(bool).flatmap(st.sampled_from))
    digits = phonenumbers.national_significant_number(example)
    last = draw(st.text("0123456789", min_size=4, max_size=4))
    made = phonenumbers.parse(f"+{example.country_code}{digits[:-4]}{last}")
    assume(phonenumbers.is_valid_number(made))
    return made


def written(number: PhoneNumber) -> dict[str, str]:
    """The same number as people and machines write it."""
    e164 = to_e164(number)
    national = phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)
    international = phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)
    return {
        "significant": phonenumbers.national_significant_number(number),
        "e164": e164,
        "zeros": f"00{e164[1:]}",
        "digits": "".join(c for c in national if c.isdigit()),
        "national": national,
        "international": international,
        "zeros grouped": international.replace("+", "00", 1),
    }


def saved_as(number: PhoneNumber) -> list[Saved]:
    """The number in every form, with all that Twenty may know of its country."""
    form, code = written(number), f"+{number.country_code}"
    country = phonenumbers.region_code_for_number(number)
    elsewhere = "FR" if country != "FR" else "US"
    normalised = [(form["significant"], code, country, elsewhere), (form["significant"], code, "", elsewhere)]
    whole = [form[name] for name in ("e164", "zeros", "international", "zeros grouped")]
    abroad = [(text, *known, elsewhere) for text in whole for known in (("", ""), (code, country))]
    national = [
        (text, *known)
        for text in (form["digits"], form["national"])
        for known in ((code, country, elsewhere), ("", country, elsewhere), ("", "", country))
    ]
    return [*normalised, *abroad, *national]


def read(saved: Saved) -> str | None:
    number, calling_code, country_code, region = saved
    return number_of(number, calling_code=calling_code, country_code=country_code, region=region)


@given(number=numbers())
def test_however_it_was_saved_it_is_the_callers_number(number: PhoneNumber) -> None:
    assert {saved: read(saved) for saved in saved_as(number)} == dict.fromkeys(
        saved_as(number), to_e164(number)
    )


@given(number=numbers())
def test_every_written_form_is_asked_for(number: PhoneNumber) -> None:
    assert set(written(number).values()) <= set(forms(to_e164(number)))


@given(number=numbers())
def test_every_written_form_has_one_of_the_endings(number: PhoneNumber) -> None:
    assert [text for text in forms(to_e164(number)) if not text.endswith(endings_of(to_e164(number)))] == []


@given(number=numbers(), other=numbers())
def test_no_other_number_is_confirmed(number: PhoneNumber, other: PhoneNumber) -> None:
    assume(number != other)
    assert to_e164(number) not in {read(saved) for saved in saved_as(other)}


@given(number=numbers(), region=st.sampled_from(REGIONS))
def test_the_same_digits_under_another_calling_code_are_another_number(
    number: PhoneNumber, region: str
) -> None:
    code = phonenumbers.country_code_for_region(region)
    assume(code != number.country_code)
    digits = phonenumbers.national_significant_number(number)
    assert read((digits, f"+{code}", region, "FR")) != to_e164(number)


@pytest.mark.parametrize(
    ("saved", "number"),
    [
        (("159130001", "+33", "FR", "US"), "+33159130001"),
        (("159130001", "33", "", "US"), "+33159130001"),
        (("159130001", "", "", "FR"), "+33159130001"),
        (("0159130001", "", "", "FR"), "+33159130001"),
        (("0159130001", "", "", "BE"), "+32159130001"),
        (("33159130001", "", "", "US"), "+33159130001"),
        (("33159130001", "+33", "FR", "US"), "+33159130001"),
        (("97122345678", "+971", "AE", "FR"), "+97122345678"),
        (("0111523456789", "", "AR", "FR"), "+5491123456789"),
        (("0612345678", "+39", "IT", "FR"), "+390612345678"),
        (("159130001", "+32", "BE", "FR"), "+32159130001"),
        (("0159130001", "", "", "US"), "+10159130001"),
        (("client:bob", "", "", "FR"), None),
        (("anonymous", "", "", "FR"), None),
        (("", "+33", "FR", "FR"), None),
        (("159130001", "+999", "XX", "ZZ"), None),
        (("159130001", "garbage", "", "ZZ"), None),
    ],
)
def test_read(saved: Saved, number: str | None) -> None:
    assert read(saved) == number


@pytest.mark.parametrize("address", ["anonymous", "+266696687", "client:bob", "0159130001", "", "+"])
def test_nothing_is_asked_for_what_is_no_e164_number(address: str) -> None:
    assert (forms(address), endings_of(address)) == ((), ())


def test_few_endings() -> None:
    assert endings_of("+33159130001") == ("159130001", "1 59 13 00 01")
    assert endings_of("+12125551234") == ("2125551234", "212-555-1234", "(212) 555-1234")


JANE, JOHN = Person("1", "Jane"), Person("2", "John")
NUMBER = "+33159130001"


def candidate(person: Person, year: int, *numbers: str) -> Candidate:
    return Candidate(person, frozenset(numbers), datetime(year, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("number", "candidates", "match"),
    [
        (NUMBER, [], NOBODY),
        (NUMBER, [candidate(JANE, 2020, "+33159130002")], NOBODY),
        (None, [candidate(JANE, 2020, NUMBER)], NOBODY),
        (NUMBER, [candidate(JANE, 2020, "+33159130002", NUMBER)], Match(JANE)),
        (NUMBER, [candidate(JANE, 2020, NUMBER), candidate(JOHN, 2019, NUMBER)], Match(JOHN, (JANE,))),
        (NUMBER, [candidate(JOHN, 2020, NUMBER), candidate(JANE, 2020, NUMBER)], Match(JANE, (JOHN,))),
    ],
)
def test_chosen(number: str | None, candidates: list[Candidate], match: Match) -> None:
    assert choose(number, candidates) == match


@pytest.mark.parametrize(
    ("several", "candidates", "match"),
    [
        ("oldest", [candidate(JANE, 2020, NUMBER), candidate(JOHN, 2019, NUMBER)], Match(JOHN, (JANE,))),
        ("newest", [candidate(JANE, 2020, NUMBER), candidate(JOHN, 2019, NUMBER)], Match(JANE, (JOHN,))),
        ("none", [candidate(JANE, 2020, NUMBER), candidate(JOHN, 2019, NUMBER)], Match(None, (JOHN, JANE))),
        ("none", [candidate(JANE, 2020, NUMBER)], Match(JANE)),
        ("newest", [], NOBODY),
    ],
)
def test_policy(several: Several, candidates: list[Candidate], match: Match) -> None:
    assert choose(NUMBER, candidates, several=several) == match
