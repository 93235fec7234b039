"""Shows the status page in the terminal until Ctrl-C; into a pipe, each change of it."""

import asyncio
from collections.abc import Callable, Sequence

import aiohttp
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from bridge.doctor.all_checks import address_of
from bridge.doctor.status_page import Block, Paragraph, Rows, read_status
from bridge.language.phrase import Phrase
from bridge.language.spoken import said, spoken
from bridge.network.client import open_session
from bridge.observability import printable
from bridge.settings import Settings
from bridge.web.status.session import secret_of

EVERY_SECONDS = 5
"""The bridge itself reads its database again after ten."""

TIMEOUT = aiohttp.ClientTimeout(total=10)
WIDE = 200
STYLES = {"h1": "bold", "h2": "bold", "h3": "italic", "p": ""}

Shown = Phrase | list[Block]


def watch(settings: Settings) -> None:
    """Shows the status of the running bridge; returns at Ctrl-C."""
    console = Console()
    if not console.is_terminal:
        _until_ctrl_c(settings, _Changes(Console(width=WIDE)).show)
        return
    with Live(console=console, auto_refresh=False, vertical_overflow="visible") as live:
        _until_ctrl_c(settings, lambda found: live.update(_rendered(found), refresh=True))


def _until_ctrl_c(settings: Settings, show: Callable[[Shown], None]) -> None:
    async def repeated() -> None:
        async with open_session(TIMEOUT) as session:
            url, secret = address_of(settings.server), secret_of(settings.twilio.api_secret)
            while True:
                show(await read_status(session, url, secret=secret, language=spoken()))
                await asyncio.sleep(EVERY_SECONDS)

    try:
        asyncio.run(repeated())
    except KeyboardInterrupt:
        return


class _Changes:
    """Prints what differs from what was printed last."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._last: Shown | None = None

    def show(self, found: Shown) -> None:
        """A block of lines, and an empty one."""
        if found != self._last:
            self._last = found
            self._console.print(_rendered(found), end="\n\n" if isinstance(found, Phrase) else "\n")
            self._console.file.flush()


def _rendered(found: Shown) -> RenderableType:
    if isinstance(found, Phrase):
        return Text(printable.line(said(found)))
    return Group(*(part for block in found for part in _parts(block)))


def _parts(block: Block) -> Sequence[RenderableType]:
    match block:
        case Paragraph(tag, text):
            line = Text(printable.line(text), style=STYLES[tag])
            return (Text(), line) if tag == "h2" else (line,)
        case Rows(rows):
            return (_table(rows),)


def _table(rows: Sequence[Sequence[str]]) -> Table:
    """Its head is left out: the section's title says what it has."""
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    for row in rows[1:]:
        table.add_row(*(Text(printable.line(cell)) for cell in row))
    return table
