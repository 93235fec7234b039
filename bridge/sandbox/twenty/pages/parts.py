"""What all pages are made of: the frame, chips, tables, lists of fields."""

import zlib
from collections.abc import Iterable, Sequence

from bridge.sandbox.twenty.pages import words
from bridge.sandbox.twenty.pages.html import Child, Html, join, tag

_MENU = (("People", "/", "person"), ("Phone calls", "/calls", "call"))
_HUES = ("blue", "green", "orange", "purple", "red", "turquoise", "yellow", "gray")
_COLORS = {
    "INBOUND": "green",
    "OUTBOUND": "blue",
    "RINGING": "green",
    "IN_PROGRESS": "blue",
    "COMPLETED": "turquoise",
    "MISSED": "orange",
    "VOICEMAIL": "red",
    "BUSY": "purple",
    "CANCELED": "yellow",
}
REFRESH_S = "5"


def page(title: str, *content: Child, current: str, with_panel: bool = False) -> Html:
    """A whole page with the menu beside it; it looks anew every few seconds, unless a panel can be open."""
    menu = [
        tag("a", icon(kind), name, href=href, class_="here" if name == current else None)
        for name, href, kind in _MENU
    ]
    head = join(
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        None if with_panel else tag("meta", http_equiv="refresh", content=REFRESH_S),
        tag("title", f"{title} · Twenty sandbox"),
        tag("link", rel="stylesheet", href="/sandbox/style.css"),
        tag("script", type="module", src="/sandbox/panel.js") if with_panel else None,
    )
    workspace = tag("p", tag("span", "S", class_="letter blue"), "Sandbox", class_="workspace")
    side = tag("nav", workspace, tag("h2", "Workspace"), menu)
    body = tag("body", side, tag("main", *content))
    return Html("<!doctype html>" + tag("html", tag("head", head), body, lang="en"))


def icon(kind: str) -> Html:
    return tag("i", class_=f"icon {kind}", aria_hidden="true")


def header(*crumbs: Child, commands: Child = None) -> Html:
    return tag("header", tag("h1", *crumbs), commands)


def avatar(name: str, *, large: bool = False) -> Html:
    """A name's first letter, in a colour of its own."""
    hue = _HUES[zlib.crc32(name.encode()) % len(_HUES)]
    return tag("span", name[:1].upper(), class_=f"letter {hue}{' large' if large else ''}")


def record_link(name: str, href: str) -> Html:
    return tag("a", avatar(name), tag("span", name), href=href, class_="record")


def choice(value: str | None) -> Html | None:
    """A select's value as the coloured tag that the original shows."""
    return tag("span", words.label(value), class_=f"tag {_COLORS.get(value, 'gray')}") if value else None


def phone_chips(phones: words.Record | None) -> list[Html]:
    return [tag("a", shown, href=f"tel:{e164}", class_="chip") for e164, shown in words.numbers(phones)]


def table(headings: Sequence[str], rows: Iterable[Sequence[Child]], *, empty: str) -> Html:
    """A table; where there are no rows, a sentence instead."""
    lines = [tag("tr", [tag("td", cell) for cell in row]) for row in rows]
    if not lines:
        return tag("p", empty, class_="empty")
    head = tag("thead", tag("tr", [tag("th", one) for one in headings]))
    return tag("div", tag("table", head, tag("tbody", lines)), class_="scroll")


def fields(title: str, *pairs: tuple[str, Child]) -> Html:
    """Names and values in a group; an empty value shows its name, faintly, as in the original."""
    rows = [
        tag("div", tag("dt", name), tag("dd", value or tag("span", name, class_="faint")))
        for name, value in pairs
    ]
    return tag("section", tag("h3", title), tag("dl", rows))


def summary(name: str, added: str, *groups: Child) -> Html:
    """The left part of a record's page."""
    top = tag("div", avatar(name, large=True), tag("h2", name), tag("p", f"Added {added}"), class_="title")
    return tag("aside", top, *groups)


def tabs(names: Sequence[tuple[str, str]], *, current: str) -> Html:
    links = [
        tag("a", name, href=f"?tab={key}", class_="here" if key == current else None) for key, name in names
    ]
    return tag("div", links, class_="tabs")
