"""Reads the status page of the running bridge, as text."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html.parser import HTMLParser

import aiohttp
from aiohttp import hdrs

from bridge.language.phrase import Phrase, phrase
from bridge.language.spoken import Language
from bridge.network.errors import why
from bridge.web.status.session import COOKIE, operator_cookie

OTHER_SETTINGS = phrase(
    "The running bridge was started with settings other than the present ones. Restart it, or run this with "
    "the environment that it has, such as in its container."
)
HEADINGS = ("h1", "h2", "h3")
CELLS = ("th", "td")


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A line of text; `tag` is that of HTML."""

    tag: str
    text: str


@dataclass(frozen=True, slots=True)
class Rows:
    """A table; the first row has the names of its columns."""

    rows: list[list[str]] = field(default_factory=list)


Block = Paragraph | Rows


async def read_status(
    session: aiohttp.ClientSession, url: str, *, secret: bytes, language: Language
) -> Phrase | list[Block]:
    """The page of the bridge at `url`; where there is none, the reason. `secret` signs the request."""
    cookie = f"{COOKIE}={operator_cookie(secret, datetime.now(UTC))}"
    headers = {hdrs.COOKIE: cookie, hdrs.ACCEPT_LANGUAGE: language}
    try:
        async with session.get(f"{url}/status", headers=headers, allow_redirects=False) as answer:
            body = await answer.text()
    except (aiohttp.ClientError, OSError, ValueError) as away:
        return phrase("No bridge answers at {url}: {reason}.", url=url, reason=why(away))
    if answer.status != 200:
        return phrase("The bridge at {url} answers {status}.", url=url, status=answer.status)
    page = _Page()
    page.feed(body)
    return OTHER_SETTINGS if page.asks_for_key else list(page.blocks())


class _Page(HTMLParser):
    """Collects headings, paragraphs and tables; links and forms are of no use here."""

    def __init__(self) -> None:
        super().__init__()
        self.asks_for_key = False
        self._blocks: list[Block] = []
        self._text: list[str] | None = None
        self._in_link = False

    def blocks(self) -> Iterator[Block]:
        """In the order of the page."""
        yield from self._blocks

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """See HTMLParser."""
        if tag in (*HEADINGS, *CELLS, "p"):
            self._text = []
        elif tag == "table":
            self._blocks.append(Rows())
        elif tag == "tr" and self._blocks and isinstance(table := self._blocks[-1], Rows):
            table.rows.append([])
        self._in_link = tag == "a" or self._in_link
        self.asks_for_key = tag == "input" or self.asks_for_key

    def handle_data(self, data: str) -> None:
        """See HTMLParser."""
        if self._text is not None and not self._in_link:
            self._text.append(data)

    def handle_endtag(self, tag: str) -> None:
        """See HTMLParser."""
        self._in_link = self._in_link and tag != "a"
        if self._text is None or tag not in (*HEADINGS, *CELLS, "p"):
            return
        text, self._text = "".join(self._text).strip().removesuffix("·").strip(), None
        if tag not in CELLS:
            self._blocks.append(Paragraph(tag, text))
        elif isinstance(table := self._blocks[-1], Rows):
            table.rows[-1].append(text)
