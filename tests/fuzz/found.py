"""Inputs that failed once, by target."""

from collections.abc import Mapping, Sequence

FOUND: Mapping[str, Sequence[bytes]] = {
    # Numbers that read as another one, or as none, once they were E.164.
    # An Argentine mobile, of which the 9 went; a wait of minutes after the answer.
    "number": (b"4000123", b"411555501150101", b"3549221155550101", b" 159503" + b"W" * 62 + b"1", b"(1648"),
    # The value of a name ended behind the end of the JSON line, which was JSON no more.
    # And an escape of JSON that ended in the first letter of what looked like a JWT.
    "redactor": (b'token":"', b"\x0eyJation.0."),
    # What stood around a tag became an emphasis.
    "markdown": (b"~<d>~", b"]~<d>~("),
    # Of a proxy in the place of Twenty: a code of any length, with a number in it.
    "error-answer": (b'[{"message": "no", "extensions": {"code": "0639980001%s"}}]' % (b"x" * 999),),
    # A year or an offset that is no number of C's.
    "header": (b"Mon, 1 Jan 99999999999999 00:00:00 +0000", b"1 Jan 2026 00:00 +99999999999999"),
    # Reads as the beginning of an IPv6 address.
    "url": (b"//]?",),
    # No UTF-8, and more fields than allowed: refused.
    "form": (b"a=\xa3", b"&" * 600),
}
