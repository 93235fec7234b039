"""Rich text as BlockNote's blocks, in which foreign text stays literal.

In Markdown Twenty would interpret links, HTML and headings. https://www.blocknotejs.org/docs/foundations/document-structure
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from bridge.calls.recording_links import Link
from bridge.twenty.values import storable

Block = dict[str, Any]
Inline = dict[str, Any]

COLOURS = {"backgroundColor": "default", "textColor": "default"}
ALIGNED = {**COLOURS, "textAlignment": "left"}


def rich_text(blocks: Iterable[Block]) -> dict[str, str]:
    """The value of a RICH_TEXT field."""
    numbered = [{"id": f"b{number}", **block} for number, block in enumerate(blocks, start=1)]
    return {"blocknote": json.dumps(numbered, ensure_ascii=False, separators=(",", ":"))}


def paragraphs(text: str) -> Iterator[Block]:
    """One paragraph a line, without empty lines."""
    return (paragraph(plain(line)) for line in _lines(text))


def paragraph(*content: Inline) -> Block:
    """A paragraph of several texts and links."""
    return _block("paragraph", ALIGNED, list(content))


def quote(*content: Inline) -> Block:
    """A quotation of several texts."""
    return _block("quote", COLOURS, list(content))


def heading(text: str) -> Block:
    """A small heading."""
    return _block("heading", {**ALIGNED, "level": 3}, [plain(text)])


def quotes(text: str) -> Iterator[Block]:
    """The text as a quotation."""
    return (quote(plain(line)) for line in _lines(text))


def bullet(*content: Inline) -> Block:
    """An item of a list."""
    return _block("bulletListItem", ALIGNED, list(content))


def plain(text: str) -> Inline:
    """A text without any style."""
    return _styled(text, {})


def bold(text: str) -> Inline:
    """A text in bold."""
    return _styled(text, {"bold": True})


def italic(text: str) -> Inline:
    """A text in italics."""
    return _styled(text, {"italic": True})


def _styled(text: str, styles: dict[str, bool]) -> Inline:
    return {"type": "text", "text": storable(text), "styles": styles}


def linked(link: Link) -> Inline:
    """A link, shown by its label."""
    return {"type": "link", "href": link.url, "content": [plain(link.label)]}


def _block(kind: str, props: Mapping[str, object], content: list[Inline]) -> Block:
    return {"type": kind, "props": props, "content": content, "children": []}


def _lines(text: str) -> list[str]:
    # Before the split: a line of only NULs would be a block without text.
    return [line.strip() for line in storable(text).splitlines() if line.strip()]
