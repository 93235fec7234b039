"""What Twenty cannot store is taken out of every text that is sent, and nothing else is."""

import json
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.calls.recording_links import Link
from bridge.sandbox.twenty import TwentySandbox
from bridge.twenty.client.client import TwentyClient
from bridge.twenty.values import all_storable, storable, storable_json
from bridge.twenty.writing.rich_text import (
    Block,
    bold,
    bullet,
    heading,
    italic,
    linked,
    paragraph,
    paragraphs,
    plain,
    quotes,
    rich_text,
)
from tests.support import ask, lines_of, nodes_of

ANY = st.text(alphabet=st.characters())
VALUES = st.recursive(
    st.none() | st.integers() | ANY,
    lambda inner: st.lists(inner) | st.dictionaries(st.text("abc", min_size=1), inner),
    max_leaves=10,
)


@given(VALUES)
def test_of_any_value_only_what_cannot_be_stored_goes(value: Any) -> None:
    sent = json.dumps(all_storable(value), ensure_ascii=False)
    assert "\\u0000" not in sent
    sent.encode()
    assert all_storable(all_storable(value)) == all_storable(value)
    assert json.loads(storable_json(value)) == all_storable(value)


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_what_can_be_stored_stays(text: str) -> None:
    assert storable(text) == text


DEFAULT = {"backgroundColor": "default", "textColor": "default"}
LEFT = DEFAULT | {"textAlignment": "left"}
HEARD = Link("Recording · 17 s", "https://phone.example.com/recordings/RE1")


def text_block(text: str, **styles: bool) -> dict[str, Any]:
    return {"type": "text", "text": text, "styles": styles}


@pytest.mark.parametrize(
    ("blocks", "kind", "props", "content"),
    [
        (paragraphs(" é\n \0\n"), "paragraph", LEFT, text_block("é")),
        ([paragraph(bold("a"))], "paragraph", LEFT, text_block("a", bold=True)),
        ([paragraph(italic("a"))], "paragraph", LEFT, text_block("a", italic=True)),
        (quotes("a\n\n"), "quote", DEFAULT, text_block("a")),
        ([heading("a")], "heading", LEFT | {"level": 3}, text_block("a")),
        (
            [bullet(linked(HEARD))],
            "bulletListItem",
            LEFT,
            {"type": "link", "href": HEARD.url, "content": [text_block(HEARD.label)]},
        ),
    ],
)
def test_what_a_block_is_to_twentys_editor(
    blocks: Iterable[Block], kind: str, props: Any, content: Any
) -> None:
    sent = rich_text(blocks)
    block = {"id": "b1", "type": kind, "props": props, "content": [content], "children": []}
    assert sent == {
        "blocknote": json.dumps([block], ensure_ascii=False).replace(": ", ":").replace(", ", ",")
    }


@given(ANY)
def test_foreign_text_is_kept_to_the_letter(text: str) -> None:
    blocks = rich_text([*quotes(text), *paragraphs(text), bullet(plain(text))])["blocknote"]
    blocks.encode()
    shown = [line.strip() for line in storable(text).splitlines() if line.strip()]
    assert lines_of(blocks) == [*(f"> {line}" for line in shown), *shown, f"- {storable(text)}"]


@pytest.mark.parametrize("text", ["<b>bye</b> & \\\\* [x](y)", "# no heading", "- no item", "a\0\ud800b"])
async def test_twenty_keeps_it(client: TwentyClient, twenty: TwentySandbox, text: str) -> None:
    body = rich_text([*paragraphs(text), bullet(linked(HEARD))])
    await client.execute("CreateNotes", data=[{"title": text, "bodyV2": body}])
    (note,) = nodes_of(await ask(twenty, "{ notes { edges { node { title bodyV2 { blocknote } } } } }"))
    assert note["title"] == storable(text)
    assert lines_of(note["bodyV2"]["blocknote"]) == [storable(text), f"- [{HEARD.label}]({HEARD.url})"]
