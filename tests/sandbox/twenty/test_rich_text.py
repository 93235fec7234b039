"""Any text can be Markdown or blocks: nothing crashes, plain text survives, time grows with the text."""

import json
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.sandbox.twenty.kinds import blocks, markdown, rich_text
from tests.cpu_time import assert_grows_linearly

Ask = Callable[..., Awaitable[Any]]

NOTE = "mutation ($d: NoteCreateInput!) {createNote(data: $d) {title bodyV2 {markdown blocknote}}}"
WORDS = st.text(st.sampled_from("abcäöüß漢字🦆 .,!?0123456789"), min_size=1).map(
    lambda one: f"a{one.strip()}"
)
ANY = st.text(st.characters(codec="utf-8", exclude_characters="\x00"))
STYLES = st.dictionaries(st.sampled_from(["bold", "italic", "code", "strike"]), st.just(True))
TEXTS = st.builds(lambda text, styles: {"type": "text", "text": text, "styles": styles}, ANY, STYLES)


def texts(value: object) -> Iterator[str]:
    """All text within blocks, in order."""
    if isinstance(value, dict):
        if value.get("type") == "text":
            yield value["text"]
        value = [one for key, one in value.items() if key in ("content", "children", "rows", "cells")]
    if isinstance(value, list):
        for one in value:
            yield from texts(one)


@given(st.lists(WORDS, min_size=1, max_size=5))
def test_plain_paragraphs_survive(paragraphs: list[str]) -> None:
    made = markdown.to_blocks("\n\n".join(paragraphs))
    assert ["".join(texts(block)) for block in made] == paragraphs
    assert blocks.to_markdown(made) == "\n\n".join(paragraphs) + "\n"


@given(ANY)
def test_any_text_is_markdown(text: str) -> None:
    stored = rich_text.stored({"markdown": text}, "bodyV2")
    assert stored["markdown"] == (text or None)
    if text:
        assert isinstance(json.loads(str(stored["blocknote"])), list)


@given(st.lists(st.builds(lambda content: {"type": "paragraph", "content": content}, st.lists(TEXTS))))
def test_blocks_are_kept_to_the_letter(given_blocks: list[Any]) -> None:
    written = json.dumps(given_blocks)
    stored = rich_text.stored({"blocknote": written}, "bodyV2")
    assert json.loads(str(stored["blocknote"])) == given_blocks
    assert all(one in str(stored["markdown"]) for one in texts(given_blocks))


@pytest.mark.parametrize(
    "unit",
    ["<", "[", "](", "*_", "``a", "<b>", "<b>a", "<p>a<", "> ", "\r\n a", "| a |\n|-|\n", "[a](", "<a href="],
)
def test_time_grows_with_the_text(unit: str) -> None:
    def converted(count: int) -> Callable[[], object]:
        return lambda: blocks.to_markdown(markdown.to_blocks(unit * count))

    assert_grows_linearly(converted, (1_000, 8_000))


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"markdown": "a\ud83d b"}, "a� b"),
        ({"markdown": "c\udc00 d"}, "c� d"),
        ({"markdown": "a\U0001f986 b"}, "a\U0001f986 b"),
    ],
)
async def test_half_a_surrogate_pair_becomes_the_replacement_character(
    ask: Ask, body: dict[str, str], expected: str
) -> None:
    answer = await ask(NOTE, d={"title": body["markdown"], "bodyV2": body})
    note = answer["data"]["createNote"]
    assert (note["title"], note["bodyV2"]["markdown"]) == (expected, expected)
    assert list(texts(json.loads(note["bodyV2"]["blocknote"]))) == [expected]


async def test_half_a_surrogate_pair_within_blocks(ask: Ask) -> None:
    written = '[{"type":"paragraph","content":[{"type":"text","text":"a\\ud83d","styles":{}}]}]'
    body = (await ask(NOTE, d={"bodyV2": {"blocknote": written}}))["data"]["createNote"]["bodyV2"]
    assert body == {"markdown": "a�\n", "blocknote": written}


async def test_an_escape_spelled_out_is_text(ask: Ask) -> None:
    spelled = "a \\u0000 b"
    body = json.dumps([{"type": "paragraph", "content": [{"type": "text", "text": spelled, "styles": {}}]}])
    data = (await ask(NOTE, d={"title": spelled, "bodyV2": {"blocknote": body}}))["data"]
    assert data["createNote"]["title"] == spelled
    assert spelled in json.loads(data["createNote"]["bodyV2"]["blocknote"])[0]["content"][0]["text"]
