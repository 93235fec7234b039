"""How people and machines write telephone numbers: plain characters, the number proper, its extension."""

import re
import unicodedata
from functools import lru_cache
from urllib.parse import unquote

from msgspec import Struct

LONGEST = 250
"""libphonenumber reads nothing longer."""

BRACKETS = str.maketrans("[]{}", "()()")
DOTS = dict.fromkeys("\u00b7\u2022\u2027\u2219\u22c5\u30fb\uff65", ".") | dict.fromkeys("\u2044\u2215", "/")
"""Middle dots and slashes of other scripts."""

QUOTES = " <>=\"'`\u00ab\u00bb\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u2039\u203a"
"""What stands around a number that was copied or exported."""

EXPORTED = re.compile(r"(?<=[0-9]{7})\.0$")
"""A spreadsheet's number that became text."""

SCHEME = re.compile(r"(?:tel|callto):(?://)?", re.IGNORECASE)
LABEL = re.compile(
    r"(?:(?:t[eé]l|t[eé]l[eé]phone?|t[eé]l[eé]fono?|telefone|phone|ph|mobile?|mob|m[oó]vil|portable|cell|gsm"
    r"|handy|fon|fixe|fax|office|work|home|direct|тел|телефон|num[eé]ro|n[uú]mero|num|number|nummer|nr|no|n)"
    r"\b[ .:]*|[tpmf] ?[.:]) *(?=[+(0-9])",
    re.IGNORECASE,
)
REMARK = re.compile(r" *\([^()0-9+]*\)$")
"""What stands behind a number of how it is used: `(office)`."""

PARAMETER = re.compile(r";(?P<name>[a-z-]+)=(?P<value>[^;]*)", re.IGNORECASE)
"""Of a `tel:` URI. https://www.rfc-editor.org/rfc/rfc3966#section-3"""

CALLING_CODE = re.compile(r"\+[0-9().\- ]+")
DOMAIN = re.compile(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
NUMBER = re.compile(r"[+ ().\-/]*[0-9][0-9A-Za-z ().\-/]*")
WORDS = (
    "extension|extensi[oó]n|extn?|poste|durchwahl|nebenstelle|apparat|dw|nst|app|anexo|ramal|interno|intern|int"
    "|toestel|tst|anknytning|ankn|lokal|lok|linka|klapka|wewn|wew|dahili|доб|внутр|вн|内線|分机|转|轉|내선"
)
EXTENSION = re.compile(
    rf"\(?(?:(?<![a-zа-я])(?:{WORDS})[ .:#]*|[x#~][ .:]*)(?P<extension>[0-9]{{1,15}})#?\)?$", re.IGNORECASE
)
PAUSED = re.compile(
    r" *(?<![a-zа-я])(?P<dialled>(?:(?:[,;]+ *|[pw]+)[0-9*#]{1,7}|(?:[,;] *[,;][,; ]*|[pw]+)[0-9*#]{1,20}"
    r"|[,;pw]+ *[0-9*]{1,20}#)(?:[,;pw ]+[0-9*#]{1,20}){0,3})$",
    re.IGNORECASE,
)
"""What a mobile dials after pauses: `,,12#`, `p12`."""

PAUSE = "wwww"
"""Two seconds, as a comma is to a mobile. https://www.twilio.com/docs/voice/twiml/number#attributes-sendDigits"""


class Written(Struct, frozen=True):
    """The number proper, and the extension as people say it and as it is dialled after the answer.

    `context` is the calling code of a number that a `tel:` URI has in its local form.
    """

    number: str
    context: str = ""
    extension: str = ""
    send_digits: str = ""

    @property
    def whole(self) -> str:
        """The number with its calling code, where it has one."""
        return f"{self.context} {self.number}" if self.context else self.number


def plain(text: str) -> str:
    """ASCII digits, blanks, dashes and brackets for those of all scripts; without marks that none sees."""
    if not text.isascii():
        text = "".join(map(_plain, text))
    return " ".join(text.translate(BRACKETS).split())


@lru_cache(maxsize=2048)
def _plain(character: str) -> str:
    if character in DOTS:
        return DOTS[character]
    category = unicodedata.category(character)
    if category == "Nd":
        return str(unicodedata.decimal(character))
    if category in ("Cf", "Mn", "Me", "So"):
        return ""
    if category == "Pd" or character == "\u2212":
        return "-"
    normal = unicodedata.normalize("NFKC", character)
    # A footnote's ² is no digit of the number.
    return character if any(c.isdecimal() for c in normal) else normal


def take_apart(text: str) -> Written | None:
    """The parts of what a text says of one number; None where it says anything else."""
    if len(text) > LONGEST:
        return None
    text = plain(text).strip(QUOTES)
    if scheme := SCHEME.match(text):
        text = plain(unquote(text[scheme.end() :]))
    text, parameters = _without_parameters(REMARK.sub("", EXPORTED.sub("", text.rstrip(" .,;:"))))
    # Runs of blanks would take the patterns time by the square of their length.
    bare = " ".join(_without_label(text).replace("_", " ").split())
    number, extension, send_digits = _without_extension(bare)
    named = parameters.get("ext", "")
    context = parameters.get("phone-context", "")
    is_known = parameters.keys() <= {"ext", "phone-context"} and re.fullmatch("[0-9]*", named)
    if not is_known or not NUMBER.fullmatch(number) or len(send_digits) > LONGEST:
        return None
    if context and not CALLING_CODE.fullmatch(context) and not DOMAIN.fullmatch(context):
        return None
    is_local = context.startswith("+") and not number.startswith("+")
    extension = extension or named
    return Written(
        number, context if is_local else "", extension, send_digits or (extension and PAUSE + extension)
    )


def _without_label(text: str) -> str:
    label = LABEL.match(text)
    return text[label.end() :] if label else text


def _without_parameters(text: str) -> tuple[str, dict[str, str]]:
    begins = PARAMETER.search(text)
    if begins is None:
        return text, {}
    found = PARAMETER.findall(text, begins.start())
    if "".join(f";{name}={value}" for name, value in found) != text[begins.start() :]:
        return text, {"": ""}
    return text[: begins.start()], {name.lower(): value.strip() for name, value in found}


def _without_extension(text: str) -> tuple[str, str, str]:
    """The number proper, the extension, and what to dial for it where that is written out."""
    if paused := PAUSED.search(text):
        dialled = re.sub("[,;pw]", PAUSE, paused["dialled"].replace(" ", ""), flags=re.IGNORECASE)
        return text[: paused.start()], dialled.strip("w#").replace(PAUSE, ","), dialled
    if named := EXTENSION.search(text):
        return text[: named.start()].rstrip(" ,;"), named["extension"], ""
    return text, "", ""
