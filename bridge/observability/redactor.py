"""Removes secrets from log lines, and shortens telephone numbers. Pure, and fast on clean lines."""

import json
import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote

REDACTED = "[redacted]"
SHORTEST = 6
"""Shorter secrets are not redacted: they also occur in ordinary words."""

# The line breaks of a text within JSON are letters to a regular expression.
START = r"(?:(?<![a-zA-Z])|(?<=\\[nrt]))"
# A prefix of the name, as in `X-Twilio-Signature`, stays in the line, so it is not matched: matching it
# would take quadratic time on a long line.
NAMED = START + r"(?i:authorization|signature|cookie|token|secret|api[_-]?key|widget[_-]?keys?|passw(?:or)?d)"
SCHEME = r"(?i:bearer|basic)\s+"
# "apiKey: 100 requests per 60s" is the limit of an API key, not the key.
COUNT = r"[0-9][0-9,.]{0,11}[ ](?i:requests?|tokens?|records?|calls?|quer(?:y|ies)|root[ ]fields?|per)\b"
# "auth_token: is a secret and belongs in …" says something of a setting, and is no value of it.
SAID = r"(?:is|are|was|has|should|needs|belongs)[ ]"
# A JSON value without quotes (a number, true, null) is no secret, and removing it would break the JSON.
UNQUOTED = rf"(?!{COUNT}|{SAID}|[{{\[]|(?:null|true|false|[0-9.eE+-]+)[,}}\]])[^\s\"'\\,;&)}}\]]+"
DEEPEST = 15
"""Backslashes before a quote: a repr within JSON within JSON within JSON has as many."""

VALUES = re.compile(
    rf"""
      (?P<json>    {NAMED} "\s*:\s*" )                              (?:[^"\\]|\\.)+
    | (?P<escaped> {NAMED} (?P<quote>\\{{1,{DEEPEST}}}["'])\s*[:=]\s*(?P=quote) )
                                                                    (?:(?!(?P=quote))(?:[^"\\]|\\.))+
    | (?P<repr>    {NAMED} '?\s*[:=]\s*' )                          [^'"\\]+
    | (?P<plain>   {NAMED} (?:\\*["'])?\s*[:=]\s*(?:\\*["'])?(?:{SCHEME})? ) {UNQUOTED}
    """,
    re.VERBOSE,
)
"""A name of something secret with its value, however the two are written.

No value goes on behind the end of the JSON text that it stands in: foreign text would break the line.
"""

NAMES = ("token", "secret", "key", "signature", "authorization", "cookie", "password", "passwd")
BETWEEN = "s\\\"' "
"""A name's plural, and what may stand before the colon: to look so for them is ten times faster."""

FORMS = (
    ("bearer", re.compile(rf"(?P<kept>{START}{SCHEME})[\w.~+/=-]{{8,}}")),
    ("basic", re.compile(rf"(?P<kept>{START}{SCHEME})[\w.~+/=-]{{8,}}")),
    # Keys, and the secrets of one-time links and of devices.
    ("tbk_", re.compile(r"(?P<kept>)tbk_[\w-]{16,}")),
    ("tbl_", re.compile(r"(?P<kept>)tbl_[\w-]{16,}")),
    ("tbd_", re.compile(r"(?P<kept>)tbd_[\w-]{16,}")),
    ("@", re.compile(r"""(?P<kept>://)[^/\s:@"'\\]*:[^/\s@"'\\]+(?=@)""")),
)
"""Secrets by their form: a text that each contains, and the pattern."""

DOTTED = re.compile(r"(?<![\w.-])[\w-]*+(?:\.[\w-]*+)++")
"""Words with dots between them, as in a JWT; possessive, so that each character is looked at once."""

NUMBER = re.compile(r"(?:\+|%2[Bb])[1-9](?:[ .()-]{0,2}[0-9]){6,14}(?![0-9])")


class Redactor:
    """Cleans lines of `secrets`, of what looks like one, and of numbers unless `full_numbers`."""

    def __init__(self, secrets: Iterable[str] = (), *, full_numbers: bool = False) -> None:
        written = {form for secret in secrets for form in _forms(secret) if len(form) >= SHORTEST}
        # The longest first: a secret that contains another one would otherwise leave its rest.
        self._secrets = sorted(written, key=len, reverse=True)
        self._full_numbers = full_numbers

    def __call__(self, line: str) -> str:
        """The line without secrets."""
        for secret in self._secrets:
            if secret in line:
                line = line.replace(secret, REDACTED)
        lowered = line.lower()
        if _names_something(lowered):
            line = VALUES.sub(_without_value, line)
        if "eyj" in lowered:
            line = DOTTED.sub(_without_jwt, line)
        for part, form in FORMS:
            if part in lowered:
                line = form.sub(rf"\g<kept>{REDACTED}", line)
        if not self._full_numbers and ("+" in line or "%2b" in lowered):
            line = NUMBER.sub(_shortened, line)
        return line


def _names_something(lowered: str) -> bool:
    """Whether a name of something secret is followed by a colon or an equals sign."""
    for name in NAMES:
        at = lowered.find(name)
        while at >= 0:
            at += len(name)
            if lowered[at : at + 8].lstrip(BETWEEN)[:1] in (":", "="):
                return True
            at = lowered.find(name, at)
    return False


def _without_value(found: re.Match[str]) -> str:
    kept = found["json"] or found["escaped"] or found["repr"] or found["plain"]
    return f"{kept}{REDACTED}"


def _without_jwt(found: re.Match[str]) -> str:
    """The words without the first JWT and what hangs on it: `eyJ…` with two more parts behind."""
    parts = found[0].split(".")
    for number, part in enumerate(parts[:-2]):
        begins = part.find("eyJ")
        if 0 <= begins <= len(part) - len("eyJ.....") and parts[number + 1]:
            # Its first letter can be the last one of `\u000e` in JSON, which has to stay whole.
            is_of_escape = number == 0 and begins == len("u000") and _follows_backslash(found)
            return ".".join([*parts[:number], part[: begins + is_of_escape] + REDACTED])
    return found[0]


def _follows_backslash(found: re.Match[str]) -> bool:
    return found.string.startswith("\\u", max(0, found.start() - 1))


def _forms(secret: str) -> Iterator[str]:
    """The secret as it is, and as it stands in JSON, in a repr, in a repr within JSON, and in a URL."""
    yield from (secret, quote(secret), quote(secret, safe=""))
    # The repr of a longer text may escape an apostrophe that this one's leaves alone.
    for text in (secret, repr(secret)[1:-1], repr(f"\"'{secret}")[4:-1]):
        yield from (text, json.dumps(text, ensure_ascii=False)[1:-1])


def _shortened(number: re.Match[str]) -> str:
    digits = re.sub(r"[^0-9]", "", number[0].removeprefix("%2b").removeprefix("%2B"))
    return f"+{digits[:3]}…{digits[-3:]}"
