"""Telephone numbers as operators type them."""

from bridge.calls.numbers import Number, e164
from bridge.errors import NumberRefused


def telephone_number(number: str, region: str) -> Number:
    """In E.164; a national one is read as one of `region`. Raises NumberRefused for what is none."""
    theirs = e164(number, region)
    if theirs is None:
        raise NumberRefused("invalid", f"{number}: not a telephone number")
    return theirs
