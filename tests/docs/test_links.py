"""Every link of our pages leads somewhere, and every page can be come to. Nobody outside is asked."""

from pathlib import Path

import pytest

from tests.docs.links import anchors, linked, targets, wrong

ROOT = Path(__file__).parents[2]
DOCS = sorted(ROOT.glob("docs/**/*.md"))
PAGES = [*sorted(ROOT.glob("*.md")), *DOCS, *sorted(ROOT.glob("bridge/**/*.md"))]
INDEX = ROOT / "docs" / "README.md"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    found = (wrong(target, page, ROOT) for target in targets(page.read_text(encoding="utf-8")))
    assert [what for what in found if what] == []


def test_every_page_of_the_docs_is_in_their_index() -> None:
    assert set(DOCS) - set(linked(INDEX)) == {INDEX}


def test_the_readme_leads_to_the_index() -> None:
    assert INDEX in set(linked(ROOT / "README.md"))


PAGE = """\
# A title, with `code` & more

See [one](#a-title-with-code--more), [two](other.md#twice-1), <https://twilio.com/docs>, https://twenty.com/.

```console
$ curl http://not.a/link
```

`https://nor.this`, [three][far], ![picture](picture.png)

[far]: http://github.com/x
"""


def test_links_are_found_where_they_are_links() -> None:
    assert list(targets(PAGE)) == [
        "#a-title-with-code--more",
        "other.md#twice-1",
        "https://twilio.com/docs",
        "https://twenty.com/",
        "http://github.com/x",
        "picture.png",
    ]


def test_anchors_are_githubs() -> None:
    assert anchors(PAGE) == {"a-title-with-code--more"}
    assert anchors('## Twice\n## Twice\n### `GET /ready`\n<a id="own"></a>') == {
        *("twice", "twice-1", "get-ready", "own")
    }


@pytest.mark.parametrize(
    ("target", "what"),
    [
        ("other.md", None),
        ("other.md#twice-1", None),
        ("#there", None),
        ("https://www.twilio.com/docs/voice", None),
        ("https://crm.example.com/phone", None),
        ("http://127.0.0.1:8080", None),
        ("http://HOST:PORT/metrics", None),
        ("gone.md", "is not there"),
        ("../outside.md", "is not there"),
        ("#nowhere", "no such heading"),
        ("other.md#twice-2", "no such heading"),
        ("http://www.twilio.com", "no https"),
        ("https://twilio", "no address"),
        ("ftp://twilio.com", "no https"),
    ],
)
def test_what_is_wrong_with_a_link_is_told(target: str, what: str | None, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# There\n")
    (tmp_path / "other.md").write_text("# Twice\n# Twice\n")
    told = wrong(target, page, tmp_path)
    assert (told is None) == (what is None)
    assert (what or "") in (told or "")
