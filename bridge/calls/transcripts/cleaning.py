"""A model's text made plain: on one line, without links, markup and invisible characters.

A transcript can tell a model to write anything. What is left here is a sentence for people.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator

LINK = "[…]"
"""Stands in the place of a link."""
LONGEST_LANGUAGE = 40
UNHEARD = " (?)"
"""Follows a number that the transcript does not have."""

JOINERS = frozenset("\u200c\u200d")
"""Parts of words in Persian and Indian scripts, and of emoji."""
INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
"""Controls, formats (marks that reverse text are some), halves of surrogate pairs, and unassigned ones."""

MARKDOWN_LINK = re.compile(r"!?\[([^\[\]]*)\]\([^()]*\)")
TAG = re.compile(r"</?[A-Za-z!][^<>]*>")
OPENS_TAG = re.compile(r"(?<!<)<+(?=[A-Za-z/!?])")
LIST_OR_HEADING = re.compile(r"(?:#{1,6}|[-*+>•]|[0-9]{1,3}[.)])\s+")
EMPHASIS = re.compile(r"\*+|`+|~~+|__+")
NUMBER = re.compile(r"[0-9](?:[ .,'’\u00a0\u202f/:-]?[0-9])*")
RUN = re.compile(r"[0-9]+")

SCHEMES = ("javascript:", "data:", "mailto:", "tel:", "sms:", "vbscript:", "file:", "callto:", "sip:", "www.")
BRACKETS = "()[]{}<>\"'«»“”‘’.,;:!?"


def plain(text: str, *, longest: int) -> str:
    """The text on one line of at most `longest` characters; empty where nothing of it is readable."""
    # Only what can be shown is worth reading, however much a model writes.
    seen = "".join(_visible(text[: 8 * longest]))
    # What one step takes out can make a link or a tag of what stood around it: the order counts.
    bare = TAG.sub("", MARKDOWN_LINK.sub(r"\1", EMPHASIS.sub("", seen)))
    bare = OPENS_TAG.sub("", EMPHASIS.sub("", bare)).replace("](", "] (").strip()
    while begins := LIST_OR_HEADING.match(bare):
        bare = bare[begins.end() :]
    return shortened(" ".join(LINK if _is_link(word) else word for word in bare.split()), longest)


def language_name(text: str) -> str:
    """`fr`, `Haitian Creole`, `pt-BR`; empty for what no language is called: an engine can say anything."""
    name = text.strip()
    is_name = len(name) <= LONGEST_LANGUAGE and all(c.isalpha() or c in " -_" for c in name)
    return name if is_name else ""


def shortened(text: str, longest: int) -> str:
    """The text, cut at a word where it is longer."""
    if len(text) <= longest:
        return text
    cut = text[: longest - 1]
    return f"{cut.rsplit(' ', 1)[0] if ' ' in cut else cut}…"


def _visible(text: str) -> Iterator[str]:
    for character in text:
        if character.isspace():
            yield " "
        elif character in JOINERS or unicodedata.category(character) not in INVISIBLE:
            yield character


def _is_link(word: str) -> bool:
    bare = word.strip(BRACKETS).lower()
    return "://" in word or bare.startswith(SCHEMES) or _is_path(bare)


def _is_path(word: str) -> bool:
    """Whether it is a path below a host, such as `example.com/pay`."""
    host, slash, _ = word.partition("/")
    _, dot, last = host.rpartition(".")
    return bool(slash and dot) and len(last) > 1 and last.isalpha()


def numbers_in(texts: Iterable[str]) -> frozenset[str]:
    """The digits of every number, together and by parts: `01 59` as 0159, 01 and 59."""
    return frozenset(digits for text in texts for whole in _numbers(text) for digits in _digits(whole))


def marked(text: str, heard: frozenset[str]) -> str:
    """The text with a mark behind each number of several digits that is not among those `heard`."""
    return NUMBER.sub(lambda found: found[0] if _is_heard(found[0], heard) else found[0] + UNHEARD, text)


def _is_heard(number: str, heard: frozenset[str]) -> bool:
    whole, *parts = _digits(number)
    return len(whole) == 1 or whole in heard or (len(parts) > 1 and all(part in heard for part in parts))


def _numbers(text: str) -> list[str]:
    return NUMBER.findall(text)


def _digits(number: str) -> list[str]:
    """The digits of a number as a whole, and those of its parts."""
    parts = RUN.findall(number)
    return ["".join(parts), *parts]
