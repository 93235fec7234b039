"""Dialogues as rich text: kept to the letter through Twenty's conversions, and never longer than it takes."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from bridge.calls.recording_links import Link
from bridge.calls.transcripts.conversation import Conversation, SummaryPart, Turn
from bridge.sandbox.twenty.kinds import rich_text as twentys
from bridge.twenty.values import storable
from bridge.twenty.writing.conversations import conversation_blocks, quoted
from bridge.twenty.writing.fields import mark
from bridge.twenty.writing.rich_text import rich_text
from tests.support import lines_of

PAGE = Link("The whole transcript", "https://phone.example.com/transcripts/CA1?signature=x")
WORDS = st.sampled_from(
    ["<", "<b>", "5 < 6", "- a", "1. b", "# c", "> d", "| e |", "---", "👩\u200d💻", "שלום", "\u202eمرحبا"]
)
MARKUP = st.sampled_from(
    ["<b>x</b>", "<script>", "*x*", "`x`", "[a](b)", "\\", "&lt;", "\0", "\ud800", "~~x~~"]
)
TEXTS = st.lists(WORDS | MARKUP | st.text(max_size=5), min_size=1).map(" ".join)
PLAIN = st.lists(WORDS.filter(lambda word: word != "<b>"), min_size=1).map(" ".join)
NAMES = st.sampled_from(["Anna", "Marie <Durand>", "- Bob", "1. X", "# Y", "שרה", ""])


def conversation(*turns: Turn) -> Conversation:
    return Conversation(heading="Transcript", turns=turns, summary=(), origin="", page=PAGE)


@given(NAMES, TEXTS)
def test_text_is_kept_to_the_letter(name: str, text: str) -> None:
    turn = Turn(name, "0:05", text)
    sent = rich_text(conversation_blocks(conversation(turn)))
    kept = twentys.stored(sent, "transcript")
    assert lines_of(str(kept["blocknote"])) == [storable(str(turn))]
    assert mark("transcript", kept) == mark("transcript", sent)


@given(PLAIN)
def test_derived_markdown_reads_as_the_same_dialogue(text: str) -> None:
    """No word at a turn's beginning becomes a list, a heading or a quotation."""
    turns = [Turn("Anna", "0:05", text), Turn("", "0:07", text)]
    kept = twentys.stored(rich_text(conversation_blocks(conversation(*turns))), "transcript")
    read = twentys.stored({"markdown": kept["markdown"]}, "transcript")
    assert lines_of(str(read["blocknote"])) == [str(turn) for turn in turns]


SAID = (Turn("Anna", "0:05", "Hello."), Turn("", "0:07", "Hello?"))
SUMMARY = (SummaryPart("Agreed", ("To meet (0:42)", "On Monday")),)
SUMMED_UP = ["### Agreed", "- To meet (0:42)", "- On Monday", "By a model."]


@pytest.mark.parametrize(
    ("turns", "summary", "origin", "lines"),
    [
        (SAID, (), "", ["Anna (0:05): Hello.", "(0:07) Hello?"]),
        (
            SAID,
            SUMMARY,
            "By a model.",
            [*SUMMED_UP, "### Transcript", "Anna (0:05): Hello.", "(0:07) Hello?"],
        ),
        ((), SUMMARY, "By a model.", [*SUMMED_UP, "### Transcript"]),
        ((), (), "", []),
    ],
)
def test_the_summary_stands_above_the_dialogue(
    turns: tuple[Turn, ...], summary: tuple[SummaryPart, ...], origin: str, lines: list[str]
) -> None:
    whole = replace(conversation(*turns), summary=summary, origin=origin)
    assert lines_of(rich_text(conversation_blocks(whole))["blocknote"]) == lines
    dialogue = lines[-len(turns) :] if turns else []
    assert lines_of(rich_text(quoted(whole))["blocknote"]) == [f"> {line}" for line in dialogue]


@pytest.mark.parametrize(("length", "blocks"), [(9, 1), (10, 1), (11, 2)])
def test_a_message_is_quoted_up_to_so_many_characters(length: int, blocks: int) -> None:
    message = conversation(Turn("Anna", "0:05", "x" * length))
    lines = lines_of(rich_text(quoted(message, longest=10))["blocknote"])
    assert lines == [f"> Anna (0:05): {'x' * min(length, 10)}", f"[{PAGE.label}]({PAGE.url})"][:blocks]
    assert len(list(conversation_blocks(message, longest=10))) == blocks


def test_a_dialogue_that_is_too_long_ends_with_a_link_to_all_of_it() -> None:
    turns = [Turn("Anna", "0:05", f"{n} " + "word " * 100) for n in range(1000)]
    blocks = list(conversation_blocks(conversation(*turns)))
    assert 500 < len(blocks) < 700
    assert len(json.dumps(blocks)) < 1_000_000
    assert lines_of(json.dumps(blocks))[-1] == f"[{PAGE.label}]({PAGE.url})"
    (cut, link) = conversation_blocks(conversation(Turn("Anna", "0:05", "x" * 1_000_000)))
    assert len(json.dumps(cut)) < 301_000
    assert link == blocks[-1]
    assert len(list(conversation_blocks(conversation(*turns[:500])))) == 500
