"""What is done with each record of a call: a table of what stands in Twenty and what is new."""

from typing import Any

import pytest
from msgspec.structs import replace

from bridge.twenty.writing.plan import Before, Chosen, Do, News, Note, WriteState, plan_of
from tests.twenty.writing.test_fields import CALL

NEW, UNSURE, WRITTEN = WriteState.NEW, WriteState.UNSURE, WriteState.WRITTEN
SILENT = replace(CALL, recordings=(), transcript=None, conversation=None)
NOTHING = News(record=False, note=Note.NOTHING, dispositions=False)


@pytest.mark.parametrize(("state", "do"), [(NEW, Do.CREATE), (UNSURE, Do.ENSURE), (WRITTEN, Do.UPDATE)])
def test_what_was_written_is_updated_and_what_may_be_there_is_looked_for(state: WriteState, do: Do) -> None:
    call = replace(CALL, person_id="p1")
    before = Before(person_id="p1", call=state, row=state, note=state)
    news = replace(NOTHING, record=True)
    plan = plan_of(call, before=before, news=news, person=Chosen.MATCHED)
    assert (plan.record, plan.row, plan.note, plan.moves) == (do, do, Do.LEAVE, False)
    for note in (Note.FACTS, Note.TEXT):
        plan = plan_of(call, before=before, news=replace(NOTHING, note=note), person=Chosen.MATCHED)
        assert (plan.record, plan.row, plan.note) == (Do.LEAVE, Do.LEAVE, do)
        assert plan.has_new_text is (note is Note.TEXT)
    plan = plan_of(call, before=before, news=replace(NOTHING, note=Note.EMPTY), person=Chosen.MATCHED)
    assert (plan.note, plan.has_new_text) == (Do.GONE, False)
    assert [one.writes for one in (do, Do.GONE, Do.LEAVE)] == [True, False, False]


@pytest.mark.parametrize(
    ("was", "is_now", "person", "row"),
    [
        ("p1", "p2", Chosen.MATCHED, Do.UPDATE),
        (None, "p2", Chosen.KEPT, Do.UPDATE),
        (None, None, Chosen.CORRECTED, Do.LEAVE),
        ("p1", None, Chosen.KEPT, Do.GONE),
        ("p1", None, Chosen.CORRECTED, Do.GONE),
        ("p1", None, Chosen.MATCHED, Do.LEAVE),
    ],
)
def test_the_row_follows_the_person(was: str | None, is_now: str | None, person: Chosen, row: Do) -> None:
    before = Before(person_id=was, call=WRITTEN, row=WRITTEN, note=WRITTEN)
    call = replace(CALL, person_id=is_now)
    plan = plan_of(call, before=before, news=replace(NOTHING, record=True), person=person)
    assert (plan.row, plan.moves, plan.person) == (row, was != is_now, person)
    assert plan.note is (Do.UPDATE if was != is_now else Do.LEAVE)
    silent = plan_of(replace(SILENT, person_id=is_now), before=before, news=NOTHING, person=person)
    assert (silent.row, silent.note) == (Do.LEAVE, Do.LEAVE)


@pytest.mark.parametrize(
    ("was", "news", "state", "do"),
    [
        ("p1", False, WRITTEN, Do.LEAVE),
        ("p1", True, NEW, Do.CREATE),
        ("p1", True, UNSURE, Do.ENSURE),
        ("p1", True, WRITTEN, Do.ENSURE),
        ("p2", False, WRITTEN, Do.ENSURE),
    ],
)
def test_what_agents_said_is_created_once_and_moves(was: str, news: bool, state: Any, do: Do) -> None:
    before = Before(person_id=was, call=WRITTEN, dispositions=state)
    call = replace(CALL, person_id="p1")
    plan = plan_of(call, before=before, news=replace(NOTHING, dispositions=news), person=Chosen.KEPT)
    assert plan.dispositions is do


@pytest.mark.parametrize(
    ("written", "unsure", "state"),
    [(False, False, NEW), (False, True, UNSURE), (True, False, WRITTEN), (True, True, WRITTEN)],
)
def test_what_is_known_of_a_record(written: bool, unsure: bool, state: WriteState) -> None:
    assert WriteState.of(written=written, unsure=unsure) is state
