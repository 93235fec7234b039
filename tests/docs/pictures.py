"""`make pictures`: plays the tutorial, and takes its pictures where they stand in it.

<!-- picture: terminal -->                        of what was typed and printed last
<!-- picture: http://127.0.0.1:3000/ > Jane -->   of a page, or of where a link on it leads
"""

import io
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urljoin
from urllib.request import urlopen

from rich.console import Console
from rich.text import Text

from tests.docs import pages
from tests.docs.pages import Block
from tests.docs.reader import ROOT, USUAL, environment, play
from tests.docs.terminal import checkout, terminal

PLACED = re.compile(r"<!-- picture: (.+?) -->\n!\[.*?\]\((.+?)\)")
MOST_BYTES = 100_000
MOST_COLUMNS = 112
CHROMIUM = (
    *("chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars"),
)


@dataclass(frozen=True, slots=True)
class Picture:
    """What is on it, and where it goes, from the page's folder."""

    line: int
    of: str
    path: str


def placed(page: str) -> Iterator[Picture]:
    """The pictures of a page."""
    for found in PLACED.finditer(page):
        yield Picture(page.count("\n", 0, found.start()) + 1, found[1], found[2])


def take_all(source: Path) -> None:
    """Every picture of a page, anew."""
    page = source.read_text()
    # The ports that the page names: they are on the pictures.
    usual = {port: port for port in USUAL.values()}
    with (
        TemporaryDirectory() as scratch,
        terminal(
            checkout(ROOT, Path(scratch) / "bridge"), Path(scratch) / "state", environment(usual)
        ) as reader,
    ):
        reader.in_color = True
        last = ""
        parts: list[Block | Picture] = [*pages.blocks(page), *placed(page)]
        for one in sorted(parts, key=lambda part: part.line):
            if isinstance(one, Block):
                before = len(reader.printed)
                play(reader, one)
                last = _as_typed(one, reader.printed[before:])
            else:
                to = source.parent / one.path
                to.parent.mkdir(exist_ok=True)
                _take(one, last, to, Path(scratch))


def _as_typed(block: Block, printed: str) -> str:
    typed = block.commands[-1].typed if block.commands else ""
    return f"\x1b[32m$\x1b[0m {typed}\n{printed}"


def _take(picture: Picture, last: str, to: Path, scratch: Path) -> None:
    if picture.of == "terminal":
        to.write_text(drawn(last.replace(str(scratch), "/home/you")))
    else:
        size, _, page = picture.of.partition(" ")
        shoot(_page(page), to, scratch, size.replace("x", ","))
    print(f"{to.relative_to(ROOT)}: {to.stat().st_size:,} bytes")  # noqa: T201
    assert to.stat().st_size < MOST_BYTES, "too large"


def drawn(printed: str) -> str:
    """A terminal with a text in it, as SVG; letters are those of whoever looks at it."""
    text = Text.from_ansi(printed.rstrip())
    width = min(MOST_COLUMNS, max(map(len, text.plain.splitlines())) + 1)
    console = Console(record=True, width=width, file=io.StringIO())
    console.print(text)
    return re.sub(r"@font-face \{.*?\}\s*", "", console.export_svg(title="", unique_id="t"), flags=re.DOTALL)


def _page(of: str) -> str:
    url, _, link = of.partition(" > ")
    if not link:
        return url
    with urlopen(url) as answer:
        html: str = answer.read().decode()
    for href, inside in re.findall(r'<a href="([^"]+)"[^>]*>(.*?)</a>', html):
        if link in unescape(re.sub(r"<[^>]+>", "", inside)):
            return urljoin(url, unescape(href))
    raise AssertionError(f"{url} has no link {link!r}")


def shoot(url: str, to: Path, scratch: Path, size: str) -> None:
    """What Chromium shows of a page."""
    command = (
        *CHROMIUM,
        f"--user-data-dir={scratch / 'chromium'}",
        f"--window-size={size}",
        f"--screenshot={to}",
        url,
    )
    to.unlink(missing_ok=True)
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert to.exists(), done.stderr


if __name__ == "__main__":
    take_all(Path(sys.argv[1]).resolve())
