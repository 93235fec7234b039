"""A phone field in Twenty's own form; what is left to people, and what the look-up does not find."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.calls.numbers import Number
from bridge.calls.people.normalising import Left, Phone, country_of, is_lost, is_normal, normalised
from tests.calls.spellings import MARKS, SCRIPTS, SEPARATORS, numbers, written

JANE = Phone("612345601", "+33", "FR")
BERLIN = Phone("3012345603", "+49", "DE")


@pytest.mark.parametrize(
    ("stands", "form"),
    [
        (JANE, JANE),
        (Phone(""), Phone("")),
        (Phone("", "+33", "FR"), Phone("", "+33", "FR")),
        (Phone("612345601", "+33"), JANE),
        (Phone("612345601", "33", "FR"), JANE),
        (Phone("0612345601", "+33", "FR"), JANE),
        (Phone("06.12.34.56.01", "", "FR"), JANE),
        (Phone("06-12-34-56-01", "+33"), JANE),
        (Phone("+33 (0)6 12 34 56 01"), JANE),
        (Phone("00 33 6 12 34 56 01", "+33", "FR"), JANE),
        (Phone("\u200e+33612345601 "), JANE),
        (Phone("06\u00a012\u00a034\u00a056\u00a001", "+33", "FR"), JANE),
        (Phone("٠٦١٢٣٤٥٦٠١", "+33", "FR"), JANE),
        (Phone("+९१९८७६५४३२१०"), Phone("9876543210", "+91", "IN")),
        (Phone("030/12345603", "", "DE"), BERLIN),
        (Phone("415.555.0108", "+1", "US"), Phone("4155550108", "+1", "US")),
        (Phone("+1 800 FLOWERS"), Phone("8003569377", "+1", "US")),
        # As Twenty stores them today: another spelling of one line is no reason to write.
        (Phone("15512345678", "+52", "MX"), Phone("15512345678", "+52", "MX")),
        (Phone("1123456789", "+54", "AR"), Phone("1123456789", "+54", "AR")),
        (Phone("3246", "+33", "FR"), Phone("3246", "+33", "FR")),
        (Phone("+33612345601 x3"), Left.EXTENSION),
        (Phone("+33612345601,,12#"), Left.EXTENSION),
        (Phone("0612345601 / 0612345602", "+33", "FR"), Left.TWO_NUMBERS),
        (Phone("06 12 34 56 01 ou 06 12 34 56 02", "", "FR"), Left.TWO_NUMBERS),
        (Phone("0612345601\n0612345602", "", "FR"), Left.TWO_NUMBERS),
        (Phone("030 1234567/8", "+49", "DE"), Left.TWO_NUMBERS),
        (Phone("06.12.34.56.01"), Left.GUESSED),
        (Phone("030 1234 Bob", "+49", "DE"), Left.LETTERS),
        (Phone("+4930123456", "+33", "FR"), Left.CODES),
        (Phone("+44 7781 123456", "+44", "GB"), Left.CODES),
        (Phone("0596 71 23 45", "+33", "FR"), Left.CODES),
        (Phone("call her", "+33", "FR"), Left.NO_NUMBER),
        (Phone("00", "+33", "FR"), Left.NO_NUMBER),
    ],
    ids=str,
)
def test_a_field(stands: Phone, form: Phone | Left) -> None:
    assert normalised(stands, region="FR") == form


def test_what_reads_otherwise_elsewhere_is_guessed() -> None:
    assert normalised(Phone("011 4345 6789"), region="AR") == Left.GUESSED
    assert normalised(Phone("011 4345 6789", "", "AR"), region="FR") == Phone("1143456789", "+54", "AR")


@st.composite
def stored(draw: st.DrawFn, number: Number) -> Phone:
    """A number as an import or an old version left it."""
    form = draw(st.sampled_from(sorted(written(number))))
    text = written(number)[form]
    separator = draw(st.sampled_from(SEPARATORS))
    text = "".join(separator if c in " -" else c for c in text)
    zero = draw(st.sampled_from(("0", *SCRIPTS)))
    text = "".join(chr(ord(zero) + int(c)) if c in "0123456789" else c for c in text)
    code = draw(st.sampled_from(("", f"+{number.country_code}", str(number.country_code))))
    country = draw(st.sampled_from(("", country_of(number.parsed))))
    return Phone(draw(st.sampled_from(MARKS)) + text + draw(st.sampled_from(MARKS)), code, country)


@given(st.data(), numbers(), st.sampled_from(("FR", "US", "AR", "ZZ")))
def test_a_field_that_is_rewritten_means_the_same_number_and_is_found(
    data: st.DataObject, number: Number, region: str
) -> None:
    stands = data.draw(stored(number))
    form = normalised(stands, region=region)
    if isinstance(form, Left):
        return
    if form == stands:
        assert is_normal(stands)
        return
    # Wherever the bridge is at home: what would be guessed is left alone.
    assert form.read("ZZ") == stands.read("ZZ") == stands.read(region)
    assert is_normal(form)
    assert normalised(form, region=region) == form
    assert not is_lost(form, region=region)


@given(st.data(), numbers())
def test_a_number_with_its_country_is_rewritten(data: st.DataObject, number: Number) -> None:
    separator = data.draw(st.sampled_from([s for s in SEPARATORS if s != "/"]))
    text = written(number)["international"].replace(" ", separator).replace("-", separator)
    form = normalised(Phone(text), region="FR")
    code = f"+{number.country_code}"
    assert form == Phone(number.national, code, country_of(number.parsed))


@pytest.mark.parametrize(
    ("stands", "lost"),
    [
        (JANE, False),
        (Phone("06.12.34.56.01"), False),
        (Phone("+33612345601 x3"), False),
        (Phone("0612345601 / 0612345602", "+33", "FR"), True),
        (Phone("٠٦١٢٣٤٥٦٠١", "+33", "FR"), True),
        (Phone("+1 800 FLOWERS"), True),
        (Phone("3246", "+33", "FR"), False),
        (Phone("800", "+1"), False),
        (Phone("call her", "+33", "FR"), False),
        (Phone(""), False),
    ],
    ids=str,
)
def test_what_no_call_finds(stands: Phone, *, lost: bool) -> None:
    assert is_lost(stands, region="FR") is lost


FIELDS = """
612345601              +33     -   DE | +33612345601   612345601 +33 FR
612345601              +33     GB  FR | +33612345601   CODES
612345601              +44     FR  FR | +33612345601   CODES
612345601              +333333 FR  FR | +33612345601   CODES
612345601              +0      FR  FR | +33612345601   CODES
612345601              +33     XX  FR | +33612345601   CODES
612345601              33      FR  FR | +33612345601   612345601 +33 FR
0612345601             +33     FR  US | +33612345601   612345601 +33 FR
0033612345601          +33     FR  FR | +33612345601   612345601 +33 FR
06.12.34.56.01         -       -   US | +10612345601   NO_NUMBER
06_12_34_56_01_x       -       FR  FR | +33612345601   LETTERS
0612345601_&_0712345678 -      FR  FR | -              TWO_NUMBERS lost
0612345601_/_7         -       FR  FR | -              TWO_NUMBERS lost
030/123456             -       DE  FR | +4930123456    30123456 +49 DE
030_1234_Bob           +49     DE  FR | +49301234262   LETTERS lost
030_1234_Bob           +49     -   FR | +49301234262   LETTERS lost
49_152_28817386        -       DE  FR | +4915228817386 AMBIGUOUS
0491713920012          +49     DE  FR | +49491713920012 AMBIGUOUS
491713920012           +49     DE  AR | +491713920012  =
1713920012             +49     DE  FR | +491713920012  =
491713920012           -       -   DE | +491713920012  1713920012 +49 DE
33612345678.0          -       -   DE | +4933612345678 GUESSED
011_4345_6789          -       -   DE | +491143456789  NO_NUMBER
12345678               +800    US  FR | +80012345678   AMBIGUOUS
12345678               +800    -   DE | +80012345678   AMBIGUOUS
8005551212             +1      CA  FR | +18005551212   CODES
8005551212             +1      -   FR | +18005551212   8005551212 +1 US
365-1234               +1242   BS  FR | +12423651234   CODES
7012345678             +7      -   FR | +77012345678   7012345678 +7 KZ
1534456789             +44     -   FR | +441534456789  1534456789 +44 JE
596712345              +33     MQ  FR | +596596712345  CODES
690001234              +590    BL  FR | +590690001234  CODES
690001234              +590    -   FR | +590690001234  690001234 +590 GP
3069812345             +39     VA  FR | +393069812345  =
0669812345             +39     IT  FR | +390669812345  CODES
4002                   +683    NU  FR | +6834002       =
07123456               +225    CI  FR | +22507123456   =
2250707123456          +225    CI  FR | +2250707123456 0707123456 +225 CI
+1_800_FLOWERS         -       -   FR | +18003569377   8003569377 +1 US lost
+33612345601_x3        -       -   FR | +33612345601   EXTENSION
800                    +1      -   FR | -              =
00                     +33     FR  FR | -              NO_NUMBER
123456                 -       FR  FR | -              NO_NUMBER
1234567                -       FR  FR | -              NO_NUMBER lost
٣٣٣٣٣٣٣                -       -   FR | -              NO_NUMBER lost
"""
"""A field's number, calling code and country, and where the bridge is at home; what is read of it; its form,
or why it is left. `_` is a blank, `-` is empty, `=` is the form that it has."""


@pytest.mark.parametrize("row", FIELDS.strip().splitlines())
def test_all_that_is_said_of_a_field(row: str) -> None:
    stands, said = (part.split() for part in row.split("|"))
    number, code, country, region = ("" if one == "-" else one.replace("_", " ") for one in stands)
    phone = Phone(number, code, country)
    form = normalised(phone, region=region)
    shown = (
        form.name if isinstance(form, Left) else " ".join((form.number, form.calling_code, form.country_code))
    )
    lost = ["lost"] if is_lost(phone, region=region) else []
    found = [phone.read(region) or "-", "=" if form == phone else shown, *lost]
    assert " ".join(found) == " ".join(said)
    assert is_normal(phone) == (form == phone)


def test_why_a_field_is_left_is_told_in_words() -> None:
    """By which an operator finds them in the command's output; they are no codes of a program."""
    words = [left.value for left in Left]
    assert len(set(words)) == len(Left)
    assert all(word[0].islower() and not word.endswith(".") and " " in word for word in words)
    assert str(Left.EXTENSION) == "an extension, which Twenty would drop"
