"""Ranges billed above an ordinary call, and the verdict on every region's example of every kind."""

import re
from pathlib import Path

import phonenumbers
import pytest
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from bridge.calls.dialling.rules import Dialling, Rules
from bridge.calls.dialling.surcharged import SURCHARGED, surcharge_of
from bridge.errors import NumberRefused

VERDICTS = Path(__file__).with_name("verdicts.txt")


def verdict(number: str, region: str, *allow: str) -> str:
    try:
        return Dialling(Rules(region=region, countries=frozenset({region}), allow=allow)).number(number)
    except NumberRefused as refused:
        return refused.reason


@pytest.mark.parametrize(
    ("number", "region"),
    [
        ("+3586061234567", "FI"),
        ("06061234567", "FI"),
        ("+35870512345", "FI"),
        ("+35860012345", "FI"),
        ("+81570012345", "JP"),
        ("0570012345", "JP"),
        ("+31840123456", "NL"),
        *((f"+3582{digits}123456"[:13], "FI") for digits in ("00", "020", "022", "023", "098", "099")),
        ("+35810012345", "FI"),
        ("+35830012345", "FI"),
        ("+31870123456", "NL"),
        ("+351707123456", "PT"),
        ("+351708123456", "PT"),
        ("+12129761234", "US"),
    ],
)
def test_what_costs_more_is_refused_unless_it_is_allowed(number: str, region: str) -> None:
    assert verdict(number, region) == "special"
    e164 = (
        number if number.startswith("+") else f"+{phonenumbers.country_code_for_region(region)}{number[1:]}"
    )
    assert verdict(number, region, e164[:6]) == e164


@pytest.mark.parametrize(
    ("number", "region"),
    [
        ("+358101234567", "FI"),
        ("+358201234567", "FI"),
        ("+358294567890", "FI"),
        ("+46101234567", "SE"),
        ("+4702000", "NO"),
        ("+33806123456", "FR"),
        ("+443451234567", "GB"),
    ],
)
def test_a_companys_ordinary_number_is_dialled(number: str, region: str) -> None:
    assert verdict(number, region) == number


def test_each_range_has_numbers_of_its_own_and_a_source() -> None:
    for range_ in SURCHARGED:
        assert range_.source.startswith("http")
        begins = range_.prefix.replace(".", "2")
        assert [one for one in SURCHARGED if re.match(one.pattern, begins)] == [range_]
        assert surcharge_of(begins) == range_


def test_every_regions_example_of_every_kind() -> None:
    """The table to look at when libphonenumber's metadata change; a verdict that changes is a decision."""
    assert VERDICTS.read_text().splitlines() == verdicts()


def verdicts() -> list[str]:
    kinds = {kind: PhoneNumberType.to_string(kind) for kind in PhoneNumberType.values()}
    return [
        f"{region} {name} {e164} {'dialled' if found == e164 else found}"
        for region in sorted(phonenumbers.SUPPORTED_REGIONS)
        for kind, name in sorted(kinds.items())
        if (example := phonenumbers.example_number_for_type(region, kind))
        for e164 in [phonenumbers.format_number(example, PhoneNumberFormat.E164)]
        for found in [verdict(e164, region)]
    ]
