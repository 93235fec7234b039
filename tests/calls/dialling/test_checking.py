"""What a number is before it is dialled: it agrees with what is dialled, for every text."""

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.calls.dialling.checking import KINDS, Checked, NumberKind, check, emergency_numbers
from bridge.calls.dialling.rules import Dialling, Rules
from bridge.calls.numbers import Number
from bridge.errors import NumberRefused


def dialling(*, region: str = "FR", emergency: bool = False, **more: object) -> Dialling:
    return Dialling(
        Rules(region=region, countries=frozenset({region}), emergency=emergency, **more)  # type: ignore[arg-type]
    )


def checked(typed: str, region: str = "FR", **more: object) -> Checked:
    return check(typed, dialling(region=region, **more), region=region)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("typed", "number", "country", "kind", "reason"),
    [
        ("01 59 13 00 02", "+33159130002", "FR", NumberKind.FIXED, ""),
        ("06 12 34 56 78", "+33612345678", "FR", NumberKind.MOBILE, ""),
        ("+44 7700 900123", "+447700900123", None, NumberKind.UNKNOWN, "invalid"),
        ("+44 20 7946 0123", "+442079460123", "GB", NumberKind.FIXED, "country"),
        ("0892 12 34 56", "+33892123456", "FR", NumberKind.PREMIUM, "special"),
        ("0800 12 34 56", "+33800123456", "FR", NumberKind.TOLL_FREE, ""),
        ("+881612345678", "+881612345678", None, NumberKind.MOBILE, "country"),
        ("112", None, None, NumberKind.EMERGENCY, "emergency"),
        ("1 1 2", None, None, NumberKind.EMERGENCY, "emergency"),
        ("+112", None, None, NumberKind.EMERGENCY, "emergency"),
        ("3631", None, None, NumberKind.SHORT, "short"),
        ("*21#", None, None, NumberKind.SHORT, "short"),
        ("hello", None, None, NumberKind.UNKNOWN, "invalid"),
        ("", None, None, NumberKind.UNKNOWN, "invalid"),
        ("client:alice", None, None, NumberKind.UNKNOWN, "invalid"),
    ],
)
def test_what_it_is(
    typed: str, number: str | None, country: str | None, kind: NumberKind, reason: str
) -> None:
    found = checked(typed)
    assert (found.number, found.country, found.kind, found.reason) == (number, country, kind, reason)


def test_where_they_are_allowed_emergency_and_short_numbers_have_no_reason() -> None:
    assert checked("112", emergency=True) == Checked(NumberKind.EMERGENCY)
    assert checked("3631", short_numbers=frozenset({"3631"})) == Checked(NumberKind.SHORT)


def test_an_extension_is_told() -> None:
    assert checked("01 59 13 00 02 ext. 12").send_digits.strip("w") == "12"


TYPED = st.text(st.sampled_from("0123456789+ -()*#xw"), max_size=20) | st.text(max_size=80)


@given(TYPED, st.sampled_from(["FR", "GB", "US", "DE", "AU"]), st.booleans())
def test_what_is_told_is_what_is_dialled(typed: str, region: str, emergency: bool) -> None:
    rules = dialling(region=region, emergency=emergency)
    found = check(typed, rules, region=region)
    assert found.reason == reason_of(rules, typed)
    if not found.reason:
        target = rules.dial(typed).target
        assert target == found.number or found.kind in (NumberKind.SHORT, NumberKind.EMERGENCY)
        assert found.is_emergency == rules.is_emergency(target)


def reason_of(rules: Dialling, typed: str) -> str:
    try:
        rules.dial(typed)
    except NumberRefused as refused:
        return refused.reason
    return ""


@pytest.mark.parametrize("region", sorted(phonenumbers.SUPPORTED_REGIONS))
def test_each_number_that_is_listed_is_one(region: str) -> None:
    listed = emergency_numbers(region)
    assert {"112", "911", "999"} <= set(listed)
    assert {checked(number, region).kind for number in listed} == {NumberKind.EMERGENCY}


def test_those_of_a_country_are_listed() -> None:
    assert {"15", "17", "18", "112"} <= set(emergency_numbers("FR"))
    assert {"1444", "9999"} < set(emergency_numbers("OM"))
    assert max(map(len, emergency_numbers("ZA"))) == 3, "those of five digits are too many to try"
    assert emergency_numbers("ZZ") == ("112", "911", "999")


@pytest.mark.parametrize(
    ("typed", "region", "found"),
    [
        (
            "06 12 34 56 78 x12",
            "FR",
            Checked(NumberKind.MOBILE, Number("+33612345678"), "FR", send_digits="wwww12"),
        ),
        # Of what is not dialled no digits are, and the number is what it is today.
        (
            "+1 212 555 1234 x12",
            "FR",
            Checked(NumberKind.FIXED_OR_MOBILE, Number("+12125551234"), "US", reason="country"),
        ),
        ("07 12 34 56", "CI", Checked(NumberKind.MOBILE, Number("+2250707123456"), "CI")),
        ("+35860012345", "FI", Checked(NumberKind.PREMIUM, Number("+35860012345"), "FI", reason="special")),
        (
            "0825 12 34 56",
            "FR",
            Checked(NumberKind.SHARED_COST, Number("+33825123456"), "FR", reason="special"),
        ),
        (
            "0810 12 34 56",
            "FR",
            Checked(NumberKind.SHARED_COST, Number("+33810123456"), "FR", reason="special"),
        ),
        ("09 51 23 45 67", "FR", Checked(NumberKind.VOIP, Number("+33951234567"), "FR")),
        (
            "070 1234 5678",
            "GB",
            Checked(NumberKind.PERSONAL, Number("+447012345678"), "GB", reason="special"),
        ),
        ("0345 123 4567", "GB", Checked(NumberKind.COMPANY, Number("+443451234567"), "GB")),
        ("076 4012 3456", "GB", Checked(NumberKind.PAGER, Number("+447640123456"), "GB", reason="special")),
        ("+80012345678", "FR", Checked(NumberKind.TOLL_FREE, Number("+80012345678"), None, reason="country")),
        ("123456", "FR", Checked(NumberKind.SHORT, reason="short")),
        ("1234567", "FR", Checked(NumberKind.UNKNOWN, reason="invalid")),
    ],
)
def test_all_that_is_told_of_a_number(typed: str, region: str, found: Checked) -> None:
    assert checked(typed, region) == found
    assert not found.is_emergency


def test_an_emergency_number_says_so() -> None:
    assert [checked("112", emergency=allowed).is_emergency for allowed in (True, False)] == [True, True]


def test_kinds_of_numbers_are_libphonenumbers_but_what_is_billed_above() -> None:
    """Each kind of which some country has an example that libphonenumber reads as such."""
    kinds = set()
    for kind, name in KINDS.items():
        examples = (
            phonenumbers.example_number_for_type(region, kind)
            for region in ("FR", "GB", "US", "DE", "AU", "CH", "BR", "BE", "AE", "LV")
        )
        for example in examples:
            if example and phonenumbers.number_type(example) == kind:
                region = phonenumbers.region_code_for_number(example) or "ZZ"
                e164 = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)
                found = checked(e164, region).kind
                assert found in (name, NumberKind.PREMIUM), e164
                kinds.add(found)
    assert kinds >= set(KINDS.values()) - {NumberKind.UNKNOWN}
