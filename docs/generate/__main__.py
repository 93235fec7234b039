"""`make docs`."""

from pathlib import Path

from docs.generate.pages import PAGES, SHIPPED
from docs.generate.settings import ROOT

REFERENCE = Path(__file__).parents[1] / "reference"

REFERENCE.mkdir(exist_ok=True)
for name, page in PAGES.items():
    (REFERENCE / name).write_text(page(), encoding="utf-8")
for ours, packed in SHIPPED.items():
    (ROOT / packed).write_bytes((ROOT / ours).read_bytes())
