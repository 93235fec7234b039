"""What agents say of a call: each once, the newest note of each, in each order of arrival."""

from itertools import permutations

import pytest

from bridge.calls.callback import Callback, Kind
from bridge.calls.dispositions import (
    OUTCOMES,
    Disposition,
    dispositions,
    note_digest,
    note_of,
    notes,
    outcomes_in,
)
from tests.support import TEN, told

CALL = "CA" + "1" * 32


def said(one: str, *, at: float = 0, agent: str = "alice") -> Callback:
    return told(Kind.DISPOSITION, CALL, at=at, Id=one, Agent=agent, Outcome="Call back", Note="Monday")


def typed(note: str, version: int, *, at: float = 0, agent: str = "alice") -> Callback:
    return told(Kind.NOTE, CALL, at=at, Agent=agent, Note=note, Version=str(version))


def test_what_was_said_counts_once_and_the_newest_of_what_is_typed() -> None:
    heard = [
        *(said("b", at=5), said("a", at=9), said("b", at=2)),
        *(typed("Wants", 1, at=20), typed("Wants two", 2, at=3)),
        told(Kind.STATUS, CALL, CallStatus="completed"),
    ]
    for order in permutations(heard):
        found = dispositions(order)
        assert [(one.id, one.outcome, one.note) for one in found if not one.version] == [
            ("b", "Call back", "Monday"),
            ("a", "Call back", "Monday"),
        ]
        assert [(one.at - TEN).seconds for one in found] == [2, 3, 9]
        assert [(one.note, one.agent, one.version) for one in found if one.version] == [
            ("Wants two", "alice", 2)
        ]


def test_the_newest_note_of_each_agent_and_of_one_under_several_identities() -> None:
    heard = [
        *(typed("hers", 1, at=5), typed("as Alice Doe", 1, at=7, agent="alice_doe")),
        *(typed("his", 4, at=9, agent="bob"), said("a", at=99)),
    ]
    for order in permutations(heard):
        assert [one.note for one in notes(order)] == ["hers", "as Alice Doe", "his"]
        assert (note_of(["alice", "alice_doe"], order), note_of(["carol"], order)) == (notes(heard)[1], None)
    assert len({one.id for one in notes(heard)}) == 3


def test_a_note_is_named_in_twenty_as_by_earlier_versions() -> None:
    """By another name it would be written beside the one that stands there."""
    (note,) = notes([typed("hers", 1)])
    assert note.id == "6428a8811ded3dd33c615032fc0a2f58"


@pytest.mark.parametrize(
    ("outcome", "note", "is_empty"), [("", "", True), ("x", "", False), ("", "x", False)]
)
def test_a_note_whose_agent_deleted_it_all_is_empty(outcome: str, note: str, is_empty: bool) -> None:
    (found,) = notes([told(Kind.NOTE, CALL, Agent="alice", Outcome=outcome, Note=note, Version="1")])
    assert (found.is_empty, found.outcome, found.note) == (is_empty, outcome, note)


def test_two_that_change_the_same_version_of_a_note_exclude_each_other() -> None:
    digests = [
        note_digest(*of)
        for of in ((CALL, "alice", 1), (CALL, "alice", 2), (CALL, "bob", 1), ("CA2", "alice", 1))
    ]
    assert len(set(digests)) == 4
    assert note_digest(CALL, "alice", 1) == digests[0]


@pytest.mark.parametrize(
    ("language", "spoken"), [("fr-FR", "fr"), ("fr", "fr"), ("en-GB", "en"), ("de-DE", "en")]
)
def test_outcomes_to_choose_from_are_in_the_reader_s_language_or_else_in_english(
    language: str, spoken: str
) -> None:
    assert outcomes_in(language) == OUTCOMES[spoken]


def test_versions_of_a_note_are_named_as_by_earlier_versions_of_the_bridge() -> None:
    """Of two that arrive at once one is refused, also while a new version takes over."""
    assert note_digest(CALL, "alice", 1).hex() == "3380753a3a397fec5cb352a7cccab0ba"


def test_of_two_notes_with_one_number_the_later_counts_and_of_two_identities_the_later_note() -> None:
    heard = [typed("first", 2, at=1), typed("second", 2, at=2), typed("third", 1, at=3)]
    other = [typed("as Alice Doe", 9, at=1, agent="alice_doe"), typed("empty", 1, agent="")]
    for order in permutations(heard):
        assert [one.note for one in notes([*other, *order])] == ["empty", "second", "as Alice Doe"]
        found = note_of(["alice", "alice_doe"], [*order, *other])
        assert found
        assert found.note == "second"
    same = [typed("a", 3, at=2), typed("b", 4, at=2, agent="alice_doe")]
    for order in permutations(same):
        found = note_of(["alice", "alice_doe"], order)
        assert found
        assert found.note == "b"


def test_what_was_said_of_nothing_is_empty() -> None:
    (found,) = dispositions([told(Kind.DISPOSITION, CALL, Id="1")])
    assert found == Disposition(id="1", outcome="", note="", agent="", at=TEN, version=0)
    (note,) = dispositions([told(Kind.NOTE, CALL, Version="7")])
    assert (note.outcome, note.note, note.agent, note.at, note.version) == ("", "", "", TEN, 7)


def test_of_equal_times_the_name_orders() -> None:
    for order in permutations([said("b"), said("a"), said("c", at=-1)]):
        assert [one.id for one in dispositions(order)] == ["c", "a", "b"]
