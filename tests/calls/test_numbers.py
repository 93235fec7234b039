"""Numbers: who is withheld, who is a client, what can be dialled."""

import pytest

from bridge.calls.numbers import (
    client_identity,
    e164,
    home_region,
    is_withheld,
    readable,
    shortened,
    to_dial,
)
from bridge.errors import NumberRefused

KEYPAD = ["+266696687", "+7378742833", "+2562533", "+8656696", "+86282452253"]
WORDS = ["anonymous", "Anonymous", "UNKNOWN", "restricted", "unavailable", "private", " private "]


@pytest.mark.parametrize("address", KEYPAD + WORDS)
def test_withheld(address: str) -> None:
    assert is_withheld(address)
    assert e164(address, "FR") is None


@pytest.mark.parametrize("address", ["+33612345678", "client:anonymous", "", "anonymous1"])
def test_not_withheld(address: str) -> None:
    assert not is_withheld(address)


@pytest.mark.parametrize(
    ("address", "identity"),
    [
        ("client:alice", "alice"),
        ("client:client:a", "client:a"),
        ("client:", None),
        ("Client:alice", None),
        ("+33612345678", None),
        ("", None),
        (None, None),
    ],
)
def test_client_identity(address: str | None, identity: str | None) -> None:
    assert client_identity(address) == identity


@pytest.mark.parametrize(
    ("address", "region", "number"),
    [
        ("0612345678", "FR", "+33612345678"),
        ("06 12 34 56 78", "FR", "+33612345678"),
        ("+33612345678", "US", "+33612345678"),
        ("+33 (0)6 12 34 56 78", "US", "+33612345678"),
        ("0033612345678", "FR", "+33612345678"),
        ("(212) 555-1234", "US", "+12125551234"),
        ("0612345678", "IT", "+390612345678"),
        ("+33612345678;ext=5", "FR", "+33612345678"),
        ("0612345678", "ZZ", None),
        ("0612345678", "XX", None),
        ("client:0612345678", "FR", None),
        ("sip:+33612345678@example.com", "FR", None),
        ("+33612345678@example.com", "FR", None),
        ("12", "FR", None),
        ("+" + "3" * 40, "FR", None),
        ("3" * 5000, "FR", None),
        ("+", "FR", None),
        ("", "FR", None),
        ("hello", "FR", None),
    ],
)
def test_e164(address: str, region: str, number: str | None) -> None:
    assert e164(address, region) == number


@pytest.mark.parametrize(
    ("typed", "region", "number"),
    [
        ("0612345678", "FR", "+33612345678"),
        ("06.12.34.56.78", "FR", "+33612345678"),
        ("06\u00a012\u00a034\u00a056\u00a078", "FR", "+33612345678"),
        ("+1 212-555-1234", "FR", "+12125551234"),
        ("(212) 555-1234", "US", "+12125551234"),
    ],
)
def test_dialled(typed: str, region: str, number: str) -> None:
    assert to_dial(typed, region) == number


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "12",
        "112",
        "1-800-FLOWERS",
        "+99912345678",
        "0012345678901234567890",
        "client:bob",
        "sip:bob@example.com",
        "anonymous",
        "+266696687",
        "+33612345678<Number>",
        "+33612345678;phone-context=x",
        "٠٦١٢٣٤٥٦٧٨",
        "0612345678\n",
        "0" * 41,
    ],
)
def test_not_dialled(typed: str) -> None:
    with pytest.raises(NumberRefused) as refused:
        to_dial(typed, "FR")
    assert refused.value.reason == "invalid"


@pytest.mark.parametrize(
    ("number", "region"),
    [("+33159130001", "FR"), ("+12125551234", "US"), ("+80012345678", "001"), ("0159130001", "ZZ")],
)
def test_home_region(number: str, region: str) -> None:
    assert home_region(number) == region


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("+33612345678", "+33 6 12 34 56 78"),
        ("+12125551234", "+1 212-555-1234"),
        ("client:alice", "alice"),
        ("sip:bob@example.com", "sip:bob@example.com"),
        ("12", "12"),
    ],
)
def test_readable(address: str, shown: str) -> None:
    assert readable(address) == shown


@pytest.mark.parametrize(("address", "short"), [("+33612345678", "+336…678"), ("112", "112"), ("", "")])
def test_logs_show_numbers_shortened(address: str, short: str) -> None:
    assert shortened(address) == short
