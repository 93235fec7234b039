"""Pieces of a page in Markdown."""

import re
from collections.abc import Iterable, Sequence

VALUE = re.compile(r"(?!unset)([a-z]+): ")


def page(title: str, source: str, parts: Iterable[str]) -> str:
    """A page whose first words say where it comes from; `parts` are paragraphs, tables, headings."""
    told = f"<!-- Made by `make docs`, from {source}. -->"
    return "\n\n".join([told, f"# {title}", *(part for part in parts if part)]) + "\n"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table without the columns that nothing stands in; nothing, if there are no rows."""
    filled = [[cell(text) for text in row] for row in rows]
    if not filled:
        return ""
    kept = [column for column in range(len(head)) if any(row[column] for row in filled)]
    lines = [[head[column] for column in kept], ["---" for _ in kept]]
    lines += [[row[column] for column in kept] for row in filled]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def cell(text: str) -> str:
    """Text on one line, in which no bar ends the cell."""
    return " ".join(text.split()).replace("|", "\\|")


def code(text: object) -> str:
    """As it is typed."""
    return f"`{text}`"


def codes(texts: Iterable[object]) -> str:
    """Several of them."""
    return ", ".join(map(code, texts))


def sentence(text: str) -> str:
    """Beginning with a capital, or with a value as it is typed (`true: …`), ending with a stop."""
    value = VALUE.match(text)
    begun = f"{code(value[1])}{text[value.end(1) :]}" if value else text[:1].upper() + text[1:]
    return begun if begun.endswith((".", "…", ":")) or not begun else f"{begun}."
