"""Texts from outside: numbers, identities, what is logged, printed, written to Twenty, or spoken."""

import json
import re
import unicodedata
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree as ET

from bridge.calls import agents, numbers, spelling
from bridge.calls.dialling.admission import Admitted
from bridge.calls.people.caller_names import name_of_caller
from bridge.calls.recording_links import Link
from bridge.calls.transcripts import cleaning
from bridge.observability import printable
from bridge.observability.redactor import Redactor
from bridge.sandbox.twenty.kinds import blocks
from bridge.sandbox.twilio.twiml import parse_document
from bridge.twenty.values import UNSTORABLE
from bridge.twenty.writing import rich_text
from bridge.twilio import twiml
from bridge.twilio.urls import CallbackUrls
from bridge.web.parsing import readable
from tests.fuzz import target
from tests.fuzz.target import Around, Target
from tests.fuzz.targets.forms import BODY, FIELD

REGIONS = ("FR", "US", "IT", "AR", "DE", "ZZ")
NUMBERS = (
    *("+33 6 39 98 00 01", "06.39.98.00.01", "0033639980001", "(01) 59-13-00-01", "+1 (212) 555-0101 x12"),
    *(
        "tel:+33639980001;ext=12",
        "tel:0639980001;phone-context=+33",
        "callto://+447700900123",
        "+447700900123",
    ),
    *("+390669820001", "011 15 5555 0101", "266696687", '"Anonymous" <sip:anonymous@anonymous.invalid>'),
    *("+33639980001,,12#", "Tél. : 06 39 98 00 01 poste 4", "1 800 FLOWERS", "mobile: +33639980001 (home)"),
    *("sip:+33639980001@example.com;user=phone", "client:jane.doe@example.com", "whatsapp:+33639980001"),
    *(
        "+52 1 55 5555 0101",
        "+54 9 11 5555 0101",
        "+225 07070701",
        "００３３６３９９８０００１",
        "٠٦٣٩٩٨٠٠٠١",
    ),
)


def _numbers() -> Iterator[bytes]:
    for number, text in enumerate(NUMBERS):
        yield chr(ord("0") + number % len(REGIONS)).encode() + text.encode()


def _place(data: bytes) -> tuple[str, str]:
    """A region by the first byte, and the text."""
    return target.as_text(data[1:]), REGIONS[data[0] % len(REGIONS) if data else 0]


def _reading(given: tuple[str, str]) -> numbers.Reading | None:
    text, region = given
    numbers.line_at(text), numbers.is_withheld(text), numbers.user_of(text), numbers.readable(text)
    return numbers.reading(text, region)


def _is_one_number(given: tuple[str, str], found: numbers.Reading | None) -> None:
    text, region = given
    number = numbers.e164(text, region)
    assert number is None or not numbers.is_withheld(text)
    assert numbers.line_at(numbers.line_at(text)) == numbers.line_at(text)
    if found is None:
        assert number is None or text.partition(":")[0].lower() in numbers.USER_SCHEMES
        return
    # Iran's +989601 is valid, as libphonenumber has it.
    assert re.fullmatch(r"\+[1-9][0-9]{4,14}", found.number)
    assert re.fullmatch(r"[0-9*#,]*", found.extension), found
    assert re.fullmatch(r"[0-9*#w]*", found.send_digits), found
    assert len(found.send_digits) <= spelling.LONGEST
    for home in REGIONS:
        assert numbers.reading(found.number, home) == numbers.Reading(found.number)
    assert found.number in found.number.alike
    # As it is shown, as a link has it, and as a link of a page encodes that.
    shown = numbers.readable(found.number)
    for link in (shown, f"tel:{found.number}", f"tel:{quote(found.number)}", f"tel:{quote(shown)}"):
        assert numbers.is_withheld(found.number) or numbers.e164(link, region) == found.number, link
    if re.fullmatch("[0-9]{1,15}", found.extension):
        again = numbers.reading(f"tel:{found.number};ext={found.extension}", region)
        assert again
        assert (again.number, again.extension) == (found.number, found.extension)


KNOWN = numbers.Number("+33639980001")


def _identity(text: str) -> Any:
    name = name_of_caller(text, KNOWN)
    return agents.identity_of(text), agents.client_identity(text), name, readable(text)


def _is_what_twilio_allows(text: str, found: Any) -> None:
    identity, client, name, shown = found
    for one in filter(None, (identity, client)):
        assert re.fullmatch("[A-Za-z0-9_]+", one)
        assert agents.client_identity(f"client:{one}") == one
    if identity:
        assert agents.identity_of(identity) == identity
        assert len(identity) <= agents.LONGEST_IDENTITY
    assert name is None or (name == " ".join(name.split()) and name)
    assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", shown)
    assert readable(shown) == shown


SECRETS = ("9f86d081884c7d659a2feaa0c55ad015", 'quo"ted\\ sécret', "with a/slash&more")
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"
KEY = "tbk_0123456789abcdef-_x"
REDACT = Redactor(SECRETS)
PLACES = ("\x01", "\x02", "\x03")


def _event(data: bytes) -> tuple[str, ...]:
    """Where a secret belongs into the text a control character stands: it as it is, in JSON, in a repr."""
    text = target.as_text(data).encode("utf-8", "replace").decode()
    for place, secret in zip(PLACES, SECRETS, strict=True):
        text = text.replace(place, secret)
    text = text.replace("\x04", f" {JWT} ").replace("\x05", f" {KEY} ")
    return text, json.dumps({"event": text}, ensure_ascii=False), json.dumps({"e": repr({"token": text})})


def _redacted(given: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(map(REDACT, given))


def _keeps_secrets(given: tuple[str, ...], lines: tuple[str, ...]) -> None:
    for before, line in zip(given, lines, strict=True):
        for secret in (*SECRETS, f" {JWT} ", f" {KEY} "):
            assert secret not in line, (secret, before, line)
        assert len(line) <= 2 * len(before) + 20
    for line in lines[1:]:
        told = json.loads(line)
        assert not [text for text in target.texts_in(told) for secret in SECRETS if secret in text]


def _lines() -> Iterator[bytes]:
    yield from (b'{"token": "\x01", "n": 1}', b"Authorization: Bearer \x04", b"?a=\x03&b=%2B33639980001")
    yield from (b"password='\x02' x=1", b"a \x05 b \x04", b"postgresql://u:\x01@db:5432/b")
    yield from (b"Rate limit exceeded for apiKey: 100 requests per 60s.", b"X-Twilio-Signature: \x01=")


def _printed(text: str) -> tuple[str, str, str]:
    return (
        printable.line(text),
        printable.lines(text),
        printable.in_json(json.dumps(text, ensure_ascii=False)),
    )


def _moves_no_cursor(text: str, found: tuple[str, str, str]) -> None:
    line, several, in_json = found
    for character in line:
        assert unicodedata.category(character) not in printable.UNSEEN
    assert printable.line(line) == line
    assert several.count("\n") == text.count("\n")
    assert json.loads(in_json) == json.loads(json.dumps(text))
    assert all(character == "\n" or character.isprintable() or character.isspace() for character in in_json)


LONGEST = 400


def _plain(text: str) -> str:
    return cleaning.plain(text, longest=LONGEST)


LINK = re.compile(r"\]\([^()]*\)")


def _is_a_sentence(text: str, plain: str) -> None:
    assert len(plain) <= LONGEST + 8
    assert plain == " ".join(plain.split())
    assert "://" not in plain
    assert not LINK.search(plain), plain
    assert not cleaning.TAG.search(plain), plain
    assert not re.search(r"[*`]|~~|__", plain), plain
    for character in plain:
        assert character in cleaning.JOINERS or unicodedata.category(character) not in cleaning.INVISIBLE
    for word in plain.split():
        # `tel:` alone is a word, also where a long text is cut behind it.
        assert not word.strip(cleaning.BRACKETS + "…").lower().startswith(cleaning.SCHEMES), plain
    heard = cleaning.numbers_in([text])
    marked = cleaning.marked(plain, heard)
    assert marked.replace(cleaning.UNHEARD, "") == plain.replace(cleaning.UNHEARD, "")


def _blocknote(text: str) -> dict[str, str]:
    link = rich_text.linked(Link(text, "https://crm.example.com/a"))
    return rich_text.rich_text(
        [
            *rich_text.paragraphs(text),
            *rich_text.quotes(text),
            rich_text.heading(text),
            rich_text.bullet(rich_text.bold(text), rich_text.italic(text), link),
        ]
    )


def _is_literal(text: str, value: dict[str, str]) -> None:
    given = blocks.parsed(value["blocknote"], "body")
    kept = UNSTORABLE.sub("", text)
    lines = [line.strip() for line in kept.splitlines() if line.strip()]
    said = [one["content"][0]["text"] for one in given]
    assert said == [*lines, *lines, kept, kept]
    assert {one["content"][0]["type"] for one in given} == {"text"}
    assert len({one["id"] for one in given}) == len(given)
    value["blocknote"].encode()


URLS = CallbackUrls("https://crm.example.com/phone")


def _documents(text: str) -> tuple[str, ...]:
    target_ = Admitted(f"client:a{text}")
    return (
        twiml.say(text, language="fr-FR"),
        twiml.spoken(text, language="fr-FR"),
        twiml.on_hold(text),
        twiml.dial_out(target_, caller_id=text, timeout=9, time_limit=None, urls=URLS, agent="alice"),
        twiml.transfer(
            Admitted("+33639980001"),
            caller_id=text,
            timeout=9,
            time_limit=60,
            urls=URLS,
            record=True,
            send_digits="ww12#",
        ),
    )


ALLOWED = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 does not have. https://www.w3.org/TR/xml/#charsets"""


def _says_what_was_given(text: str, documents: tuple[str, ...]) -> None:
    for document in documents:
        document.encode()
        read = parse_document(document)
        assert {code for code, _ in read.warnings} <= {13214, 13224, 12200, 11100, 13242}, read.warnings
    said = ET.fromstring(documents[0])
    assert [node.tag for node in said] == ["Say", "Hangup"]
    assert _once(said[0].text) == _once(ALLOWED.sub("", text))
    (dial,) = ET.fromstring(documents[3])
    assert [node.tag for node in dial] == ["Client"]
    assert len(list(ET.fromstring(documents[4]).iter())) == 3


def _once(text: str | None) -> str:
    """XML reads each kind of line break as one."""
    return (text or "").replace("\r\n", "\n").replace("\r", "\n")


def _words_of_texts() -> Iterator[bytes]:
    for recording in target.recordings():
        for text in target.texts_in(recording):
            if any(mark in text for mark in "*<[(&") and len(text) < 2000:
                yield text.encode("utf-8", "surrogatepass")


HOSTILE = (
    *(
        b"<",
        b">",
        b"&",
        b"&#55296;",
        b"&amp;",
        b"]]>",
        b"<!--",
        b"\x00",
        b"\xed\xa0\x80",
        b"\r\n",
        b"\xe2\x80\xae",
    ),
    *(
        b"](",
        b"![",
        b"**",
        b"__",
        b"~~",
        b"`",
        b"# ",
        b"- ",
        b"1. ",
        b"://",
        b"javascript:",
        b"www.",
        b"<a href=",
    ),
    *("\ufffe".encode(), "\u2028".encode(), "\u0085".encode(), "é".encode(), "\u200d".encode()),
)

TARGETS = {
    "number": Target(
        read=_place,
        work=_reading,
        holds=_is_one_number,
        seeds=_numbers,
        largest=spelling.LONGEST + 1,
        words=(
            *(
                b"tel:",
                b";ext=",
                b";phone-context=+33",
                b"+33",
                b"0033",
                b"011",
                b" x",
                b",,",
                b"#",
                b"poste",
            ),
            *(
                "٠".encode(),
                "０".encode(),
                b"(0)",
                b"sip:",
                b"@",
                b"client:",
                b"+549",
                b"+521",
                b"+225",
                b"+39 0",
            ),
            *(b"%2B", b"..", b"_", b"p", b"w"),
        ),
        grows=(Around(b"0+33639980001"), Around(b"0"), Around(b"0tel:+33", b"1")),
        forget=tuple(
            one.cache_clear
            for one in (numbers._read, numbers._e164, numbers._line_at, numbers._assigned, numbers._parsed)
        ),
    ),
    "identity": Target(
        work=_identity,
        holds=_is_what_twilio_allows,
        seeds=lambda: iter(
            (b"client:alice", b"Jane.Doe@Example.com", b"wm_" + b"0" * 32, b"LA MESA      CA")
        ),
        largest=FIELD,
        words=(b"client:", b"@", b"wm_", b"sip:", "İ".encode(), b"  NY", b"+33639980001"),
    ),
    "redactor": Target(
        read=_event,
        work=_redacted,
        holds=_keeps_secrets,
        seeds=_lines,
        largest=BODY // 64,  # a secret stands in the place of a byte
        words=(
            *(
                b"\x01",
                b"\x02",
                b"\x03",
                b"\x04",
                b"\x05",
                b"token",
                b"Authorization",
                b"signature",
                b"api_key",
            ),
            *(
                b'": "',
                b'\\"',
                b"': '",
                b"=",
                b": ",
                b"Bearer ",
                b"://",
                b"@",
                b"eyJ",
                b"tbk_",
                b"%2B33",
                b"null,",
            ),
            *(b"\\n", b"\\\\", b"requests per", b" is ", b"{", b"[", b"+1 "),
        ),
        grows=(Around(), Around(b'{"token": "', b'"}'), Around(b"token=")),
    ),
    "printable": Target(
        work=_printed,
        holds=_moves_no_cursor,
        seeds=lambda: iter((b"plain", "a\u202eb\x9bc".encode(), b"\xed\xa0\x80", b"a\nb\x1b[2J")),
        largest=BODY,
        words=HOSTILE,
        forget=(printable._shown.cache_clear, printable._in_json.cache_clear),
    ),
    "markdown": Target(
        work=_plain,
        holds=_is_a_sentence,
        seeds=_words_of_texts,
        largest=BODY,
        words=(*HOSTILE, b"tel:", b"mailto:", b"example.com/pay", b"a.b/", b"\xe2\x80\xa2 ", b"[a](b)"),
    ),
    "blocknote": Target(
        work=_blocknote,
        holds=_is_literal,
        seeds=_words_of_texts,
        largest=BODY,
        words=HOSTILE,
    ),
    "twiml": Target(
        work=_documents,
        holds=_says_what_was_given,
        seeds=_words_of_texts,
        largest=FIELD,
        words=HOSTILE,
        forget=(twiml._dial_out.cache_clear, agents._known.cache_clear),
    ),
}
"""By name."""
