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


@pytest.mark.parametrize(
    ("name", "is_name"),
    [
        # An address, at its beginning, in whatever case.
        *((f"{scheme}x", False) for scheme in ("client:", "SIP:", "sips:", "Tel:", "http://", "https://")),
        ("xtel:1", True),
        # A code is digits, with a letter before them.
        ("X12345678", False),
        ("X1234567", False),
        ("V1234", True),
        ("B1234", True),
        ("B12345", False),
        ("1234", False),
        ("12345", False),
        # Town and state, in columns, with a comma, or of a state that no name ends in.
        *((f"PARIS{state}", False) for state in ("  TX", ", XX", " ,XX", " USA", " TX", " NB")),
        *((name, False) for name in ("ST. JOHN NB", "O'FALLON MT")),
        *((name, True) for name in ("PARIS XX", "Paris  TX", "OTHER ANN MD", "SMITH LA")),
        # The number that calls is no name, another's is.
        ("+1 415 555 0132", False),
        ("Ann 415 555 0132", True),
    ],
)
def test_what_is_a_name(name: str, is_name: bool) -> None:
    assert (name_of_caller(name, NUMBER) is not None) is is_name


def test_a_name_is_one_line_of_plain_characters() -> None:
    assert name_of_caller(" Ann\u200e  Other ", NUMBER) == "Ann Other"
