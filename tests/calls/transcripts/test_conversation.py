"""What is shown of a talk: the dialogue, the summary under its headings, and the tasks that are proposed."""

import json

import pytest
from msgspec.structs import replace

from bridge.calls.recording_links import Link
from bridge.calls.texts import ENGLISH
from bridge.calls.transcripts.conversation import (
    Conversation,
    ProposedTask,
    Spoken,
    SummaryPart,
    Turn,
    conversation_of,
    upto,
)
from bridge.calls.transcripts.segments import Role, Segment, Speaker, Transcript
from bridge.calls.transcripts.summary import CallSummary, Point

ANNA, CUSTOMER = Speaker(Role.AGENT, "anna"), Speaker(Role.CUSTOMER, "+33639980001")
TALK = Transcript(
    segments=(Segment(ANNA, 5, 7, "Good morning."), Segment(CUSTOMER, 65, 67, "Hello?")),
    language="en",
    engine="whisper",
    model="small",
)
STEPS = tuple(Point(f"Step {number}", second) for number, second in enumerate((42, None, 3, 4)))
SUMMARY = CallSummary(about=(Point("An offer", 5),), agreed=(), next_steps=STEPS, model="m-8b", prompt="7")


def conversation(summary: CallSummary | None, *, proposes: bool = True) -> Conversation:
    names = {ANNA: "Anna", CUSTOMER: ""}
    return conversation_of(
        Spoken(TALK, summary), name=names.__getitem__, texts=ENGLISH, page="https://x/y", proposes=proposes
    )


def test_the_dialogue_has_names_and_times_and_a_link_to_all_of_it() -> None:
    shown = conversation(None)
    assert [str(turn) for turn in shown.turns] == ["Anna (0:05): Good morning.", "(1:05) Hello?"]
    assert (shown.heading, shown.page) == (ENGLISH.transcript, Link(ENGLISH.whole_transcript, "https://x/y"))
    assert (shown.summary, shown.origin, shown.proposed) == ((), "", ())


def test_a_summary_has_what_was_said_under_its_headings_and_says_who_made_it() -> None:
    shown = conversation(SUMMARY)
    assert shown.summary == (
        SummaryPart("Summary", ("An offer (0:05)",)),
        SummaryPart("Next steps", ("Step 0 (0:42)", "Step 1", "Step 2 (0:03)", "Step 3 (0:04)")),
    )
    assert "by m-8b, prompt 7." in shown.origin
    agreed = conversation(replace(SUMMARY, agreed=(Point("To meet"),))).summary
    assert [part.heading for part in agreed] == ["Summary", "Agreed", "Next steps"]


def test_the_first_next_steps_are_proposed_as_tasks_where_the_settings_want_that() -> None:
    shown = conversation(SUMMARY)
    assert [task.title for task in shown.proposed] == [f"Proposed: Step {number}" for number in range(3)]
    step, origin = shown.proposed[0].body
    assert (step, "by m-8b, prompt 7," in origin) == ("Step 0 (0:42)", True)
    assert conversation(SUMMARY, proposes=False).proposed == ()
    (long,) = conversation(replace(SUMMARY, next_steps=(Point("x " * 200),))).proposed
    assert len(long.title) <= 200


@pytest.mark.parametrize(("longest", "turns"), [(0, 1), (16, 1), (33, 1), (34, 2), (100, 2)])
def test_a_long_dialogue_begins_as_the_whole_one_and_has_a_turn_at_least(longest: int, turns: int) -> None:
    said = [Turn("Anna", "0:05", "Hello."), Turn("", "0:07", "Good day")]
    assert [len(str(turn)) for turn in said] == [19, 15]
    assert upto(said, longest) == said[:turns]
    assert upto([], longest) == []


def test_a_summary_is_read_as_it_was_stored() -> None:
    stored = {
        "about": [{"text": "An offer", "second": 5}],
        "agreed": [{"text": "To meet", "second": None}],
        "next_steps": [{"text": "Call", "second": 0}, {"text": "Write", "second": 61}],
        "model": "m-8b",
        "prompt": "7",
    }
    summary = CallSummary.from_json(stored)
    assert summary == CallSummary(
        about=(Point("An offer", 5),),
        agreed=(Point("To meet"),),
        next_steps=(Point("Call", 0), Point("Write", 61)),
        model="m-8b",
        prompt="7",
    )
    assert json.loads(json.dumps(summary.to_json())) == stored
    assert [point.text for point in summary.points] == ["An offer", "To meet", "Call", "Write"]


def test_a_conversation_is_all_of_it() -> None:
    summary = CallSummary(
        about=(Point("An offer", 5),),
        agreed=(Point("To meet"),),
        next_steps=(Point("Call", 0), Point("Write", 3661)),
        model="m-8b",
        prompt="7",
    )
    by = "by m-8b, prompt 7"
    proposed = f"Proposed {by}, from what was said in the call. Check it first."
    assert conversation(summary) == Conversation(
        heading="Transcript",
        turns=(Turn("Anna", "0:05", "Good morning."), Turn("", "1:05", "Hello?")),
        summary=(
            SummaryPart("Summary", ("An offer (0:05)",)),
            SummaryPart("Agreed", ("To meet",)),
            SummaryPart("Next steps", ("Call (0:00)", "Write (1:01:01)")),
        ),
        origin=f"Summary {by}. Made by a machine and not checked; (?) follows a number that the transcript "
        "does not have.",
        page=Link("The whole transcript", "https://x/y"),
        proposed=(
            ProposedTask("Proposed: Call", ("Call (0:00)", proposed)),
            ProposedTask("Proposed: Write", ("Write (1:01:01)", proposed)),
        ),
    )
    usual = conversation_of(Spoken(TALK, summary), name=lambda _: "", texts=ENGLISH, page="")
    assert usual.proposed == ()


def test_the_title_of_a_task_is_cut_at_200_characters() -> None:
    steps = tuple(Point("x" * length) for length in (190, 191))
    titles = [task.title for task in conversation(replace(SUMMARY, next_steps=steps)).proposed]
    assert titles == [f"Proposed: {'x' * 190}", "Proposed:…"]


def test_who_speaks_in_a_transcript() -> None:
    assert TALK.speakers == [ANNA, CUSTOMER]
    assert replace(TALK, segments=(*TALK.segments[::-1], *TALK.segments)).speakers == [CUSTOMER, ANNA]
