"""Telephone numbers as operators type them."""

import re

from bridge.calls.numbers import Number, e164, is_withheld
from bridge.calls.spelling import plain
from bridge.errors import NumberRefused

ADDRESS = re.compile(
    r"\+?[0-9*#]{1,30}|(?!client:)[a-z][a-z0-9+.-]{0,20}:\S{1,200}|\S{1,100}@\S{1,100}", re.IGNORECASE
)
"""What calls, and is no telephone number: `+464`, `sip:…`, `whatsapp:…`; an agent is no caller."""


def telephone_number(number: str, region: str) -> Number:
    """A national one is read as one of `region`. Raises NumberRefused for what is none."""
    theirs = e164(number, region)
    if theirs is None:
        raise NumberRefused("invalid", f"{number}: not a telephone number")
    return theirs


def address(text: str, region: str) -> Number | str:
    """A number, or another address that `calls list` shows: `+464`, `sip:…`. Raises NumberRefused."""
    if is_withheld(text):
        raise NumberRefused(
            "invalid",
            f"{text}: a withheld number stands for many people. One call of them is erased by its SID:"
            " twenty-bridge calls forget --call CA…",
        )
    if (number := e164(text, region)) is not None:
        return number
    if ADDRESS.fullmatch(plain(text)):
        return plain(text)
    raise NumberRefused("invalid", f"{text}: not a telephone number")
