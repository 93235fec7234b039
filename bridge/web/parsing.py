"""Parses what clients send: forms, and text without the control characters that Twenty rejects.

Forms are read as by urllib's `parse_qsl`, in half the time, as most fields need no decoding.
https://url.spec.whatwg.org/#urlencoded-parsing
"""

import re
from urllib.parse import unquote_to_bytes

FORM = "application/x-www-form-urlencoded"


def pairs(body: bytes, *, most: int) -> list[tuple[str, str]]:
    """Names and values in their order; ValueError for what is no UTF-8, or more than `most` fields."""
    text = body.decode()
    if text.count("&") >= most:
        raise ValueError("more fields than allowed")
    found = []
    for field in text.split("&"):
        if field:
            name, _, value = field.partition("=")
            found.append((_decoded(name), _decoded(value)))
    return found


def _decoded(text: str) -> str:
    if "+" in text:
        text = text.replace("+", " ")
    return unquote_to_bytes(text).decode("utf-8", "replace") if "%" in text else text


CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def readable(text: str) -> str:
    """The text without them; lines and tabs stay."""
    return text if text.isprintable() else CONTROLS.sub("", text)
