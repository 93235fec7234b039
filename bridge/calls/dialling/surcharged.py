"""Ranges that are billed above an ordinary call, though libphonenumber calls them UAN or ordinary.

Premium rate and shared cost it knows; what is here it does not tell from a company's ordinary number.
`dialling.allow` opens any of them.
"""

import re

from msgspec import Struct

FICORA = "http://www.ficora.fi/en/index/palvelut/palvelutaiheittain/numerointi/numerotyypitjaalueet"
"""Finland's regulator, now Traficom: service numbers, and the services of each group."""

NAVI_DIAL = "http://www.ntt.com/release_e/news99/9908/0803.html"
PORTUGAL = "https://en.wikipedia.org/wiki/Telephone_numbers_in_Portugal"


class Surcharge(Struct, frozen=True):
    """Numbers that begin with `prefix`, in which a dot is any digit; `source` says what they cost."""

    prefix: str
    what: str
    source: str

    @property
    def pattern(self) -> str:
        """Matches the beginning of the numbers in this range."""
        return re.escape(self.prefix).replace(r"\.", "[0-9]")


SURCHARGED = (
    Surcharge("+35860", "information services (0600, 0606)", f"{FICORA}/palvelunumerot.html"),
    Surcharge("+35870", "entertainment, payment services (0700, 0707)", f"{FICORA}/palvelunumerot.html"),
    Surcharge("+358100", "general services (0100)", f"{FICORA}/palvelunumerot.html"),
    Surcharge("+358200", "general services (0200)", f"{FICORA}/palvelunumerot.html"),
    Surcharge("+3582020", "directory enquiries", f"{FICORA}/yleinennumerotiedotus.html"),
    Surcharge("+3582022", "general services", f"{FICORA}/palvelunumerot.html"),
    Surcharge("+3582023", "general services", f"{FICORA}/palvelunumerot.html"),
    Surcharge("+3582098", "consulting and ordering", f"{FICORA}/palvelunumerot.html"),
    Surcharge("+3582099", "consulting and ordering", f"{FICORA}/palvelunumerot.html"),
    Surcharge("+358300", "general services (0300)", f"{FICORA}/palvelunumerot.html"),
    Surcharge("+358751", "directory enquiries (075 1)", f"{FICORA}/palvelunumerot.html"),
    Surcharge("+81570", "Navi Dial, billed by the minute", NAVI_DIAL),
    Surcharge("+3184", "personal assistants", "https://wetten.overheid.nl/BWBR0010198/"),
    Surcharge("+3187", "personal assistants", "https://wetten.overheid.nl/BWBR0010198/"),
    Surcharge("+351707", "universal access", PORTUGAL),
    Surcharge("+351708", "universal access", PORTUGAL),
    Surcharge("+1...976", "information by exchange", "https://www.nanpa.com/numbering/central-office-codes"),
)


_ANY = re.compile("|".join(f"({range_.pattern})" for range_ in SURCHARGED))
"""One group for each range; no number is in two."""


def surcharge_of(e164: str) -> Surcharge | None:
    """The surcharged range of an E.164 number; None for an ordinary number."""
    found = _ANY.match(e164)
    return SURCHARGED[found.lastindex - 1] if found and found.lastindex else None
