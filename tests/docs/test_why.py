"""Decisions have one form, and the table of contents lists them all, in their order."""

import re

import pytest

from tests.docs.reader import ROOT

WHY = (ROOT / "docs" / "why.md").read_text()
CONTENTS, _, BODY = WHY.partition("\n## ")
DECISIONS = re.split(r"^### ", f"## {BODY}", flags=re.MULTILINE)[1:]


def test_the_contents_are_the_headings() -> None:
    listed = re.findall(r"^ *- \[(.+)\]\(#", CONTENTS, flags=re.MULTILINE)
    assert listed == re.findall(r"^##+ (.+)", f"## {BODY}", flags=re.MULTILINE)


@pytest.mark.parametrize("decision", DECISIONS, ids=lambda decision: decision.partition("\n")[0])
def test_a_decision_has_one_form(decision: str) -> None:
    title, _, text = decision.partition("\n")
    begins = re.findall(r"^\*\*(\w+)\.\*\* ", text, flags=re.MULTILINE)
    assert begins == ["Context", "Decision", "Consequence"], title
    assert text.startswith("**Context.**"), title
