"""What a number is before it is dialled: it agrees with what is dialled, for every text."""

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.calls.dialling.checking import Checked, NumberKind, check, emergency_numbers
from bridge.calls.dialling.rules import Dialling, Rules
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
