"""Forms are read as urllib reads them."""

from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.errors import NotUnderstood
from bridge.web.parsing import pairs

WRITTEN = st.text(alphabet=st.sampled_from([*"aZ09&=%+;+%2B2bF ~é€\x00"]), max_size=60)


@given(WRITTEN)
def test_as_urllib_reads_them(text: str) -> None:
    assert pairs(text.encode(), most=100) == parse_qsl(text, keep_blank_values=True)


@pytest.mark.parametrize("body", [b"a=\xff", b"a&b&c&d", b"&&&"])
def test_what_is_refused(body: bytes) -> None:
    with pytest.raises(NotUnderstood, match="fields"):
        pairs(body, most=3)


def test_as_many_as_are_allowed() -> None:
    assert pairs(b"a&b&c=1", most=3) == [("a", ""), ("b", ""), ("c", "1")]
