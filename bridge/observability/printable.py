"""Foreign text made safe for a terminal: no cursor moves, no new lines, no reversed text.

Everything that is printed to a terminal or logged passes `line` or `lines`.
"""

import unicodedata
from functools import lru_cache

UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Controls, formats (bidi marks are some), halves of surrogate pairs, what has no meaning, line breaks.

https://www.unicode.org/reports/tr44/#General_Category_Values
"""


def line(text: str) -> str:
    """The text on one line, with an escape such as `\\x9b` for each character without a shape."""
    return text if text.isprintable() else "".join(map(_shown, text))


def lines(text: str) -> str:
    """The same for a text of ours that has several lines."""
    return "\n".join(map(line, text.split("\n")))


def in_json(text: str) -> str:
    """A JSON text with an escape for each such character: programs read the same."""
    return text if text.isprintable() else "".join(map(_in_json, text))


@lru_cache(maxsize=1024)
def _shown(character: str) -> str:
    if unicodedata.category(character) not in UNSEEN:
        return character
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")


@lru_cache(maxsize=1024)
def _in_json(character: str) -> str:
    # Line breaks stand between values, where they change nothing.
    if character == "\n" or unicodedata.category(character) not in UNSEEN:
        return character
    units = character.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))
