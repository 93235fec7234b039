"""HTML by construction: whatever is not Html already is escaped."""

from collections.abc import Iterable
from html import escape

_VOID = {"meta", "link", "hr"}


class Html(str):
    """Text that is HTML."""

    __slots__ = ()


Child = Html | str | None | Iterable["Child"]


def join(*children: Child) -> Html:
    """Children one after the other; texts are escaped, None is left out."""
    return Html("".join(_rendered(child) for child in children))


def _rendered(child: Child) -> str:
    if child is None:
        return ""
    if isinstance(child, str):
        return child if isinstance(child, Html) else escape(child)
    return "".join(_rendered(one) for one in child)


def tag(name: str, /, *children: Child, **attributes: str | None) -> Html:
    """An element; `class_` is its class, an attribute of None is left out."""
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    opening = f"<{name}{written}>"
    return Html(opening if name in _VOID else f"{opening}{join(*children)}</{name}>")


def web_link(address: str, text: str, *, class_: str | None = None) -> Html:
    """A link to an address that came from a client; anything but http and https stays text."""
    if not address.lower().startswith(("http://", "https://")):
        return tag("span", text, class_=class_)
    return tag("a", text, href=address, rel="noreferrer", class_=class_)
