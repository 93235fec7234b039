"""Takes secrets out of what is logged, and shortens telephone numbers. Pure, and fast on clean lines."""

import json
import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote

REDACTED = "[redacted]"
SHORTEST = 6
"""A secret of fewer characters stands in words that are none."""

# The line breaks of a text within JSON are letters to a regular expression.
START = r"(?:(?<![a-zA-Z])|(?<=\\[nrt]))"
NAMED = START + (
    r"(?i:authorization|(?:x-[a-z-]+-)?signature|(?:set-)?cookie|(?:[a-z]+[_-])*(?:token|secret)"
    r"|api[_-]?key|widget[_-]?keys?|passw(?:or)?d)"
)
SCHEME = r"(?:(?i:bearer|basic)\s+)?"
# What JSON writes without quotes is no secret; taken out it would leave no JSON.
UNQUOTED = r"(?![{\[]|(?:null|true|false|[0-9.eE+-]+)[,}\]])[^\s\"'\\,;&)}\]]+"
PATTERN = re.compile(
    rf"""
      (?P<json>    {NAMED} "\s*:\s*" )                              (?:[^"\\]|\\.)+
    | (?P<escaped> {NAMED} (?P<quote>\\+["'])\s*[:=]\s*(?P=quote) ) .+?(?=(?P=quote))
    | (?P<repr>    {NAMED} '?\s*[:=]\s*' )                          [^'"\\]+
    | (?P<plain>   {NAMED} (?:\\*["'])?\s*[:=]\s*(?:\\*["'])?{SCHEME} )     {UNQUOTED}
    | (?P<scheme>  {START} (?i:bearer|basic)\s+ )                         [\w.~+/=-]{{8,}}
    | (?P<url>     :// )                                            [^/\s:@"'\\]*:[^/\s@"'\\]+(?=@)
    | (?P<number>  (?:\+|%2[Bb])[1-9](?:[\ .()-]{{0,2}}[0-9]){{6,14}}(?![0-9]) )
    | tbk_[\w-]{{16,}}
    | eyJ[\w-]{{5,}}\.[\w-]+\.[\w-]*
    """,
    re.VERBOSE,
)
"""A name with its value, or a value by its form. What a group finds stays; a number is shortened."""

HINTS = (
    *("+", "%2b", "://", "eyj", "tbk_", "token", "key", "secret", "signature"),
    *("authorization", "passw", "cookie", "bearer", "basic"),
)
"""One of these is in whatever the pattern finds; to look for them is ten times faster."""


class Redactor:
    """Cleans lines of `secrets`, of what looks like one, and of numbers unless `full_numbers`."""

    def __init__(self, secrets: Iterable[str] = (), *, full_numbers: bool = False) -> None:
        written = {form for secret in secrets for form in _forms(secret) if len(form) >= SHORTEST}
        # The longest first: what is left of one that holds another would tell the rest of it.
        self._secrets = sorted(written, key=len, reverse=True)
        self._full_numbers = full_numbers

    def __call__(self, line: str) -> str:
        """The line as it may be read."""
        for secret in self._secrets:
            if secret in line:
                line = line.replace(secret, REDACTED)
        lowered = line.lower()
        for hint in HINTS:
            if hint in lowered:
                return PATTERN.sub(self._instead, line)
        return line

    def _instead(self, found: re.Match[str]) -> str:
        if number := found["number"]:
            return number if self._full_numbers else _shortened(number)
        kept = (found[name] for name in ("json", "escaped", "repr", "plain", "scheme", "url"))
        return next(filter(None, kept), "") + REDACTED


def _forms(secret: str) -> Iterator[str]:
    """The secret as it is, and as it stands in JSON, in a repr, in a repr within JSON, and in a URL."""
    yield from (secret, quote(secret), quote(secret, safe=""))
    # The repr of a longer text may escape an apostrophe that this one's leaves alone.
    for text in (secret, repr(secret)[1:-1], repr(f"\"'{secret}")[4:-1]):
        yield from (text, json.dumps(text, ensure_ascii=False)[1:-1])


def _shortened(number: str) -> str:
    digits = re.sub(r"[^0-9]", "", re.sub("%2b", "", number, flags=re.IGNORECASE))
    return f"+{digits[:3]}…{digits[-3:]}"
