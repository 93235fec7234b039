"""Whose call it is by what a callback says: only what every database can store."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from bridge.calls.agent_call import agents_named
from bridge.calls.agents import LONGEST_IDENTITY
from bridge.calls.callback import Kind
from tests.support import new_sid, told

TEXTS = st.text(max_size=12) | st.sampled_from(["client:ali\0ce", "client:\ud800", "+3315913\0", "jane.doe"])


@given(st.sampled_from(Kind), st.dictionaries(st.sampled_from(["From", "To", "Agent"]), TEXTS))
def test_names_are_short_printable_ascii(kind: Kind, form: dict[str, str]) -> None:
    for name in agents_named(replace(told(kind, new_sid()), parameters=form)):
        assert name.isascii()
        assert name.isprintable()
        assert 0 < len(name) <= LONGEST_IDENTITY + len("line:")


def test_an_agent_is_one_however_it_is_spelled() -> None:
    callback = told(Kind.STATUS, new_sid(), From="client:jane_doe", Agent="jane.doe")
    assert agents_named(callback) == ("jane_doe",)
