"""What is printed of a text from outside."""

import json
import unicodedata
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bridge.observability import printable

HOSTILE = "a\r\n\x1b[2J\x9b31m\u202eb\u2028\ud800"


def test_nothing_acts_on_the_terminal() -> None:
    assert printable.line(HOSTILE) == r"a\r\n\x1b[2J\x9b31m\u202eb\u2028\ud800"
    assert printable.line("Zoë +33 6 39 98 00 01") == "Zoë +33 6 39 98 00 01"


@given(st.text(st.characters()))
def test_a_line_is_one_line_of_characters_with_a_shape(text: str) -> None:
    shown = printable.line(text)
    assert not {unicodedata.category(character) for character in shown} & printable.UNSEEN
    assert len(shown.splitlines()) <= 1


JSON = st.recursive(
    st.text(st.characters()), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
)


@given(JSON)
def test_json_reads_the_same(value: Any) -> None:
    shown = printable.in_json(json.dumps(value, ensure_ascii=False, indent=1))
    assert json.loads(shown) == json.loads(json.dumps(value))
    assert not {unicodedata.category(character) for character in shown.replace("\n", "")} & printable.UNSEEN
