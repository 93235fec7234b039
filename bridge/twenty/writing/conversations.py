"""A conversation as blocks: the summary, and below it the dialogue."""

from collections.abc import Callable, Iterator

from bridge.calls.transcripts.conversation import Conversation, Turn, upto
from bridge.twenty.writing.rich_text import (
    Block,
    Inline,
    bold,
    bullet,
    heading,
    italic,
    linked,
    paragraph,
    plain,
    quote,
)

LONGEST = 300_000
"""Characters of a dialogue that a field takes: five hours of talk. Twenty takes 10 MB a request."""

LONGEST_QUOTED = 2_000
"""Characters of a message in a task."""


def conversation_blocks(conversation: Conversation, *, longest: int = LONGEST) -> Iterator[Block]:
    """All of it, as a call's field has it; of a longer dialogue the beginning, and a link to the whole."""
    yield from summary_blocks(conversation)
    if conversation.summary:
        yield heading(conversation.heading)
    yield from _dialogue(conversation, paragraph, longest=longest)


def summary_blocks(conversation: Conversation) -> Iterator[Block]:
    """Its summary, if there is one."""
    for part in conversation.summary:
        yield heading(part.heading)
        yield from (bullet(plain(point)) for point in part.points)
    if conversation.origin:
        yield paragraph(italic(conversation.origin))


def quoted(conversation: Conversation, *, longest: int = LONGEST) -> Iterator[Block]:
    """Its dialogue as a quotation."""
    return _dialogue(conversation, quote, longest=longest)


def _dialogue(conversation: Conversation, block: Callable[..., Block], *, longest: int) -> Iterator[Block]:
    shown = upto(conversation.turns, longest)
    for turn in shown:
        yield block(*_turn(turn, longest))
    if len(shown) < len(conversation.turns) or any(len(turn.text) > longest for turn in shown):
        yield paragraph(linked(conversation.page))


def _turn(turn: Turn, longest: int) -> Iterator[Inline]:
    if turn.name:
        yield bold(turn.name)
        yield plain(turn.lead[len(turn.name) :] + turn.text[:longest])
    else:
        yield plain(turn.lead + turn.text[:longest])
