"""What turns out not to be so leaves Twenty, whatever the timing; what users did there stays."""

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec.structs import replace

from bridge.calls.callback import Callback, digest_of
from bridge.inbox.retention import purge
from tests.support import TEN, ask, create_person, lines_of, new_sid, nodes_of
from tests.sync.support import drain
from tests.sync.worlds import (
    CALL,
    EDIT_NOTE,
    EDIT_TASK,
    WAYS,
    Bridge,
    World,
    a_bridge,
    callbacks_of,
    dial,
    examples,
    leg_of,
    settled,
    worlds,
)


@pytest.fixture
async def bridge(generation: str) -> AsyncIterator[Bridge]:
    async with a_bridge(generation) as opened:
        yield opened


@examples(8)
@given(world=worlds(*WAYS))
async def test_many_writes_show_what_one_does(bridge: Bridge, world: World) -> None:
    await many_writes_show_what_one_does(bridge, world)


@pytest.mark.slow
@examples(300)
@given(world=worlds(*WAYS))
async def test_many_writes_of_many_worlds(bridge: Bridge, world: World) -> None:
    await many_writes_show_what_one_does(bridge, world)


async def many_writes_show_what_one_does(bridge: Bridge, world: World) -> None:
    sid, once = new_sid(), new_sid()
    for callback, writes_now in zip(world.callbacks(sid), world.writes, strict=True):
        await bridge.inbox.store(callback)
        if writes_now:
            await drain(bridge.worker)
    await drain(bridge.worker)
    many = await bridge.shows(sid)
    await bridge.clear()
    await bridge.put(*world.callbacks(once))
    one = await bridge.shows(once)
    await bridge.clear()
    assert settled(bridge, many, sid) == settled(bridge, one, once)


EDITS: dict[str, Any] = {
    "name": "A name of ours",
    "recording": {"primaryLinkLabel": "Notes", "primaryLinkUrl": "https://files.example.com/1"},
    "transcript": {"markdown": "What I heard."},
    "handling": "Alice did it.",
    "answeredAt": "2026-11-22T10:00:01.000Z",
    "durationInSeconds": 7,
    "agentId": None,
}


@examples(6)
@given(world=worlds(*WAYS), field=st.sampled_from(sorted(EDITS)), at=st.integers(0, 30))
async def test_what_a_user_wrote_in_a_field_stays(bridge: Bridge, world: World, field: str, at: int) -> None:
    sid, once = new_sid(), new_sid()
    edited, theirs = False, None
    last = len(world.order) - 1
    for number, (callback, writes_now) in enumerate(zip(world.callbacks(sid), world.writes, strict=True)):
        await bridge.inbox.store(callback)
        if writes_now or number in (0, last):
            await drain(bridge.worker)
        if number == min(at, last):
            edited = await bridge.edit(sid, field, EDITS[field])
            theirs = (await bridge.call(sid))[field]
    many = await bridge.shows(sid)
    # Who empties what is empty has edited nothing: the bridge fills it in.
    assert not edited or (await bridge.call(sid))[field] == theirs
    await bridge.clear()
    await bridge.put(*world.callbacks(once))
    one = await bridge.shows(once)
    await bridge.clear()
    if edited:
        one["call"][field] = many["call"][field]
    assert settled(bridge, many, sid)["call"] == settled(bridge, one, once)["call"]


async def _moves(bridge: Bridge, sid: str, person_id: str | None) -> None:
    await bridge.edit(sid, "personId", person_id)


async def _deletes(bridge: Bridge, what: str, ids: Sequence[str]) -> None:
    for one in ids:
        await ask(bridge.twenty, f"mutation ($id: UUID!) {{ delete{what}(id: $id) {{ id }} }}", id=one)


async def _to_john(bridge: Bridge, sid: str) -> None:
    await _moves(bridge, sid, bridge.people["John Doe"])


async def _to_nobody(bridge: Bridge, sid: str) -> None:
    await _moves(bridge, sid, None)


async def _to_another_agent(bridge: Bridge, sid: str) -> None:
    await bridge.edit(sid, "agentId", bridge.other_member)


async def _deletes_call(bridge: Bridge, sid: str) -> None:
    await _deletes(bridge, "PhoneCall", [(await bridge.call(sid))["id"]])


async def _deletes_notes(bridge: Bridge, sid: str) -> None:
    await _deletes(bridge, "Note", [one["id"] for one in await bridge.notes()])


async def _deletes_tasks(bridge: Bridge, sid: str) -> None:
    await _deletes(bridge, "Task", [one["id"] for one in await bridge.tasks()])


async def _deletes_row(bridge: Bridge, sid: str) -> None:
    await _deletes(bridge, "TimelineActivity", [one["id"] for one in await bridge.rows(sid)])


async def _edits_notes(bridge: Bridge, sid: str) -> None:
    for one in await bridge.notes():
        await ask(bridge.twenty, EDIT_NOTE, id=one["id"], d={"bodyV2": {"markdown": THEIRS}})


async def _edits_tasks(bridge: Bridge, sid: str) -> None:
    for one in await bridge.tasks():
        await ask(bridge.twenty, EDIT_TASK, id=one["id"], d={"bodyV2": {"markdown": THEIRS}})


async def _does_tasks(bridge: Bridge, sid: str) -> None:
    for one in await bridge.tasks():
        await ask(bridge.twenty, EDIT_TASK, id=one["id"], d={"status": "DONE"})


THEIRS = "I called back."
ACTS = {
    act.__name__: act
    for act in (
        _to_john,
        _to_nobody,
        _to_another_agent,
        _deletes_call,
        _deletes_notes,
        _deletes_tasks,
        _deletes_row,
        _edits_notes,
        _edits_tasks,
        _does_tasks,
    )
}


async def _played(bridge: Bridge, sid: str, world: World, act: str, at: int, *, often: bool) -> Any:
    """What Twenty shows after all callbacks, and around an act of a user that follows one of them."""
    before_act: Any = None
    after_act: Any = None
    for number, (callback, writes_now) in enumerate(zip(world.callbacks(sid), world.writes, strict=True)):
        await bridge.inbox.store(callback)
        if number == at or (often and writes_now):
            await drain(bridge.worker)
        if number == at:
            before_act = await bridge.shows(sid)
            await ACTS[act](bridge, sid)
            after_act = await bridge.shows(sid)
    await drain(bridge.worker)
    shown = await bridge.shows(sid)
    await bridge.clear()
    return tuple(settled(bridge, one, sid) for one in (shown, before_act, after_act))


MISREAD = World("sent on", ("rings john", "voice"), (False, False))
"""Its first callback alone is a call with John; the second says that it is Jane's."""


FORWARDED = World(
    "in",
    ("voice", "rings alice", "bob canceled", "rings bob", "rings forwarded", "alice answers", "alice ended"),
    (False, False, False, False, True, False, False),
)
"""The agent is not known when a user chooses one, nor at the write after it."""


async def what_a_user_did_stays(bridge: Bridge, world: World, act: str, at: int) -> None:
    sid, once = new_sid(), new_sid()
    at %= len(world.order)
    shown, unedited, before = await _played(bridge, sid, world, act, at, often=True)
    assert (shown, unedited, before) == await _played(bridge, once, world, act, at, often=False)
    if act == "_deletes_call":
        assert shown["call"] is None
        return
    for field in ("personId", "agentId"):
        # To put a call on the person that it is on changes nothing.
        if unedited["call"] and before["call"][field] != unedited["call"][field]:
            assert shown["call"][field] == before["call"][field]
    for kind in ("notes", "tasks"):
        theirs = [one for one in before[kind] if THEIRS in one[1] or "DONE" in one]
        assert not [one for one in theirs if one not in shown[kind]]


@examples(8)
@given(world=worlds(*WAYS), act=st.sampled_from(sorted(ACTS)), at=st.integers(0, 30))
@example(world=MISREAD, act="_to_nobody", at=0)
@example(world=MISREAD, act="_to_john", at=0)
@example(world=FORWARDED, act="_to_another_agent", at=0)
async def test_what_a_user_did_stays(bridge: Bridge, world: World, act: str, at: int) -> None:
    await what_a_user_did_stays(bridge, world, act, at)


@pytest.mark.slow
@examples(300)
@given(world=worlds(*WAYS), act=st.sampled_from(sorted(ACTS)), at=st.integers(0, 30))
async def test_what_a_user_did_stays_in_many_worlds(bridge: Bridge, world: World, act: str, at: int) -> None:
    await what_a_user_did_stays(bridge, world, act, at)


async def test_a_link_leaves_the_record_and_the_note(bridge: Bridge) -> None:
    sid = new_sid()
    await bridge.put(*callbacks_of(sid, ["voice", "nobody answers", "message", "said"]))
    assert (await bridge.call(sid))["recording"]["primaryLinkUrl"]
    (note,) = await bridge.notes()
    await bridge.put(*callbacks_of(sid, ["absent"]))
    assert (await bridge.call(sid))["recording"]["primaryLinkUrl"] == ""
    (after,) = await bridge.notes()
    assert after["id"] == note["id"]
    assert "RE1" not in after["bodyV2"]["blocknote"]


async def test_a_note_without_text_goes_unless_a_user_edited_it(bridge: Bridge) -> None:
    sid, edited = new_sid(), new_sid()
    for one in (sid, edited):
        await bridge.put(*callbacks_of(one, ["voice", "nobody answers", "message"]))
        if one == sid:
            (theirs,) = await bridge.notes()
    mine = {note["id"] for note in await bridge.notes()} - {theirs["id"]}
    await ask(bridge.twenty, EDIT_NOTE, id=mine.copy().pop(), d={"bodyV2": {"markdown": "I called back."}})
    for one in (sid, edited):
        await bridge.put(*callbacks_of(one, ["absent"]))
    (left,) = await bridge.notes()
    assert {left["id"]} == mine
    await bridge.put(*callbacks_of(sid, ["said"]))
    assert {note["id"] for note in await bridge.notes()} == mine | {theirs["id"]}


@pytest.mark.parametrize("edit", [None, {"status": "DONE"}, {"title": "Call her, please"}])
async def test_a_task_goes_when_the_call_was_answered_after_all(bridge: Bridge, edit: Any) -> None:
    sid = new_sid()
    await bridge.put(*callbacks_of(sid, ["voice", "nobody answers"]))
    (task,) = await bridge.tasks()
    if edit:
        await ask(bridge.twenty, EDIT_TASK, id=task["id"], d=edit)
    await bridge.put(*callbacks_of(sid, ["alice ended"]))
    assert len(await bridge.tasks()) == (1 if edit else 0)


async def test_a_task_says_whom_to_call_how_often_they_called_and_what_they_said(bridge: Bridge) -> None:
    first, second = new_sid(), new_sid()
    await bridge.put(*callbacks_of(first, ["voice", "nobody answers"]))
    await bridge.put(*callbacks_of(second, ["voice", "nobody answers", "message", "said"]))
    (task,) = await bridge.tasks()
    assert task["title"] == "Rappeler Jane Doe"
    assert lines_of(task["bodyV2"]["blocknote"]) == [
        "- Numéro à rappeler: [+33 6 39 98 00 01](tel:+33639980001)",
        "- Appels manqués: 2",
        "- 22/11/2026 11:00",
        "- 22/11/2026 11:00 · Message vocal · 17 s",
        "> Rappelez-moi.",
    ]
    await ask(bridge.twenty, EDIT_TASK, id=task["id"], d={"title": "Call her, please"})
    await bridge.put(*callbacks_of(new_sid(), ["voice", "nobody answers"]))
    (left,) = await bridge.tasks()
    assert (left["title"], left["bodyV2"]) == ("Call her, please", task["bodyV2"])


async def test_a_task_has_a_number_once_in_whatever_form_it_called(bridge: Bridge) -> None:
    await create_person(bridge.twenty, "Luz Doe", primaryPhoneNumber="+525512345678")
    for caller in ("+5215512345678", "+525512345678"):
        missed = callbacks_of(new_sid(), ["voice", "nobody answers"])
        await bridge.put(*(replace(c, parameters={**c.parameters, "From": caller}) for c in missed))
    (task,) = await bridge.tasks()
    assert lines_of(task["bodyV2"]["blocknote"])[:2] == [
        "- Numéro à rappeler: [+52 55 1234 5678](tel:+525512345678)",
        "- Appels manqués: 2",
    ]


async def test_a_batch_of_new_calls_costs_three_root_fields_and_news_none_for_tasks(bridge: Bridge) -> None:
    await bridge.put(*callbacks_of(new_sid(), ["voice"]))
    sids = [new_sid() for _ in range(20)]
    for sid in sids:
        for callback in callbacks_of(sid, ["voice", "rings alice", "alice answers", "alice ended"]):
            await bridge.inbox.store(callback)
    spent = bridge.twenty.root_fields
    await drain(bridge.worker)
    assert bridge.twenty.root_fields - spent <= 3
    for sid in sids:
        await bridge.inbox.store(callbacks_of(sid, ["alice was a machine"])[0])
    asked = len(bridge.twenty.requests)
    await drain(bridge.worker)
    operations = [one.operation for one in bridge.twenty.requests[asked:]]
    assert operations.count("WrittenPhoneCalls") == 1


LONE = {
    "in": ["voice", "rings alice", "alice answers", "alice ended", "nobody answers", "bridged", "ended"],
    "out": ["voice", "rings", "answered", "talked", "bridged", "recording", "ended"],
}


def _lone(callback: Callback, *, says_direction: bool) -> Callback:
    """A leg's callback that does not name its call."""
    more = {"Direction": "outbound-dial"} if says_direction else {}
    told_by_leg = {name: value for name, value in callback.parameters.items() if name != "ParentCallSid"}
    form = told_by_leg | more
    return replace(
        callback, parent_sid=None, parameters=form, digest=digest_of(callback.kind, "/twilio/status", form)
    )


def _bridged(sid: str, way: str) -> Callback:
    """The action of the Dial that connected the first leg, which names it."""
    call = dict(callbacks_of(sid, ["voice"], way)[0].parameters)
    del call["CallSid"], call["CallStatus"]
    return dial(sid, 71, "a", "completed", call, DialBridged="true", DialCallDuration="60")


@dataclass(frozen=True)
class LoneWorld:
    """The callbacks of a call, of which some, of its first leg, come without the call, or both ways."""

    way: str
    order: tuple[str, ...]
    lone: frozenset[str]
    both: frozenset[str]
    says_direction: bool
    writes: tuple[bool, ...]

    def callbacks(self, sid: str) -> list[Callback]:
        """As they all name the call."""
        every = WAYS[self.way](sid) | {"bridged": _bridged(sid, self.way)}
        return [every[name] for name in self.order]

    def arrivals(self, sid: str) -> Iterator[Callback]:
        """As they come; what comes again, or both ways, does so at once."""
        for name, callback in zip(self.order, self.callbacks(sid), strict=True):
            is_lone = name in self.lone and callback.parent_sid is not None
            if is_lone:
                yield _lone(callback, says_direction=self.says_direction)
            if not is_lone or name in self.both:
                yield callback


@st.composite
def lone_worlds(draw: st.DrawFn) -> LoneWorld:
    way = draw(st.sampled_from(sorted(LONE)))
    some = st.frozensets(st.sampled_from(LONE[way]))
    order = tuple(draw(st.permutations(LONE[way])))
    writes = tuple(draw(st.lists(st.booleans(), min_size=2 * len(order), max_size=2 * len(order))))
    return LoneWorld(way, order, draw(some), draw(some), draw(st.booleans()), writes)


async def a_lone_leg_is_part_of_its_call(bridge: Bridge, world: LoneWorld) -> None:
    sid, once = new_sid(), new_sid()
    for callback, writes_now in zip(world.arrivals(sid), world.writes, strict=False):
        await bridge.inbox.store(callback)
        await bridge.inbox.store(callback)
        if writes_now:
            await drain(bridge.worker)
    await drain(bridge.worker)
    many = await bridge.shows(sid)
    assert nodes_of(await ask(bridge.twenty, CALL % leg_of(sid, "a"))) == []
    assert await bridge.rows(leg_of(sid, "a")) == []
    await bridge.clear()
    await bridge.put(*world.callbacks(once))
    one = await bridge.shows(once)
    await bridge.clear()
    assert settled(bridge, many, sid) == settled(bridge, one, once)


@examples(10)
@given(world=lone_worlds())
async def test_a_leg_that_does_not_name_its_call_is_part_of_it(bridge: Bridge, world: LoneWorld) -> None:
    await a_lone_leg_is_part_of_its_call(bridge, world)


@pytest.mark.slow
@examples(300)
@given(world=lone_worlds())
async def test_lone_legs_of_many_worlds(bridge: Bridge, world: LoneWorld) -> None:
    await a_lone_leg_is_part_of_its_call(bridge, world)


async def test_a_leg_whose_call_is_not_known_is_no_call(bridge: Bridge) -> None:
    sid = new_sid()
    (rings,) = callbacks_of(sid, ["rings alice"])
    await bridge.put(_lone(rings, says_direction=True))
    assert nodes_of(await ask(bridge.twenty, CALL % leg_of(sid, "a"))) == []


@pytest.mark.parametrize("heard_before", [True, False])
async def test_a_lone_leg_that_comes_after_its_call_was_purged_changes_nothing(
    bridge: Bridge, heard_before: bool
) -> None:
    sid = new_sid()
    rings, answers, ended = (
        _lone(one, says_direction=True)
        for one in callbacks_of(sid, ["rings alice", "alice answers", "alice ended"])
    )
    await bridge.put(callbacks_of(sid, ["voice"])[0], _bridged(sid, "in"))
    if heard_before:
        await bridge.put(rings, answers)
    before = await bridge.shows(sid)
    assert await purge(bridge.inbox, before=TEN + timedelta(days=400)) == (2 if heard_before else 1)
    await bridge.put(ended, answers)
    assert await bridge.shows(sid) == before
    assert nodes_of(await ask(bridge.twenty, CALL % leg_of(sid, "a"))) == []
