"""What there is in French says the same as its English page: parts, commands, links and pictures."""

import re
from pathlib import Path

import pytest

from tests.docs import pages
from tests.docs.reader import ROOT

PAGES = sorted([*ROOT.glob("*.fr.md"), *(ROOT / "docs").rglob("*.fr.md")])
LINK = re.compile(r"\]\(([^)]+)\)|src=\"([^\"]+)\"|<(http[^>]+)>")


def english(page: Path) -> Path:
    return page.with_name(page.name.replace(".fr.md", ".md"))


def parts(text: str) -> list[str]:
    """Each heading's level, each table's row and each item, in their order."""
    prose = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    return re.findall(r"^(#+|\||- |\d+\.)", prose, flags=re.MULTILINE)


def commands(text: str) -> list[tuple[str, ...]]:
    """What is typed, or written into a file, without what is said beside it or printed."""
    return [
        tuple(re.sub(r" +# .*", "", command.typed) for command in block.commands)
        if block.language == "console"
        else (block.text,)
        for block in pages.blocks(text)
    ]


def leads_to(text: str) -> list[str]:
    found = ("".join(parts).replace(".fr.md", ".md") for parts in LINK.findall(text))
    # Each language names the other at its head.
    return sorted(link for link in found if link not in {"README.md", "tutorial.md", "docs/tutorial.md"})


def test_readme_and_tutorial_are_there() -> None:
    assert [page.name for page in PAGES] == ["README.fr.md", "tutorial.fr.md"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_says_the_same_in_both_languages(page: Path) -> None:
    french, told = page.read_text(), english(page).read_text()
    assert parts(french) == parts(told)
    assert commands(french) == commands(told)
    assert leads_to(french) == leads_to(told)
    assert page.name in told
    assert english(page).name in french
