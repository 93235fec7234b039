"""The links of a Markdown page, and the anchors that others may link to, as GitHub makes them."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.token import Token

READER = MarkdownIt("gfm-like", {"linkify": False})
BARE = re.compile(r"https?://[^\s<>\"'`)\]]+")
HOST = re.compile(r"([a-z0-9-]+\.)+[a-z]{2,}")
ANCHOR = re.compile(r"<a (?:id|name)=\"([^\"]+)\"")
# https://www.rfc-editor.org/rfc/rfc2606: those are nobody's; what is all capitals is to be filled in.
INVENTED = re.compile(
    r"^(.+\.)?example(\.(com|org|net))?(:\d+)?$|^(localhost|127\.0\.0\.1)(:\d+)?$|^[A-Z:-]+$"
)


def targets(text: str) -> Iterable[str]:
    """Where its links and pictures lead, and the addresses that stand in its prose; each once."""
    return dict.fromkeys(_targets(text))


def _targets(text: str) -> Iterator[str]:
    for token in _inline(text):
        target = token.attrGet("href") or token.attrGet("src")
        if target is not None:
            yield str(target)
        elif token.type == "text":
            yield from (found.rstrip(".,;:") for found in BARE.findall(token.content))


def _inline(text: str) -> Iterator[Token]:
    for block in READER.parse(text):
        yield from block.children or ()


@cache
def anchors(text: str) -> frozenset[str]:
    """Those of its headings, and those that it sets itself."""
    found = set(ANCHOR.findall(text))
    times: Counter[str] = Counter()
    tokens = READER.parse(text)
    for heading, inline in pairwise(tokens):
        if heading.type == "heading_open":
            slug = _slug("".join(one.content for one in inline.children or ()))
            found.add(f"{slug}-{times[slug]}" if times[slug] else slug)
            times[slug] += 1
    return frozenset(found)


def _slug(title: str) -> str:
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def wrong(target: str, page: Path, root: Path) -> str | None:
    """What is wrong with a link of a page; None if nothing is. Nobody is asked."""
    parts = urlsplit(target)
    if parts.scheme or parts.netloc:
        return _wrong_outside(target)
    there = (page.parent / parts.path).resolve() if parts.path else page
    if not there.is_relative_to(root) or not there.exists():
        return f"{target} is not there"
    if parts.fragment and parts.fragment not in anchors(there.read_text(encoding="utf-8")):
        return f"{target} has no such heading"
    return None


def _wrong_outside(target: str) -> str | None:
    parts = urlsplit(target)
    host = parts.hostname or ""
    if INVENTED.search(parts.netloc):
        return None
    if parts.scheme == "mailto":
        return None
    if parts.scheme != "https":
        return f"{target} is no https"
    return None if HOST.fullmatch(host) and parts.port is None else f"{target} is no address"


def linked(page: Path) -> Iterator[Path]:
    """The pages that it leads to, and that are there."""
    for target in targets(page.read_text(encoding="utf-8")):
        parts = urlsplit(target)
        there = (page.parent / parts.path).resolve()
        if not parts.scheme and parts.path and there.suffix == ".md" and there.exists():
            yield there
