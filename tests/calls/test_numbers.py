"""Addresses: who is withheld, who is a client, what is a number, how they are shown."""

import re
from functools import partial

import phonenumbers
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.strategies import DataObject

from bridge.calls.agents import client_identity
from bridge.calls.numbers import (
    Number,
    Reading,
    e164,
    home_region,
    is_withheld,
    readable,
    reading,
    shortened,
)
from tests.calls.spellings import numbers, spelled
from tests.cpu_time import seconds, short

KEYPAD = ["+266696687", "+7378742833", "+2562533", "+8656696", "+86282452253"]
KEYPAD += [f"{before}{word[1:]}" for word in KEYPAD for before in ("", "+1", "1")]
WORDS = ["", " ", "anonymous\n", "sip:anonymous@anonymous.invalid", "+anonymous", "anonymous", "Anonymous"]
WORDS += ["UNKNOWN", "restricted", "unavailable", "private", " private "]
WORDS += [
    "sips:anonymous@anonymous.invalid:5061",
    "<sip:restricted@192.0.2.1;transport=udp>",
    "Private number",
]
WORDS += ['"Anonymous" <sip:anonymous@anonymous.invalid>', "No Caller ID", "anonymous.invalid", "null"]
WORDS += ["+1 266-696-687", "00266696687", "٢٦٦٦٩٦٦٨٧"]


@pytest.mark.parametrize("address", KEYPAD + WORDS)
def test_withheld(address: str) -> None:
    assert is_withheld(address)
    assert e164(address, "FR") is None


@pytest.mark.parametrize(
    "address", ["+33612345678", "client:anonymous", "anonymous1", "+12666966871", "sip:jane@private"]
)
def test_not_withheld(address: str) -> None:
    assert not is_withheld(address)


@pytest.mark.parametrize(
    ("address", "identity"),
    [
        ("client:alice", "alice"),
        ("client:client:a", "client_a"),
        ("client:Jane.Doe@example.com", "jane_doe_example_com"),
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
        # Areas that no one in France has.
        ("0590 20 12 34", "FR", "+590590201234"),
        ("0594 20 12 34", "FR", "+594594201234"),
        ("+33 262 20 12 34", "US", "+262262201234"),
        ("0263 01 23 45", "FR", "+262263012345"),
        ("0269 60 12 34", "FR", "+262269601234"),
        ("0508 41 12 34", "FR", "+508411234"),
        ("+33612345678;ext=5", "FR", "+33612345678"),
        ("0612345678", "ZZ", None),
        ("0612345678", "XX", None),
        ("client:0612345678", "FR", None),
        ("sip:+33612345678@example.com", "FR", None),
        ("+33612345678@example.com", "FR", None),
        ("12", "FR", None),
        ("+" + "3" * 40, "FR", None),
        ("3" * 5000, "FR", None),
        # Its area is 221, and no 15 of an Argentine mobile stands in it.
        ("+5492215550101", "FR", "+5492215550101"),
        ("549221155550101", "AR", "+5492215550101"),
        ("0612345678wwww1", "FR", "+33612345678"),
        # A wait of minutes after the answer.
        ("0612345678" + "w" * 63 + "1", "FR", None),
        ("+", "FR", None),
        ("", "FR", None),
        ("hello", "FR", None),
    ],
)
def test_e164(address: str, region: str, number: str | None) -> None:
    assert e164(address, region) == number


@given(data=st.data(), number=numbers())
def test_every_spelling_is_one_number(data: DataObject, number: Number) -> None:
    found = reading(data.draw(spelled(number)), "FR")
    assert found
    assert found.number == number
    assert found.extension in ("", "12")


@given(number=numbers())
def test_what_is_shown_is_read_as_the_number(number: Number) -> None:
    assert reading(readable(f"{number} x12"), "ZZ") == reading(f"{number} x12", "ZZ")
    assert reading(number, "ZZ") == Reading(number)


@given(number=numbers())
def test_alike_is_mutual(number: Number) -> None:
    for other in number.alike:
        assert number in other.alike
        assert e164(other, "ZZ") == other


@pytest.mark.parametrize(
    "text", [", " * 99, ",1" * 99, "p1" * 99, "x" * 250, "0 " * 120, "(" * 250, ";a=" * 80]
)
def test_foreign_text_takes_no_time(text: str) -> None:
    for padding in ("", "0612345678", "tel:"):
        padded = (padding + text * 250)[:250]
        assert seconds(partial(reading, padded, "FR"), least_of=3) < short()


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


@pytest.mark.parametrize(
    ("address", "short"),
    [
        ("+33612345678", "+336…678"),
        ("0612345678", "06…78"),
        ("123456", "1…6"),
        ("112", "…"),
        ("", ""),
    ],
)
def test_logs_show_numbers_shortened(address: str, short: str) -> None:
    assert shortened(address) == short


DIGITS = st.text(st.sampled_from("0123456789+ ().-/\u00a0٣\0;ext:@"), max_size=24)
ADDRESSES = st.text(max_size=30) | DIGITS | DIGITS.map("+{}".format) | st.sampled_from(KEYPAD + WORDS)
REGIONS = st.sampled_from(["FR", "US", "GB", "IT", "ZZ"])
E164 = re.compile(r"\+[1-9][0-9]{5,17}", re.ASCII)


@example(address="0000", region="GB")
@given(address=ADDRESSES, region=REGIONS)
def test_whatever_is_typed_becomes_e164_or_nothing(address: str, region: str) -> None:
    number = e164(address, region)
    assert number is None or E164.fullmatch(number)
    assert number is None or e164(number, "ZZ") == number
    readable(address)
    assert len(shortened(address)) <= 8


def test_a_number_in_e164_is_what_libphonenumber_parses() -> None:
    kinds = phonenumbers.PhoneNumberType.values()
    regions = phonenumbers.SUPPORTED_REGIONS
    examples = [phonenumbers.example_number_for_type(region, kind) for region in regions for kind in kinds]
    written = [
        phonenumbers.format_number(one, phonenumbers.PhoneNumberFormat.E164) for one in examples if one
    ]
    read = [found.number for text in written if (found := reading(text, "FR"))]
    assert len(read) > 1000
    for number in read:
        parsed = phonenumbers.parse(str(number), None)
        assert (number.parsed, number.kind) == (parsed, phonenumbers.number_type(parsed)), number
