"""The caller name that a network sends (CNAM), where it is the name of a person or a company.

https://www.twilio.com/docs/voice/twiml#request-parameters
"""

import re

from bridge.calls.numbers import Number, reading
from bridge.calls.spelling import plain

WORD = re.compile(r"[^\W\d_]+")
PLACEHOLDER_WORDS = frozenset(
    WORD.findall(
        "a anonymous area asserted available blocked call caller callers calls canada cell cellular "
        "cid client cnam customer data disclosed display found fraud free hidden id identity "
        "inbound incoming info information international invalid landline likely line listed local "
        "mobile n na name no none not null number of out party pay payphone phone possible "
        "potential private provided restricted risk robo robocall robocaller scam sip spam spoofed "
        "states subscriber suspected telemarketer telemarketing the toll unassigned unavailable "
        "undefined undisclosed united unknown unlisted unregistered usa user voip wireless withheld "
    )
)
"""Words of placeholders, which caller-name databases hold for lines whose subscriber is unknown."""

STATES = (
    "AK|AR|AZ|CA|CT|DC|FL|GA|IA|IL|KS|KY|MN|MS|MT|NC|ND|NE|NH|NJ|NM|NV|NY|OH|SC|SD|TN|TX|UT|VT|WA|WI|WV|WY"
    "|BC|NB|NL|NS|ON|QC|SK"
)
"""States of the United States and Canada, without those that names end in, such as CO, LA and MD."""

TOWN = re.compile(rf"[A-Z][A-Z.'-]*(?: +[A-Z.'-]+)*(?:(?: {{2,}}| ?, ?)[A-Z]{{2}}| +USA| +(?:{STATES}))")
"""Town and state, usually in columns of fixed width: `LA MESA      CA`, `SAN FRANCSCO CA`."""

ADDRESS = re.compile(r"(?:client|sips?|tel|https?):", re.IGNORECASE)
CODE = re.compile(r"[VX]?[0-9]{8,}|[A-Z]?[0-9 .()+-]{5,}", re.IGNORECASE)


def name_of_caller(name: str | None, number: Number) -> str | None:
    """The name for a new person; None where the network's is a placeholder, a place, or the number itself."""
    text = plain(name or "")
    as_sent = (name or "").strip()
    if PLACEHOLDER_WORDS.issuperset(WORD.findall(text.lower())):
        return None
    if TOWN.fullmatch(as_sent) or CODE.fullmatch(text) or ADDRESS.match(text):
        return None
    found = reading(text, "ZZ")
    return None if found and found.number == number else text
