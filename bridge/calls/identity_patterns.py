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
    r"""(?:
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


QUANTIFIER = re.compile(r"[*+?]|\{[0-9,]*\}")

SET_OPERATION = re.compile(r"&&|--|~~")
"""In a class these are literal characters to Python, and operations on sets to pydantic's engine."""

IN_CLASS = re.compile(r"\\.|\[", re.DOTALL)


class NotLinear(ValueError):
    """A pattern for which no engine at hand takes time in proportion to the text."""


def matching(pattern: str, *, ignoring_case: bool = False) -> Matches:
    """Whether a text matches a pattern whole: by pydantic's engine, in time proportional to the text.

    Python's takes exponential time for `(\\w+\\.)*\\w+@example\\.com`. Raises NotLinear for a pattern that
    the other does not know, reads as something else, or finds too large: one with lookarounds, references,
    possessive quantifiers, set operations or the flag `x`, or one of many thousand states.
    """
    flags = "(?i)" if ignoring_case else ""
    translated = f"{flags}^(?:{_translated(pattern)})$"
    try:
        linear = SchemaValidator(core_schema.str_schema(pattern=translated, regex_engine="rust-regex"))
    except SchemaError as unknown:
        raise NotLinear from unknown
    return linear.isinstance_python


def _translated(pattern: str) -> str:
    """The pattern as pydantic's engine spells it; raises NotLinear for what it reads as something else."""
    parts, before = [], ""
    for token in TOKEN.finditer(pattern):
        text = token[0]
        if (text == "+" and QUANTIFIER.fullmatch(before)) or _is_verbose(text):
            raise NotLinear
        parts.append(_one_translated(text))
        before = text
    return "".join(parts)


def _is_verbose(text: str) -> bool:
    return text.startswith("(?") and text[-1] in ":)" and "x" in text.removeprefix("(?P").partition("-")[0]


def _one_translated(text: str) -> str:
    if text.startswith("[") and text.endswith("]"):
        if SET_OPERATION.search(text):
            raise NotLinear
        return "[" + IN_CLASS.sub(lambda part: part[0] if part[0][0] == "\\" else r"\[", text[1:])
    if text.startswith("{,"):
        return "{0" + text[1:]
    return r"\z" if text == r"\Z" else text


def issued(pattern: str) -> tuple[Matches, ...]:
    """The patterns of which an identity matches one whole, if it can come of what matches this one.

    E-mail addresses have no case: what a pattern with `@` in it takes may have any. Raises NotLinear.
    """
    image = TOKEN.sub(_image, pattern)
    exact = matching(image)
    return (exact, matching(image, ignoring_case=True)) if "@" in pattern else (exact,)


def _image(token: re.Match[str]) -> str:
    text = token[0]
    return f"(?:{text}|_)" if _takes_not_allowed(text) else text


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
