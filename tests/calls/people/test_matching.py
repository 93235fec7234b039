"""Whose number is this: however a number was saved, its person is found, and nobody else."""

import re
from datetime import UTC, datetime

import phonenumbers
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from hypothesis.strategies import DataObject

from bridge.calls.numbers import Number, e164
from bridge.calls.people.matching import (
    NO_PERSON,
    Candidate,
    Match,
    Person,
    Several,
    choose,
    is_asked_for,
    number_of,
    patterns,
)
from tests.calls.spellings import EXTENSIONS, REGIONS, SEPARATORS, numbers, spelled, whole, written

Saved = tuple[str, str, str, str]
"""What a phone field holds: number, calling code, country code; and the bridge's own region."""


def saved_as(number: Number) -> list[Saved]:
    """The number in every form, with all that Twenty may know of its country."""
    form, code = written(number), f"+{number.country_code}"
    country = phonenumbers.region_code_for_number(number.parsed)
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
def test_however_it_was_saved_it_is_the_callers_number(number: Number) -> None:
    assert {saved: read(saved) for saved in saved_as(number)} == dict.fromkeys(saved_as(number), number)


@given(data=st.data(), number=numbers())
def test_however_it_was_spelled_it_is_the_callers_number(data: DataObject, number: Number) -> None:
    text = data.draw(spelled(number))
    assert read((text, "", "", "FR")) == read((text, f"+{number.country_code}", "", "US")) == number


def is_like(text: str, pattern: str) -> bool:
    """As PostgreSQL's LIKE."""
    parts = (re.escape(part).replace("_", ".") for part in pattern.split("%"))
    return re.fullmatch(".*".join(parts), text, re.DOTALL) is not None


@given(number=numbers(), separator=st.sampled_from(SEPARATORS), extension=st.sampled_from(EXTENSIONS))
def test_every_spelling_is_asked_for(number: Number, separator: str, extension: str) -> None:
    assume(len(number.national) >= 6)
    texts = {*written(number).values(), *whole(number)}
    spelled_out = {f"{text.replace(' ', separator)}{extension}" for text in texts} | texts
    assert {t for t in spelled_out if not any(is_like(t, p) for p in patterns(number))} == set()


@given(number=numbers(), other=numbers())
def test_no_other_number_is_confirmed(number: Number, other: Number) -> None:
    assume(number.line != other.line)
    assert number not in {read(saved) for saved in saved_as(other)}
    assert choose(number, [candidate(JANE, 2020, other)]) == (
        Match(JANE) if other in number.rewritten else NO_PERSON
    )


OF_FRANCE = {33, 262, 508, 590, 594, 596}
"""One numbering plan: a number is read by its digits, whichever of these codes stands beside it."""


@given(number=numbers(), region=st.sampled_from(REGIONS))
@example(number=Number("+33123450000"), region="PM")
def test_the_same_digits_under_another_calling_code_are_another_number(number: Number, region: str) -> None:
    code = phonenumbers.country_code_for_region(region)
    assume(code != number.country_code)
    found = read((number.national, f"+{code}", region, "FR"))
    # Martinique's, written as a French one, and the other way.
    assert found != number or {code, number.country_code} <= OF_FRANCE


ONE_LINE = [
    # Mexico's old 1.
    ("+5215512345678", ("5512345678", "+52", "MX")),
    ("+525512345678", ("15512345678", "+52", "MX")),
    ("+525512345678", ("044 55 1234 5678", "+52", "MX")),
    ("+5215512345678", ("045 55 1234 5678", "", "MX")),
    ("+525512345678", ("+52 1 55 1234 5678", "", "")),
    # Argentina's 9 and 15.
    ("+5491123456789", ("1123456789", "+54", "AR")),
    ("+541123456789", ("91123456789", "+54", "AR")),
    ("+541123456789", ("011 15-2345-6789", "", "AR")),
    ("+5493514234567", ("351 423-4567", "+54", "AR")),
    # Brazil's ninth digit.
    ("+5511987654321", ("1187654321", "+55", "BR")),
    ("+551187654321", ("11987654321", "+55", "BR")),
    ("+5521998765432", ("(21) 9876-5432", "", "BR")),
    # Ivory Coast's ten digits.
    ("+2250707123456", ("07123456", "+225", "CI")),
    ("+2250102030405", ("02 03 04 05", "+225", "CI")),
    ("+2252720212223", ("20212223", "+225", "CI")),
    ("+22507123456", ("0707123456", "+225", "CI")),
    # France overseas, which Twenty stores so.
    ("+596596712345", ("0596712345", "", "FR")),
    ("+596596712345", ("596712345", "+33", "FR")),
    ("+262692123456", ("0692 12 34 56", "", "FR")),
    ("+590690001234", ("690001234", "+33", "")),
    # France's plan, written down overseas.
    ("+33612345678", ("06 12 34 56 78", "", "RE")),
    ("+33159130001", ("159130001", "+596", "MQ")),
    ("+596596712345", ("0596712345", "", "RE")),
    # Where the area code is left out.
    ("+3780549886377", ("886377", "+378", "SM")),
    ("+3780549886377", ("0549 88 63 77", "", "SM")),
    ("+12423651234", ("365-1234", "+1242", "BS")),
    ("+441534456789", ("456789", "+44", "JE")),
    # Codes as software and people write them.
    ("+33612345678", ("612345678", "0033", "FR")),
    ("+33612345678", ("612345678", " +33 ", " fr ")),
    ("+33612345678", ("612345678", "(+٣٣)", "France")),
    ("+33612345678", ("612345678", "", "France")),
    ("+33612345678", ("33612345678.0", "", "")),
]


@pytest.mark.parametrize(("caller", "saved"), ONE_LINE)
def test_one_line_in_two_forms(caller: str, saved: tuple[str, str, str]) -> None:
    number, found = e164(caller, "FR"), read((*saved, "FR"))
    assert number
    assert found
    assert any(is_like(saved[0], pattern) for pattern in patterns(number))
    assert choose(number, [candidate(JANE, 2020, found)]) == Match(JANE)
    assert found in number.alike


@pytest.mark.parametrize(
    ("caller", "held"),
    [
        ("+5511927654321", "+551127654321"),  # a fixed line never had a ninth digit
        ("+2250507123456", "+22507123456"),  # MTN's, and the former number was Orange's
        ("+525512345678", "+15512345678"),
        ("+33596712345", "+33596712346"),
    ],
)
def test_another_line(caller: str, held: str) -> None:
    number = e164(caller, "FR")
    assert (
        choose(number, [Candidate(JANE, frozenset({Number(held)}), datetime(2020, 1, 1, tzinfo=UTC))])
        == NO_PERSON
    )


def test_a_guess_needs_to_be_the_only_one() -> None:
    now, before = Number("+5511987654321"), Number("+551187654321")
    assert choose(now, [candidate(JANE, 2020, before)]) == Match(JANE)
    assert choose(now, [candidate(JANE, 2020, before), candidate(JOHN, 2019, before)]) == NO_PERSON
    assert choose(now, [candidate(JANE, 2019, before), candidate(JOHN, 2020, now)]) == Match(JOHN)


@pytest.mark.parametrize(
    ("saved", "number"),
    [
        # Mobiles whose plus an export has dropped; as they stand they could be fixed lines of 0491.
        (("491713920012", "", "", "DE"), "+491713920012"),
        (("4915228817386", "+49", "DE", "FR"), "+4915228817386"),
        (("49 152 28817386", "", "", "DE"), "+4915228817386"),
        (("0491713920012", "+49", "DE", "FR"), "+49491713920012"),
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


@pytest.mark.parametrize(
    ("number", "digits"),
    [
        ("+3780549886377", "886377"),
        ("+37866661212", "66661212"),
        ("+12423651234", "3651234"),
        ("+441534456789", "456789"),
        ("+447797712345", "7797712345"),
        ("+33612345678", "612345678"),
    ],
)
def test_what_every_national_spelling_has(number: str, digits: str) -> None:
    """A longer part is not found in the shorter spelling; of a shorter one there are too many."""
    assert Number(number).local == digits


def test_few_patterns() -> None:
    assert patterns(Number("+33159130001")) == ("%1%5%9%1%3%0%0%0%1%",)
    assert patterns(Number("+5511987654321")) == ("%1%1%8%7%6%5%4%3%2%1%",)
    assert len(patterns(Number("+6834002"))) == 8


SHORT = [Number("+6834002"), Number("+6837012"), Number("+29022158")]


@given(number=st.sampled_from(SHORT), data=st.data())
def test_a_short_number_is_asked_for_with_a_separator_between_any_digits(
    number: Number, data: DataObject
) -> None:
    separators = [data.draw(st.sampled_from(["", " ", "-", ".", "\u00a0"])) for _ in number.national]
    text = "".join(
        f"{separator}{digit}" for separator, digit in zip(separators, number.national, strict=True)
    )
    text = f"{data.draw(st.sampled_from(['', '+683', '(', '_']))}{text}"
    assert any(is_like(text, pattern) for pattern in patterns(number))
    assert is_asked_for(number, text)


@given(
    number=st.sampled_from(SHORT) | numbers(),
    text=st.text(st.sampled_from("0124578 _-"), max_size=12),
)
def test_what_is_asked_for_is_what_postgresql_finds(number: Number, text: str) -> None:
    assert is_asked_for(number, text) == any(is_like(text, pattern) for pattern in patterns(number))


JANE, JOHN = Person("1", "Jane"), Person("2", "John")
NUMBER = Number("+33159130001")


def candidate(person: Person, year: int, *numbers: str) -> Candidate:
    return Candidate(person, frozenset(map(Number, numbers)), datetime(year, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("number", "candidates", "match"),
    [
        (NUMBER, [], NO_PERSON),
        (NUMBER, [candidate(JANE, 2020, "+33159130002")], NO_PERSON),
        (None, [candidate(JANE, 2020, NUMBER)], NO_PERSON),
        (NUMBER, [candidate(JANE, 2020, "+33159130002", NUMBER)], Match(JANE)),
        (NUMBER, [candidate(JANE, 2020, NUMBER), candidate(JOHN, 2019, NUMBER)], Match(JOHN, (JANE,))),
        (NUMBER, [candidate(JOHN, 2020, NUMBER), candidate(JANE, 2020, NUMBER)], Match(JANE, (JOHN,))),
    ],
)
def test_chosen(number: Number | None, candidates: list[Candidate], match: Match) -> None:
    assert choose(number, candidates) == match


@pytest.mark.parametrize(
    ("several", "candidates", "match"),
    [
        ("oldest", [candidate(JANE, 2020, NUMBER), candidate(JOHN, 2019, NUMBER)], Match(JOHN, (JANE,))),
        ("newest", [candidate(JANE, 2020, NUMBER), candidate(JOHN, 2019, NUMBER)], Match(JANE, (JOHN,))),
        ("none", [candidate(JANE, 2020, NUMBER), candidate(JOHN, 2019, NUMBER)], Match(None, (JOHN, JANE))),
        ("none", [candidate(JANE, 2020, NUMBER)], Match(JANE)),
        ("newest", [], NO_PERSON),
    ],
)
def test_policy(several: Several, candidates: list[Candidate], match: Match) -> None:
    assert choose(NUMBER, candidates, several=several) == match


@pytest.mark.parametrize(
    ("found", "match"),
    [
        # By the age of their records, of equal ones by their id.
        ([candidate(JOHN, 2020, NUMBER), candidate(JANE, 2020, NUMBER)], (JANE, JOHN)),
        ([candidate(JANE, 2021, NUMBER), candidate(JOHN, 2020, NUMBER)], (JOHN, JANE)),
    ],
)
def test_whom_each_policy_chooses(found: list[Candidate], match: tuple[Person, Person]) -> None:
    first, second = match
    third = Person("3", "Jim")
    for order in (found, found[::-1]):
        every = [*order, candidate(third, 2022, NUMBER)]
        assert choose(NUMBER, every) == Match(first, (second, third))
        assert choose(NUMBER, every, several="newest") == Match(third, (second, first))
        assert choose(NUMBER, every, several="none") == Match(None, (first, second, third))
        assert choose(NUMBER, every[:1], several="none") == Match(every[0].person)
        assert not choose(NUMBER, every).corrected


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        *((text, True) for text in ("4002", "40 02", "4 0 0 2", "+683 4002", "x4002y", "4_0-02")),
        *((text, False) for text in ("400", "40--02", "402", "4020", "", "4  002", "2004")),
    ],
)
def test_where_a_short_number_is_found(text: str, asked: bool) -> None:
    assert is_asked_for(Number("+6834002"), text) is asked
    assert any(is_like(text, pattern) for pattern in patterns(Number("+6834002"))) is asked


@pytest.mark.parametrize(
    ("number", "form"),
    [
        ("+5511987654321", "%1%1%8%7%6%5%4%3%2%1%"),
        ("+551187654321", "%1%1%8%7%6%5%4%3%2%1%"),
        ("+541123456789", "%1%1%2%3%4%5%6%7%8%9%"),
        ("+5491123456789", "%1%1%2%3%4%5%6%7%8%9%"),
        ("+2250707123456", "%0%7%1%2%3%4%5%6%"),
        ("+22507123456", "%0%7%1%2%3%4%5%6%"),
        ("+3780549886377", "%8%8%6%3%7%7%"),
        ("+247123456", "%1%2%3%4%5%6%"),
    ],
)
def test_by_what_a_line_is_asked_for(number: str, form: str) -> None:
    assert patterns(Number(number)) == (form,)
    assert is_asked_for(Number(number), form.replace("%", " "))
    assert not is_asked_for(Number(number), form.replace("%", "")[:-1])


def test_a_plus_that_was_lost_is_looked_for_only_where_the_text_is_no_mobile_as_it_stands() -> None:
    assert read(("491713920012", "", "", "DE")) == "+491713920012"
    assert read(("4930123456", "", "", "DE")) == "+4930123456"
    assert read(("491713920012", "+49", "DE", "FR")) == "+491713920012"
    assert read(("15228817386", "+49", "DE", "FR")) == "+4915228817386"
