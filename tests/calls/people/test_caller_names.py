"""Names that networks send: whose are people's, and whose are no name."""

import pytest

from bridge.calls.numbers import Number
from bridge.calls.people.caller_names import name_of_caller

NUMBER = Number("+14155550132")


@pytest.mark.parametrize(
    "name",
    [
        "Ann Other",
        "OTHER,ANN",
        "ACME INC",
        "Zoé",
        "Anonymous Ltd",
        "7 Eleven",
        "李",
        "ACME SYSTEMS CO",
        "OTHER ANN MD",
        "Free Press",
    ],
)
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
        "OUT OF AREA CALL",
        "Spam Likely",
        "POTENTIAL SPAM",
        "Unknown Unknown",
        "ANONYMOUS CALLER",
        "name not found",
        "N/A",
        "null null",
        "Pay Phone",
        "sip:+14155550132@example.com",
        "client:bob",
        "SAN FRANCSCO CA",
        "NEW YORK NY",
        "TORONTO      ON",
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
