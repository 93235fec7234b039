"""Pages that need no script. All text is escaped by the library that writes them."""

from xml.etree import ElementTree as ET

Node = ET.Element


def element(name: str, /, *children: "Node | str", **attributes: str) -> Node:
    """`element("p", "text", class_="quiet")`."""
    made = ET.Element(name, {key.rstrip("_").replace("_", "-"): value for key, value in attributes.items()})
    last: Node | None = None
    for child in children:
        if isinstance(child, str):
            if last is None:
                made.text = (made.text or "") + child
            else:
                last.tail = (last.tail or "") + child
        else:
            made.append(child)
            last = child
    return made


def document(title: str, *sections: Node, root: str, lang: str) -> bytes:
    """The document, in the phone page's looks; `root` is the path of the public URL."""
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("title", title),
        element("link", rel="icon", href=f"{root}/phone/icons/icon.svg", type="image/svg+xml"),
        element("link", rel="stylesheet", href=f"{root}/phone/phone.css"),
        element("link", rel="stylesheet", href=f"{root}/phone/status.css"),
    )
    main = element("main", element("h1", title), *sections, class_="status")
    html = element("html", head, element("body", main), lang=lang)
    return b"<!doctype html>\n" + ET.tostring(html, encoding="unicode", method="html").encode(
        errors="replace"
    )
