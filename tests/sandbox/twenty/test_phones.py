"""Phone numbers are split and refused as the original does it, by libphonenumber."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

Ask = Callable[..., Awaitable[Any]]

CREATE = """mutation ($p: PhonesCreateInput) {createPerson(data: {phones: $p}) {phones {
  primaryPhoneNumber primaryPhoneCallingCode primaryPhoneCountryCode additionalPhones }}}"""


def given(number: str, calling: str | None = None, country: str | None = None) -> dict[str, str]:
    parts = {"primaryPhoneCallingCode": calling, "primaryPhoneCountryCode": country}
    return {"primaryPhoneNumber": number, **{key: value for key, value in parts.items() if value}}


@pytest.mark.parametrize(
    ("phones", "number", "calling", "country"),
    [
        (given("+33159130001"), "159130001", "+33", "FR"),
        (given("+33 1 59 13 00 01"), "159130001", "+33", "FR"),
        (given("159130003", "+33", "FR"), "159130003", "+33", "FR"),
        (given("01 59 13 00 04", None, "FR"), "159130004", "+33", "FR"),
        (given("0159130004", "+33"), "159130004", "+33", "FR"),
        (given("+1 (415) 555-2671"), "4155552671", "+1", "US"),
        (given("+16045551234"), "6045551234", "+1", "CA"),
        (given("+442079460958"), "2079460958", "+44", "GB"),
        (given("+390612345678"), "0612345678", "+39", "IT"),
        (given("+266696687"), "696687", "+266", "LS"),
        (given("3001", "+33", "FR"), "3001", "+33", "FR"),
        (given("+3315"), "15", "+33", "FR"),
        (given("0033 1 59 13 00 04", None, "FR"), "159130004", "+33", "FR"),
        (given("0033159130004", "+33"), "033159130004", "+33", "FR"),
        (given("+\uff13\uff13159130004"), "159130004", "+33", "FR"),
        (given("\uff0b159130004", None, "FR"), "159130004", "+33", "FR"),
        (given("+33159130004 ext. 12"), "159130004", "+33", "FR"),
        (given("+33159130004,,12#"), "159130004", "+33", "FR"),
        (given("Call +33159130004 (office)"), "159130004", "+33", "FR"),
        (given("11", None, "GB"), "11", "+44", "GB"),
        (given(""), "", "", ""),
        ({}, "", "", ""),
        (None, "", "", ""),
    ],
)
async def test_a_number_in_its_parts(ask: Ask, phones: Any, number: str, calling: str, country: str) -> None:
    answer = await ask(CREATE, p=phones)
    assert answer["data"]["createPerson"]["phones"] == {
        "primaryPhoneNumber": number,
        "primaryPhoneCallingCode": calling,
        "primaryPhoneCountryCode": country,
        "additionalPhones": [],
    }


@pytest.mark.parametrize(
    ("phones", "sub_code"),
    [
        (given("01 59 13 00 05"), "INVALID_PHONE_NUMBER"),
        (given("anonymous"), "INVALID_PHONE_NUMBER"),
        (given("112"), "INVALID_PHONE_NUMBER"),
        (given("\uff0b33159130004"), "INVALID_PHONE_NUMBER"),
        (given("+33159130004p12"), "INVALID_PHONE_NUMBER"),
        (given("+33159130004 or +33159130005"), "INVALID_PHONE_NUMBER"),
        (given("+33*159"), "INVALID_PHONE_NUMBER"),
        (given("11x30", None, "GB"), "INVALID_PHONE_NUMBER"),
        (given("1-1", None, "GB"), "INVALID_PHONE_NUMBER"),
        (given("+33159130004" + " " * 250 + "1"), "INVALID_PHONE_NUMBER"),
        (given("+33159130007", "+1"), "CONFLICTING_PHONE_CALLING_CODE"),
        (given("+33159130007", None, "US"), "CONFLICTING_PHONE_COUNTRY_CODE"),
        (given("159130007", "+33", "US"), "CONFLICTING_PHONE_CALLING_CODE_AND_COUNTRY_CODE"),
        (given("159130007", None, "XX"), "INVALID_PHONE_COUNTRY_CODE"),
        (given("+0033159130007", None, "FR"), "INVALID_PHONE_NUMBER"),
        (given("159130007", "+999"), "INVALID_PHONE_CALLING_CODE"),
        (given("159130007", "++33"), "INVALID_PHONE_CALLING_CODE"),
        (given("159130007", "033"), "INVALID_PHONE_CALLING_CODE"),
        (given("773111632", "+870"), "INVALID_PHONE_CALLING_CODE"),
        ({"additionalPhones": [{"number": "nobody"}]}, "INVALID_PHONE_NUMBER"),
        ({"primaryPhoneNumber": "+33159130014", "foo": 1}, "INVALID_ARGS_DATA"),
        ({"primaryPhoneNumber": 33159130014}, "INVALID_ARGS_DATA"),
        ("+33159130014", "INVALID_ARGS_DATA"),
    ],
)
async def test_a_number_that_is_refused(ask: Ask, phones: Any, sub_code: str) -> None:
    answer = await ask(CREATE, p=phones)
    assert answer["data"] == {"createPerson": None}
    assert answer["errors"][0]["extensions"]["subCode"] == sub_code


@pytest.mark.parametrize(
    "additional",
    [
        [{"number": "+33 6 12 34 56 78"}],
        [{"number": "612345678", "callingCode": "+33", "countryCode": "FR"}],
        '[{"number": "612345678", "callingCode": "+33"}]',
    ],
)
async def test_additional_numbers(ask: Ask, additional: Any) -> None:
    answer = await ask(CREATE, p={"additionalPhones": additional})
    assert answer["data"]["createPerson"]["phones"]["additionalPhones"] == [
        {"number": "612345678", "callingCode": "+33", "countryCode": "FR"}
    ]


async def test_an_update_of_the_national_number_alone_is_refused(ask: Ask) -> None:
    made = await ask('mutation {createPerson(data: {phones: {primaryPhoneNumber: "+33159130001"}}) {id}}')
    person = made["data"]["createPerson"]["id"]
    update = "mutation ($i: UUID!, $p: PhonesUpdateInput) {updatePerson(id: $i, data: {phones: $p}) {id}}"
    answer = await ask(update, i=person, p={"primaryPhoneNumber": "159130001"})
    assert answer["errors"][0]["extensions"]["subCode"] == "INVALID_PHONE_NUMBER"
