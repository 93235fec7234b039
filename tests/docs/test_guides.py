"""Every command of the tutorial and the how-to pages is run here, or its page says why not."""

from pathlib import Path

import pytest

from tests.docs import pages
from tests.docs.pictures import MOST_BYTES, Picture, placed
from tests.docs.reader import ROOT, elsewhere, environment, play, prepare
from tests.docs.terminal import checkout, terminal

DOCS = ROOT / "docs"


def _name(path: Path) -> str:
    return str(path.relative_to(DOCS))


GUIDES = sorted([*DOCS.glob("tutorial*.md"), *DOCS.glob("how-to/*.md")])
TO_PLAY = [
    # The commands are those of the English page, which `test_french.py` holds.
    pytest.param(path, marks=pytest.mark.slow if path.name.endswith(".fr.md") else (), id=_name(path))
    for path in GUIDES
]
FRENCH = {"LC_ALL": "", "LC_MESSAGES": "", "LANG": "fr_FR.UTF-8"}


@pytest.mark.parametrize("path", TO_PLAY)
def test_what_a_guide_says_is_so(path: Path, tmp_path: Path) -> None:
    page, moved = elsewhere(path.read_text())
    spoken = FRENCH if path.name.endswith(".fr.md") else {}
    env = environment(moved) | spoken
    with terminal(checkout(ROOT, tmp_path / "bridge"), tmp_path / "state", env) as reader:
        prepare(reader, pages.before(page), moved)
        for block in pages.blocks(page):
            try:
                play(reader, block)
            except AssertionError as otherwise:
                otherwise.add_note(f"{path.relative_to(ROOT)}, line {block.line}")
                raise


@pytest.mark.parametrize("path", GUIDES, ids=_name)
def test_commands_stand_in_consoles(path: Path) -> None:
    """Where they are run."""
    assert {block.language for block in pages.blocks(path.read_text())}.isdisjoint({"sh", "bash", "shell"})


PICTURES = [(path, picture) for path in GUIDES for picture in placed(path.read_text())]


@pytest.mark.parametrize(("path", "picture"), PICTURES, ids=[picture.path for _, picture in PICTURES])
def test_a_picture_is_there_and_small(path: Path, picture: Picture) -> None:
    assert 0 < (path.parent / picture.path).stat().st_size < MOST_BYTES


def test_the_tutorial_has_pictures() -> None:
    assert DOCS / "tutorial.md" in {path for path, _ in PICTURES}
