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
    lines = (line.strip() for one in texts(given_blocks) for line in one.split("\n"))
    assert all(line in str(stored["markdown"]) for line in lines)


def shown(made: list[Any]) -> str:
    """Blocks in short: `bulletListItem[a *bold*](paragraph[b])`."""
    return " ".join(
        f"{one['type']}[{inline(one['content'])}]"
        + (f"({shown(one['children'])})" if one["children"] else "")
        if isinstance(one.get("content"), list)
        else one["type"]
        for one in made
    )


def inline(content: list[Any]) -> str:
    return "".join(
        f"{{{one['href']}|{inline(one['content'])}}}"
        if one["type"] == "link"
        else "".join(one["styles"]).join("__" if one["styles"] else ("", "")) + one["text"]
        for one in content
    )


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("one\r\ntwo", "paragraph[one \n two]"),
        ("one\r\n\r\ntwo\r\n", "paragraph[one ] paragraph[two ]"),
        ("one \ntwo  \nthree\\\nfour", "paragraph[one \n two\n three\n four]"),
        ("    four\n\n   three\n\n\tx", "paragraph[ four] paragraph[three] paragraph[\tx]"),
        ('\\" \\& \\/ \\= \\! \\~ \\| \\. \\-', 'paragraph[\\" \\& \\/ \\= ! ~ | . -]'),
        ("[x]: https://y.example.com\n\n[x]", "paragraph[[x]: https://y.example.com] paragraph[[x]]"),
        ("[](https://y.example.com)", "paragraph[]"),
        ("[a](https://y.example.com/ä)\nb", "paragraph[{https://y.example.com/ä|a\n} b]"),
        ('see <a href="https://y.example.com">a</a> b', "paragraph[see {https://y.example.com|a} b]"),
        ("<a href='javascript:alert(1)'>a</a>", "paragraph[a]"),
        ("***a***", "paragraph[_bolditalic_a]"),
        ("**`a`**", "paragraph[_code_a]"),
        ("_a_b_", "paragraph[_italic_ab_]"),
        ("snake_case_here", "paragraph[snake_case_here]"),
        ("a ![b](https://y.example.com/c.png)", "paragraph[a ]"),
        ("![b](https://y.example.com/c.png)", "image"),
        ("- a\n  b", "bulletListItem[a](paragraph[b])"),
        ("- a\nb", "bulletListItem[a] paragraph[b]"),
        ("- - a", "bulletListItem[- a]"),
        ("-\n\n1.\n\n#", "paragraph[-] paragraph[1.] paragraph[#]"),
        ("1. a\n   - b\n2. c", "numberedListItem[a](bulletListItem[b]) numberedListItem[c]"),
        ("- [ ] a\n- [X] b", "checkListItem[a] checkListItem[b]"),
        ("> a\n>\n> b", "quote[a\nb]"),
        ("> - a", "quote[a]"),
        ("a\nb\n===", "paragraph[a] heading[b]"),
        ("a\n-", "paragraph[a\n -]"),
        ("### a ###", "heading[a]"),
        ("```\n\na\n```", "codeBlock[\na]"),
        ("<h2>a</h2><ul><li>b</li></ul><hr>", "heading[a] bulletListItem[b] divider"),
        ("<!-- a", "paragraph[]"),
        ("a <!-- b", "paragraph[a <!-- b]"),
        ("x\n<div>y</div>", "paragraph[x] paragraph[y]"),
    ],
)
def test_what_becomes_of_markdown(written: str, expected: str) -> None:
    """Held to what the original's editor, BlockNote 0.51.4, made of the same text."""
    assert shown(markdown.to_blocks(written)) == expected


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (["- a", "- b"], "* a\n* b\n"),
        (["1. a\n   - b\n2. c"], "1. a\n   * b\n2. c\n"),
        (["3. a\n4. b"], "3. a\n4. b\n"),
        (["- a\n  b"], "* a\n\nb\n"),
        (["- a", "1. b"], "* a\n\n1. b\n"),
        (["a\nb"], "a\\\n b\n"),
        (["> a\n>\n> b"], "> a\\\n> b\n"),
        (["**[a](https://y.example.com)**"], "**[a](https://y.example.com)**\n"),
        (["[a**b**](https://y.example.com)"], "[a](https://y.example.com)**[b](https://y.example.com)**\n"),
        (["|a|b|\n|-|-|\n|c|d|"], "| a          | b          |\n| ---------- | ---------- |\n"),
        (["[a](/b)[c](/b)"], "[ac](/b)\n"),
        (["[a](/b)\nc"], "[a](/b)\\\n c\n"),
        (["**a\nb**"], "**a**\\\n** b**\n"),
        (["**a `b`**", "~~c ~~"], "**a** `b`\n\n~~c ~~\n"),
        (["``a`b``"], "``a`b``\n"),
        (["a", "- "], "a\n\n*\n"),
        (["\ta", "<br>b"], "a\n\nb\n"),
        (["0. a"], "1. a\n"),
        (["```\n```"], "```text\n```\n"),
        (["```\nx\n```"], "```text\nx\n```\n"),
    ],
)
def test_what_becomes_of_blocks(made: list[str], expected: str) -> None:
    read = [block for one in made for block in markdown.to_blocks(one)]
    assert blocks.to_markdown(read).startswith(expected)


@pytest.mark.parametrize(
    "unit",
    [
        "<",
        "[",
        "](",
        "*_",
        "``a",
        "<b>",
        "<b>a",
        "<p>a<",
        "> ",
        "\r\n a",
        "| a |\n|-|\n",
        "[a](",
        "<a href=",
        "<!--",
        "- a\n\n",
        "\n ",
        "1. ",
        "#  ",
        "***a",
        "`a``b",
        '<a b="',
        "|",
    ],
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
