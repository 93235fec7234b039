"""Names that networks send: whose are people's, and whose are no name."""

import pytest

from bridge.calls.caller_names import name_of_caller
from bridge.calls.numbers import Number

NUMBER = Number("+14155550132")


@pytest.mark.parametrize("name", ["Ann Other", "OTHER,ANN", "ACME INC", "Zoé", "Anonymous Ltd", "7 Eleven"])
def test_names(name: str) -> None:
    assert name_of_caller(name, NUMBER) == name


@pytest.mark.parametrize(
    "name",
    [
        None,
        "",
        "  ",
        "\u200e",
        "WIRELESS CALLER",
        "Wireless  Caller",
        "UNAVAILABLE",
        "Unknown",
        "Anonymous",
        "TOLL FREE CALLER",
        "OUT-OF-AREA",
        "LA MESA      CA",
        "LA MESA, CA",
        "SAN FRANCISCO   CA",
        "V12345678900123",
        "+14155550132",
        "415-555-0132",
        "(415) 555-0132",
        "-",
        "***",
    ],
)
def test_placeholders(name: str | None) -> None:
    assert name_of_caller(name, NUMBER) is None
