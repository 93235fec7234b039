"""A pattern for what a widget sends → a pattern for the identities that come of it.

Of an identity such as `jane_doe` alone it cannot be seen that `jane.doe` was asked for. So each part of a
pattern that takes a character which Twilio does not allow takes `_`, too: `[a-z]+\\.[a-z]+` becomes
`[a-z]+(?:\\.|_)[a-z]+`.
"""

import re
from collections.abc import Callable
from functools import lru_cache

from pydantic_core import SchemaError, SchemaValidator, core_schema

Matches = Callable[[str], bool]

TOKEN = re.compile(
    r"""(?P<kept>
        \(\?(?:P<\w+>|P=\w+\)|<[=!]|[:=!>]|\#[^)]*\)|\(\w+\)|[aiLmsux]*(?:-[imsx]+)?[:)])
        | \{\d*,?\d*\}
        | [.^$*+?()|]
    )
    | \[\^?\]?(?:\\.|[^\]\\]){0,300}+\]  # bounded: many that are never closed
    | \\(?:x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|N\{[^}]*\}|0[0-7]{0,2}|[1-3][0-7]{2}|.)
    | .""",
    re.VERBOSE | re.DOTALL,
)

CODE = re.compile(r"\\x[0-9A-Fa-f]{2}|\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8}")

ASCII = map(chr, range(128))
NOT_ALLOWED = (*(c for c in ASCII if not c.isalnum() and c != "_"), "é", "Ж", "字", "٣", "\u2019", "\u00a0")
"""All of ASCII that Twilio does not allow, and one of each kind beyond: letters, digits, marks, blanks."""


PYTHONS = re.compile(r"&&|--|~~|[*+?}]\+|\(\?[A-Za-z]{0,8}x")
"""What only Python reads as meant: `[a--b]` as a set, `a++` as possessive, blanks after `(?x)`."""


def matching(pattern: str, *, ignoring_case: bool = False) -> Matches:
    """Whether a text matches a pattern whole: by pydantic's engine, in time proportional to the text.

    Python's takes exponential time for `(\\w+\\.)*\\w+@example\\.com`. It matches only patterns that the
    other one does not know or finds too large: those with lookarounds, references, or `\\w{1,100}`.
    """
    if (linear := _linear(f"{'(?i)' if ignoring_case else ''}^(?:{pattern})$")) is not None:
        return linear.isinstance_python
    compiled = re.compile(pattern, re.IGNORECASE if ignoring_case else 0)
    return lambda text: compiled.fullmatch(text) is not None


def _linear(pattern: str) -> SchemaValidator | None:
    if PYTHONS.search(pattern):
        return None
    try:
        return SchemaValidator(core_schema.str_schema(pattern=pattern, regex_engine="rust-regex"))
    except SchemaError:
        return None


def issued(pattern: str) -> tuple[Matches, ...]:
    """The patterns of which an identity matches one whole, if it can come of what matches this one.

    Exact but for lookarounds and references, which see `_` in place of other characters. E-mail addresses
    have no case: what a pattern with `@` in it takes may have any.
    """
    image = TOKEN.sub(_image, pattern)
    exact = matching(image)
    return (exact, matching(image, ignoring_case=True)) if "@" in pattern else (exact,)


def _image(token: re.Match[str]) -> str:
    text = token[0]
    return text if token["kept"] or not _takes_not_allowed(text) else f"(?:{text}|_)"


@lru_cache(maxsize=1000)
def _takes_not_allowed(text: str) -> bool:
    """Whether a part of a pattern that takes one character takes one that Twilio does not allow."""
    try:
        one = re.compile(text)
    except re.error:  # a reference, or one half of a whole
        return False
    named = (chr(int(code[2:], 16)) for code in CODE.findall(text))
    characters = (*NOT_ALLOWED, *(c for c in (*text, *named) if not c.isascii()))
    return any(one.fullmatch(character) for character in characters)
