"""What is news of a call: its record, its note, or neither."""

from typing import Any

import pytest
from msgspec.structs import replace

from bridge.calls.activity import Activity, activity_of
from bridge.calls.dispositions import Disposition
from bridge.calls.fold.call import CallStatus, fold
from bridge.calls.people.matching import NO_PERSON
from bridge.calls.recording_links import Link
from bridge.calls.texts import ENGLISH
from bridge.calls.transcripts.conversation import Conversation, SummaryPart, Turn
from bridge.inbox.rows import UNCERTAIN
from bridge.sync.digests import NOTHING, WITHDRAWN, Digests, facts
from tests.calls.conftest import recorded
from tests.support import LINKS, TEN

VOICEMAIL = activity_of(
    fold(recorded("voicemail-*")),
    NO_PERSON,
    agent_id=None,
    names={},
    links=LINKS,
    texts=ENGLISH,
    region="FR",
)
PAGE = Link("Dialogue", "https://bridge.example/dialogue")
SAID = Conversation(heading="Dialogue", turns=(), summary=(), origin="", page=PAGE)
LATE = (*VOICEMAIL.recordings, Link("Recording · 9 s", "https://bridge.example/recordings/RE2"))


def digests(activity: Activity, *, certain: bool = True) -> Digests:
    return Digests.of(activity, certain=certain)


@pytest.mark.parametrize("conversation", [None, SAID])
def test_a_recording_that_comes_to_a_message_later_is_news_of_its_note(
    conversation: Conversation | None,
) -> None:
    before = replace(VOICEMAIL, conversation=conversation)
    assert digests(before).note != digests(replace(before, recordings=LATE)).note


def test_what_a_note_does_not_say_is_no_news_of_it() -> None:
    later = replace(VOICEMAIL, title="Voicemail · Jane Doe", person_id="p1")
    assert digests(VOICEMAIL).note == digests(later).note
    assert digests(VOICEMAIL).record != digests(later).record


def test_a_call_that_turns_out_to_be_missed_for_certain_is_news() -> None:
    assert digests(VOICEMAIL, certain=False).record != digests(VOICEMAIL).record


def test_a_note_that_was_withdrawn_is_none_to_empty() -> None:
    written = Digests.of(VOICEMAIL, certain=True)
    silent = replace(VOICEMAIL, recordings=(), transcript=None)
    withdrawn = Digests.of(silent, certain=True, before=written)
    never = Digests.of(silent, certain=True)
    assert [one.has_note for one in (written, withdrawn, never)] == [True, False, False]
    assert (withdrawn.note, never.note) == (WITHDRAWN, NOTHING)
    # It stays what it was while there is no text.
    for before in (withdrawn, never):
        assert Digests.of(silent, certain=True, before=before).note == before.note


SUMMARY = (SummaryPart("Summary", ("Jane calls.",)),)


def spoken(name: str = "Jane", at: str = "0:01", text: str = "Hello", **more: Any) -> dict[str, Any]:
    turns = (Turn(name=name, at=at, text=text),)
    return {"conversation": replace(SAID, turns=turns, **{"summary": SUMMARY, **more})}


A_CALL = {"status": CallStatus.COMPLETED}


@pytest.mark.parametrize(
    ("before", "after", "is_news"),
    [
        ({}, {"transcript": "Call me."}, True),
        # The speakers' names follow the call's person.
        (spoken(), spoken(name="John"), False),
        (spoken(), spoken(text="Bye"), True),
        (spoken(), spoken(at="0:02"), True),
        (spoken(), spoken(summary=()), True),
        # Of a call that is no message the note shows the summary alone.
        (spoken() | A_CALL, spoken(text="Bye") | A_CALL, False),
        (spoken() | A_CALL, spoken(summary=(*SUMMARY, *SUMMARY)) | A_CALL, True),
    ],
)
def test_which_words_are_news_of_a_note(
    before: dict[str, Any], after: dict[str, Any], *, is_news: bool
) -> None:
    was, now = digests(replace(VOICEMAIL, **before)), digests(replace(VOICEMAIL, **after))
    assert (was.note != now.note) is is_news


def test_the_facts_of_a_note_are_its_title_and_what_it_says_of_the_call() -> None:
    """The stored digest is the record's fields and these four bytes."""
    assert len(facts(VOICEMAIL)) == 4
    assert facts(replace(VOICEMAIL, transcript="Call me.", person_id="p1")) == facts(VOICEMAIL)
    for changed in ({"title": "Voicemail"}, {"facts": ()}):
        assert facts(replace(VOICEMAIL, **changed)) != facts(VOICEMAIL)


def test_what_an_agent_says_of_a_call_is_news_of_that_alone() -> None:
    said = (Disposition(id="1", outcome="a sale", note="", agent="alice", at=TEN),)
    before, after = digests(VOICEMAIL), digests(replace(VOICEMAIL, dispositions=said))
    assert (after.record, after.note) == (before.record, before.note)
    assert before.dispositions == NOTHING != after.dispositions


def test_digests_come_back_as_they_were_stored() -> None:
    said = (Disposition(id="1", outcome="a sale", note="", agent="alice", at=TEN),)
    one = digests(replace(VOICEMAIL, dispositions=said))
    assert Digests.read(one.to_bytes()) == one
    assert (one.is_known, one.has_note, len(one.to_bytes())) == (True, True, len(UNCERTAIN))
    # A byte of a digest can be zero.
    assert replace(one, record=b"\0" * 7 + b"1").is_known
    for unknown in (None, UNCERTAIN):
        read = Digests.read(unknown)
        assert (read.is_known, read.has_note, read.dispositions) == (False, False, NOTHING)
