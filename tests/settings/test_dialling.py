"""Settings of what may be dialled: what YAML makes of numbers and of Norway, and lists that make no sense."""

import pytest

from bridge.errors import SettingsInvalid
from tests.settings.conftest import Load


@pytest.mark.parametrize(
    ("config", "field", "value"),
    [
        ("{}", "countries", None),
        ("{countries: [FR, NO, GB]}", "countries", ("FR", "NO", "GB")),
        ("{countries: []}", "countries", ()),
        ("{allow: ['+33892', '+881', '+1242']}", "allow", ("+33892", "+881", "+1242")),
        ("{deny: ['+33', '+1']}", "deny", ("+33", "+1")),
        ("{short_numbers: ['3631']}", "short_numbers", ("3631",)),
        ("{caller_ids: ['+33 1 59 13 00 02']}", "caller_ids", ("+33159130002",)),
        ("{caller_ids: [+33159130002]}", "caller_ids", ("+33159130002",)),
        ("{own_caller_ids: {jane: ['+33159130003']}}", "own_caller_ids", {"jane": ("+33159130003",)}),
    ],
)
def test_dialling(loading: Load, config: str, field: str, value: object) -> None:
    assert getattr(loading(f"dialling: {config}").dialling, field) == value


@pytest.mark.parametrize(
    ("config", "problem"),
    [
        ("{countries: [XX]}", "dialling.countries: should be a country in two capital letters (ISO 3166)"),
        ("{countries: ['001']}", "dialling.countries: should be a country"),
        ("{allow: [+33892]}", "dialling.allow: should stand in quotes"),
        ("{short_numbers: [3631]}", "dialling.short_numbers: should stand in quotes"),
        ("{caller_ids: ['0159130002']}", "dialling.caller_ids: should be a number in E.164"),
        ("{allow: ['33892']}", "dialling.allow: has the wrong form"),
        ("{deny: ['+']}", "dialling.deny: has the wrong form"),
        ("{short_numbers: ['+112']}", "dialling.short_numbers: has the wrong form"),
        ("{allow: ['+33']}", "dialling: allow has +33, which would allow a country's premium-rate numbers"),
        ("{allow: ['+4']}", "dialling: allow has +4, which"),
        ("{allow: ['+1']}", "dialling: allow has +1, which"),
        ("{allow: ['+336'], deny: ['+336']}", "dialling: +336 should stand in allow or in deny, not in both"),
        ("{calls_an_hour: -1}", "dialling.calls_an_hour: should be at least 0"),
        ("{contries: [FR]}", "dialling.contries: is unknown; did you mean countries?"),
    ],
)
def test_a_wrong_setting_is_named(loading: Load, config: str, problem: str) -> None:
    with pytest.raises(SettingsInvalid) as invalid:
        loading(f"dialling: {config}")
    (told,) = invalid.value.problems
    assert told.startswith(problem)


def test_the_country_is_that_of_the_line_unless_set(loading: Load) -> None:
    assert loading().dialling.rules("FR").countries == {"FR"}
    assert loading("dialling: {countries: [BE]}").dialling.rules("FR").countries == {"BE"}
    assert loading("dialling: {countries: []}").dialling.rules("FR").countries == frozenset()
