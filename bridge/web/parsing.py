"""Parses what clients send: forms, and text without the control characters that Twenty rejects.

Forms are read as by urllib's `parse_qsl`, in half the time, as most fields need no decoding.
https://url.spec.whatwg.org/#urlencoded-parsing
"""

import re
from functools import lru_cache
from urllib.parse import unquote_to_bytes

from bridge.errors import NotUnderstood

FORM = "application/x-www-form-urlencoded"


LONGEST_KNOWN = 80
"""Characters of a field that is remembered: those of a call, nearly all of which come again."""


def pairs(body: bytes, *, most: int) -> list[tuple[str, str]]:
    """Names and values in their order; NotUnderstood for what is no UTF-8, or more than `most` fields."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise NotUnderstood(_unreadable(most)) from None
    if text.count("&") >= most:
        raise NotUnderstood(_unreadable(most))
    fields = text.split("&")
    return [_known(field) if len(field) <= LONGEST_KNOWN else _pair(field) for field in fields if field]


def _unreadable(most: int) -> str:
    return f"The form should be UTF-8, {most} fields at most."


def _pair(field: str) -> tuple[str, str]:
    name, _, value = field.partition("=")
    return _decoded(name), _decoded(value)


_known = lru_cache(maxsize=4096)(_pair)
"""Bounded in number and length, since anyone can post a form."""


def _decoded(text: str) -> str:
    if "+" in text:
        text = text.replace("+", " ")
    return unquote_to_bytes(text).decode("utf-8", "replace") if "%" in text else text


CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def readable(text: str) -> str:
    """The text without them; lines and tabs stay."""
    return text if text.isprintable() else CONTROLS.sub("", text)
