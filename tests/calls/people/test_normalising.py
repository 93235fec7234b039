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
