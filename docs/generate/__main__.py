"""`make docs`."""

from pathlib import Path

from docs.generate.pages import PAGES

REFERENCE = Path(__file__).parents[1] / "reference"

REFERENCE.mkdir(exist_ok=True)
for name, page in PAGES.items():
    (REFERENCE / name).write_text(page(), encoding="utf-8")
