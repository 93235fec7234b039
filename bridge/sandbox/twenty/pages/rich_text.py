"""A rich text as the original's page shows it: by its blocks."""

import json
from collections.abc import Iterator
from itertools import groupby
from typing import Any

from bridge.sandbox.twenty.pages.html import Child, Html, join, tag, web_link
from bridge.sandbox.twenty.pages.words import Record

_MARKS = {"bold": "b", "italic": "i", "strike": "s", "code": "code"}
_KINDS = {"quote": "blockquote", "heading": "h3"}


def shown(value: Record | None) -> Html | None:
    """The blocks of a rich text; None where there is nothing."""
    blocks = json.loads((value or {}).get("blocknote") or "[]")
    return tag("div", list(_blocks(blocks)), class_="rich-text") if blocks else None


def _blocks(blocks: list[Any]) -> Iterator[Html]:
    for kind, alike in groupby(blocks, lambda block: str(block.get("type"))):
        if kind.endswith("ListItem"):
            yield tag(
                "ol" if kind == "numberedListItem" else "ul", [tag("li", _inside(one)) for one in alike]
            )
        else:
            yield from (tag(_KINDS.get(kind, "p"), _inside(one)) for one in alike)


def _inside(block: Record) -> Html:
    content = block.get("content")
    said = [_inline(one) for one in content] if isinstance(content, list) else content and str(content)
    return join(said, list(_blocks(block.get("children") or [])))


def _inline(one: Record) -> Child:
    if one.get("type") == "link":
        return web_link(str(one.get("href")), "".join(str(part.get("text")) for part in one["content"]))
    text: Html | str = str(one.get("text") or "")
    for style, name in _MARKS.items():
        if (one.get("styles") or {}).get(style):
            text = tag(name, text)
    return text
