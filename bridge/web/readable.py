"""Removes control characters: a browser can send them, and Twenty rejects them."""

import re

CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def readable(text: str) -> str:
    """The text without them; lines and tabs stay."""
    return text if text.isprintable() else CONTROLS.sub("", text)
