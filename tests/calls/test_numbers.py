"""Addresses: who is withheld, who is a client, what is a number, how they are shown."""

import re
from functools import partial

import phonenumbers
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.strategies import DataObject

from bridge.calls.agents import client_identity
from bridge.calls.number_plans import current
from bridge.calls.numbers import (
    Number,
    Reading,
    _assigned,
    _exact,
    e164,
    home_region,
    is_withheld,
    line_at,
    readable,
    reading,
    shortened,
    user_of,
)
from bridge.calls.spelling import Written, take_apart
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
        ("sip:+33612345678@example.com", "FR", "+33612345678"),
        ("SIPS:%2B33612345678;user=phone@example.com:5061", "US", "+33612345678"),
        ("sip:0612345678:password@pbx.example.com", "FR", "+33612345678"),
        ("whatsapp:+33612345678", "FR", "+33612345678"),
        # An extension that is a number in some country, a user with a name, and one who shows none.
        ("sip:112233@pbx.example.com", "FR", None),
        ("sip:alice0612345678@pbx.example.com", "FR", None),
        ("sip:266696687@pbx.example.com", "FR", None),
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


@pytest.mark.parametrize(
    ("text", "region", "read"),
    [
        ("tel:+33612345678;ext=12", "FR", "+33612345678 12 wwww12"),
        # A spreadsheet's, of at least seven digits; it is no extension.
        ("612345678.0", "GB", "+44612345678"),
        ("1234567.0", "FR", None),
        ("0612345678P12W3", "FR", "+33612345678 12,3 wwww12wwww3"),
        ("0612345678 p12 p13", "FR", "+33612345678 12,13 wwww12wwww13"),
        ("+33612345678;ext=5;phone-context=+33", "US", "+33612345678 5 wwww5"),
        ("+33612345678;ext=a", "FR", None),
        ("+33612345678;ext=5;x", "FR", None),
        ("+33612345678;isub=1", "FR", None),
        ("tel:0612345678;phone-context=x y", "FR", None),
        ("tel:0612345678;phone-context=crm.example.com", "FR", "+33612345678"),
        ("tel:0612345678;phone-context=+33", "US", "+33612345678"),
        ("06–12−34_56\u30fb78", "FR", "+33612345678"),
        ("06⁄12∕34\u00b756\u202778", "FR", "+33612345678"),
        ("0\u03016\u20dd \u200e☎[12]{345678}", "FR", "+33612345678"),
        ("０６１２３４５６７８", "FR", "+33612345678"),
        ("06¹2345678", "FR", None),
        ("06⑴2345678", "FR", None),
        ("<0612345678>", "FR", "+33612345678"),
        ("0612345678, x12", "FR", "+33612345678 12 wwww12"),
        (f"0612345678{'w' * 61}111111", "FR", f"+33612345678 111111 {'wwww' * 61}111111"),
        (f"0612345678{'w' * 61}1111111", "FR", None),
        ("0612345678".ljust(250), "FR", "+33612345678"),
        ("0612345678".ljust(251), "FR", None),
        # What is dialled before a country code, wherever it was written.
        ("0033612345678", "ZZ", "+33612345678"),
        ("(00)33612345678", "US", "+33612345678"),
        ("(011) 33 6 12 34 56 78", "FR", "+33612345678"),
        ("006834002", "JP", "+6834002"),
        ("00612345678", "AU", "+612345678"),
        ("8442079460018", "DE", "+498442079460018"),
        ("Phone 737-874-2833", "US", "+17378742833"),
        # Where it is at home.
        ("+33508411234", "ZZ", "+508411234"),
        ("+596612345678", "ZZ", "+33612345678"),
        ("+33596712345", "ZZ", "+596596712345"),
        ("+54 9 11 15 2345 6789", "ZZ", "+5491123456789"),
        ("+499111523456789", "ZZ", "+499111523456789"),
        ("+4402079460018", "ZZ", "+442079460018"),
        ("07 12 34 56", "CI", "+22507123456"),
        # The shortest and the longest.
        ("1234", "AT", None),
        ("22345", "AT", "+4322345"),
        ("+99912345678", "ZZ", None),
        ("+1234567", "ZZ", None),
        ("+4930123456789012", "ZZ", None),
        ("client:0612345678", "FR", None),
    ],
)
def test_what_is_read_of_a_text(text: str, region: str, read: str | None) -> None:
    found = reading(text, region)
    assert (found and " ".join(filter(None, (found.number, found.extension, found.send_digits)))) == read


def test_a_keypad_word_is_no_number_however_it_is_labelled() -> None:
    assert e164("Phone 737-874-2833", "US") is None
    assert e164("Phone 737-874-2834", "US") == "+17378742834"


NUMBERS = """
+22507123456    no  unknown     07123456     07123456     =            +2250707123456 +2250707123456
+2252120812223  yes fixed_line  2120812223   2120812223   =            =              +22520812223
+22520812223    no  unknown     20812223     20812223     =            +2252120812223 +2252120812223
+22520012223    no  unknown     20012223     20012223     =            +2252520012223 +2252520012223
+22531512223    no  unknown     31512223     31512223     =            =              +2252731512223
+2250888123456  no  unknown     0888123456   0888123456   =            =              -
+2252570123456  yes fixed_line  2570123456   2570123456   =            =              -
+5511987654321  yes mobile      11987654321  11987654321  =            =              +551187654321
+551187654321   no  unknown     1187654321   1187654321   =            +5511987654321 +5511987654321
+551171234567   yes mobile      1171234567   1171234567   =            =              +5511971234567
+551127654321   yes fixed_line  1127654321   1127654321   =            =              -
+551081234567   no  unknown     1081234567   1081234567   =            =              +5510981234567
+552720123456   yes fixed_line  2720123456   2720123456   =            =              -
+5512345678     no  unknown     12345678     12345678     =            =              -
+3780549886377  yes fixed_line  0549886377   886377       =            =              -
+12423651234    yes fixed_line  2423651234   3651234      =            =              -
+5491123456789  yes mobile      91123456789  91123456789  +541123456789 =             -
+541123456789   yes fixed_line  1123456789   1123456789   =            =              -
+549123456789   no  unknown     9123456789   9123456789   =            =              -
+5411234567890  no  unknown     11234567890  11234567890  =            =              -
+4991234567890  yes fixed_line  91234567890  91234567890  =            =              -
+33639980001    yes unknown     639980001    639980001    =            =              -
+3900612345678  no  unknown     00612345678  00612345678  =            =              -
+390612345678   yes fixed_line  0612345678   0612345678   =            =              -
+80012345678    yes toll_free   12345678     12345678     =            =              -
+525512345678   yes fixed_line_or_mobile 5512345678 5512345678 =       =              -
"""
"""A number; whether it is valid, its kind, national, as it is dialled at home, its line, what it is today,
what it was before or is since. `=` is the number itself."""


@pytest.mark.parametrize("row", NUMBERS.strip().splitlines())
def test_what_a_number_says_of_itself(row: str) -> None:
    text, *facts = row.split()
    number = Number(text)
    kind = phonenumbers.PhoneNumberType.to_string(number.kind).lower()
    found = ["yes" if number.is_valid else "no", kind, number.national, number.local]
    found += ["=" if one == number else str(one) for one in (number.line, number.today)]
    assert [*found, " ".join(number.rewritten) or "-"] == facts
    others = (
        {Number(f"{number.line[:3]}9{number.line[3:]}"), Number(number.line)} if text[:3] == "+54" else set()
    )
    assert number.alike == {number, *number.rewritten, *others}
    assert number.parsed == phonenumbers.parse(text, None)


def test_ivorian_mobiles_got_the_prefix_of_their_network() -> None:
    prefixes = [Number(f"+2250{digit}123456").today[4:6] for digit in range(10)]
    assert prefixes == ["01"] * 4 + ["05"] * 3 + ["07"] * 3


def test_what_is_assigned_is_found_without_the_parser_and_alike() -> None:
    """At a tenth of the time, which is all that would change without it."""
    regions, kinds = sorted(phonenumbers.SUPPORTED_REGIONS), phonenumbers.PhoneNumberType.values()
    examples = [phonenumbers.example_number_for_type(region, kind) for region in regions for kind in kinds]
    for one in [one for one in examples[::7] if one]:
        text = phonenumbers.format_number(one, phonenumbers.PhoneNumberFormat.E164)
        parsed, kind = phonenumbers.parse(text, None), phonenumbers.number_type(one)
        # Canada's 310 numbers are dialled without an area code, and from nowhere else.
        reason = phonenumbers.is_possible_number_with_reason(parsed)
        is_valid = (
            phonenumbers.is_valid_number(parsed) and reason == phonenumbers.ValidationResult.IS_POSSIBLE
        )
        assert _assigned(text) == ((parsed, kind) if is_valid else None), text
        now = current(parsed)
        assert _exact(text) == (now if is_valid and phonenumbers.is_valid_number(now) else None), text
    for text in ("+99912345678", "+336123456", "+3361234567890", "+33039980001"):
        assert (_assigned(text), _exact(text)) == (None, None)


NETWORKS = """
anonymous|Anonymous Caller|anonymous.invalid|BLOCKED|Caller ID Blocked|ID Unavailable|No Caller ID|No Number
None|Not Available|null|Number Withheld|Private|Private Caller|PRIVATE NUMBER|RESTRICTED|Unavailable|undefined
Unknown|Unknown Caller|UNKNOWN NUMBER|Withheld|withheld number
"""


def test_what_networks_send_for_a_number_that_is_withheld() -> None:
    for said in NETWORKS.replace("\n", "|").strip("|").split("|"):
        for written in (said, f" {said} ", f'"{said}"', f"<sip:{said}@192.0.2.1>"):
            assert is_withheld(written), written
        assert not is_withheld(f"{said}x")
    assert [is_withheld("anonymous".ljust(length)) for length in (250, 251)] == [True, False]


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("tel:+33612345678;ext=12", Written("+33612345678", extension="12", send_digits="wwww12")),
        ("tel:612345678;phone-context=+33", Written("612345678", context="+33")),
        ("tel:+33612345678;phone-context=+44", Written("+33612345678")),
        ("0612345678 x12;ext=5", Written("0612345678", extension="12", send_digits="wwww12")),
        ("0612345678;EXT= 5 ", Written("0612345678", extension="5", send_digits="wwww5")),
        ("0612345678X x12", Written("0612345678X", extension="12", send_digits="wwww12")),
        ("0612345678X", Written("0612345678X")),
        ("0612345678,,12#", Written("0612345678", extension="12", send_digits="wwwwwwww12#")),
        ("hello", None),
        ("", None),
    ],
)
def test_the_parts_of_a_text(text: str, written: Written | None) -> None:
    found = take_apart(text)
    assert found == written
    if found:
        assert found.whole == f"{found.context} {found.number}".strip()


@pytest.mark.parametrize(
    ("address", "user"),
    [
        ("sip:+33612345678@example.com", "+33612345678"),
        ("sip:+33612345678;user=phone@example.com", "+33612345678"),
        ("whatsapp:+33612345678", "+33612345678"),
        ("client:jane@example.com", "client:jane"),
        ("+33612345678", "+33612345678"),
        ("a:b:c", "b:c"),
        (f"{'a' * 21}:b", "b"),
        (f"{'a' * 22}:b", f"{'a' * 22}:b"),
        ("1a:b", "1a:b"),
        ("", ""),
    ],
)
def test_whose_address_it_is(address: str, user: str) -> None:
    assert user_of(address) == user


@pytest.mark.parametrize(
    ("address", "shown", "line"),
    [
        ("+33612345678 x12", "+33 6 12 34 56 78 x12", "+33612345678"),
        ("+5491123456789", "+54 9 11 2345-6789", "+541123456789"),
        ("client:al.ice", "al_ice", "client:al.ice"),
        ("0612345678", "0612345678", "0612345678"),
        ("anonymous", "anonymous", "anonymous"),
        ("+266696687", "+266696687", "+266696687"),
        ("x" * 251, "x" * 251, "x" * 251),
        ("+33612345678".ljust(250), "+33 6 12 34 56 78", "+33612345678"),
        ("+33612345678".ljust(251), "+33612345678".ljust(251), "+33612345678".ljust(251)),
    ],
)
def test_how_an_address_is_shown_and_compared(address: str, shown: str, line: str) -> None:
    assert (readable(address), line_at(address)) == (shown, line)


@pytest.mark.parametrize(
    ("address", "short"),
    [
        ("0123456789", "01…89"),
        ("01234567890", "0123…890"),
        ("12345678", "12…78"),
        ("1234", "1…4"),
        ("12", "…"),
    ],
)
def test_how_logs_shorten(address: str, short: str) -> None:
    assert shortened(address) == short
