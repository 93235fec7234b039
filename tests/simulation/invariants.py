"""What has to hold at the end of every run."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from datetime import datetime
from math import inf
from typing import Any

from sqlalchemy import select

from bridge.calls.callback import Callback
from bridge.calls.fold.call import Call, fold
from bridge.calls.fold.legs import is_leg
from bridge.inbox.rows import readable
from bridge.inbox.store import open_inbox
from bridge.inbox.tables import callbacks
from bridge.sandbox.twenty.limits import Bucket
from bridge.sandbox.twilio.delivered import Delivered
from tests.simulation import disk
from tests.simulation.clock import BOOTED, EPOCH
from tests.simulation.loop import Process
from tests.simulation.plan import NEW, PAUL
from tests.simulation.player import Player
from tests.simulation.world import World
from tests.support import ask, nodes_of, phone_calls

KINDS = {"status", "dial", "voicemail", "recording"}
"""What the bridge acknowledges only once it is stored."""

ROWS = "{ timelineActivities(first: 1000) { edges { node { name linkedRecordId deletedAt } } } }"

LEFT = " or ".join(f"{name} is not null" for name in ("number", "person_id", "match", "written", "fields"))

SLACK = 3
"""Root fields: messages that overtake each other move a few from one minute to the next."""


async def check(world: World, player: Player) -> None:
    """Raises AssertionError with what does not hold."""
    auditor = Process("auditor", "127.0.0.8")
    await world.spawn(auditor, _check(world, player))


async def _check(world: World, player: Player) -> None:
    stored = await _stored(world)
    purged = _purged(world)
    _all_acknowledged(world, stored, purged)
    shown = await phone_calls(world.twenty)
    told = {
        sid: fold(told)
        for sid, told in stored.items()
        if not is_leg(told) and sid not in purged and not all(one.is_preflight for one in told)
    }
    for sid, call in told.items():
        if sid in player.deleted:
            assert sid not in shown, f"{sid}: a user deleted it, and it is back"
        else:
            assert sid in shown, f"{sid}: Twenty does not have it: {call.status}"
            _equals(call, shown[sid])
    strangers = set(shown) - set(told) - purged - player.deleted
    assert not strangers, f"in Twenty are calls that the inbox does not know: {strangers}"
    for sid, person in player.moved.items():
        if sid in shown and person not in player.gone:
            assert shown[sid]["personId"] == person, f"{sid}: a user moved it, and it is back with another"
    _all_that_twilio_had(world, set(shown) | purged | player.deleted)
    _the_added_person_has(player, told, shown)
    _no_deleted_person_has(player, told, shown)
    await _once_on_timelines(world)
    _rate_is_kept(world)


async def _stored(world: World) -> dict[str, list[Callback]]:
    """Call SID → its callbacks, of a copy of the database."""
    copy = disk.left_behind(world.database, world.folder / "audited")
    async with open_inbox(f"sqlite+aiosqlite:///{copy}") as inbox, inbox.reading() as connection:
        rows = (await connection.execute(select(callbacks).order_by(callbacks.c.id))).mappings().all()
    found: dict[str, list[Callback]] = {}
    for row, callback in zip(rows, readable(rows), strict=True):
        found.setdefault(row["root_sid"], []).append(callback)
    return found


def _purged(world: World) -> set[str]:
    with closing(sqlite3.connect(world.database)) as connection:
        return {sid for (sid,) in connection.execute("select root_sid from calls where purged")}


def _all_acknowledged(world: World, stored: Mapping[str, list[Callback]], purged: set[str]) -> None:
    known = {_key(one.parameters) for told in stored.values() for one in told}
    for sent in _acknowledged(world):
        root = sent.params.get("ParentCallSid") or sent.params["CallSid"]
        if root not in purged:
            assert _key(sent.params) in known, f"{root}: acknowledged, and not stored: {dict(sent.params)}"


def _acknowledged(world: World) -> list[Delivered]:
    played = [call.result() for call in world.calls]
    return [
        sent
        for one in played
        if one
        for sent in one.deliveries
        if sent.status_code == 204 and sent.kind in KINDS
    ]


def _key(parameters: Mapping[str, str]) -> tuple[str | None, ...]:
    names = ("CallSid", "CallStatus", "SequenceNumber", "Timestamp", "RecordingSid", "RecordingStatus")
    return tuple(parameters.get(name) for name in names)


def _equals(call: Call, record: Mapping[str, Any]) -> None:
    wanted = {
        "status": call.status.value,
        "direction": call.direction.value,
        "durationInSeconds": call.talk_seconds,
        "startedAt": call.started_at,
        "answeredAt": call.answered_at,
        "endedAt": call.ended_at,
    }
    found = {name: _read(name, record[name]) for name in wanted}
    assert found == {name: _rounded(value) for name, value in wanted.items()}, (
        f"{call.sid}: Twenty shows {found}, and it was {wanted}"
    )


def _read(name: str, value: Any) -> Any:
    return _rounded(datetime.fromisoformat(value)) if name.endswith("At") and value else value


def _rounded(value: Any) -> Any:
    return (
        value.replace(microsecond=value.microsecond // 1000 * 1000) if isinstance(value, datetime) else value
    )


def _all_that_twilio_had(world: World, known: set[str]) -> None:
    """What no webhook reported, the bridge has asked for."""
    for call in world.calls:
        if played := call.result():
            assert played.sid in known, (
                f"{played.sid}: Twilio had it, {played.status}, and Twenty never heard of it"
            )


def _the_added_person_has(
    player: Player, told: Mapping[str, Call], shown: Mapping[str, Mapping[str, Any]]
) -> None:
    """Calls of a number find the person who is added with it, whenever that is, also where nothing told."""
    if player.added <= player.gone:
        return
    for sid, call in told.items():
        if call.other_party == NEW and sid in shown and sid not in player.moved:
            assert shown[sid]["personId"] in player.added, f"{sid}: it is not with the person who was added"


def _no_deleted_person_has(
    player: Player, told: Mapping[str, Call], shown: Mapping[str, Mapping[str, Any]]
) -> None:
    """A call with news after its person was deleted finds the other person who has its number.

    Whether the bridge has heard of that, or not, and in any moment of its work. Where it has not, it has
    asked since who was deleted, and calls without news find that person, too.
    """
    since = max(player.doubled_at, player.gone_at) + 1
    has_asked = player.deleted_person_untold and since < inf
    for sid, call in told.items():
        has_news = call.ended_at and call.ended_at.timestamp() - EPOCH > since
        is_theirs = call.other_party == PAUL and sid in shown and sid not in player.moved
        if is_theirs and (has_news or has_asked):
            assert shown[sid]["personId"] not in player.gone, f"{sid}: it is with a person who was deleted"


async def _once_on_timelines(world: World) -> None:
    rows = [
        node["linkedRecordId"]
        for node in nodes_of(await ask(world.twenty, ROWS))
        if node["name"] == "linked-phoneCall.created" and not node["deletedAt"]
    ]
    assert len(rows) == len(set(rows)), f"twice on a timeline: {rows}"


def _rate_is_kept(world: World) -> None:
    """Each life of the bridge keeps Twenty's limit; a new one cannot know what the former has spent."""
    # What users ask has no name.
    asked = sorted(
        (one.at - EPOCH, [name for name in one.root_fields if name != "search" and not name.startswith("__")])
        for one in world.twenty.requests
        if one.path == "/graphql" and one.operation
    )
    ends = [machine.began - BOOTED for machine in world.machines[1:]] + [float("inf")]
    for machine, end in zip(world.machines, ends, strict=True):
        bucket = Bucket(world.per_minute + SLACK, 60_000)
        began = machine.began - BOOTED
        bucket.filled_at = began
        for at, fields in asked:
            if began <= at < end:
                assert all(bucket.take(at) for _ in fields), (
                    f"more than {world.per_minute} fields a minute at {at:.1f}"
                )


async def check_database(world: World) -> None:
    """After the stop: SQLite finds the file sound, and nothing was settled that is not there."""
    with closing(sqlite3.connect(world.database)) as connection:
        assert connection.execute("pragma integrity_check").fetchone() == ("ok",)
        left = connection.execute(f"select root_sid from calls where purged and ({LEFT})").fetchall()
        assert not left, f"purged, and something of it is there: {left}"
        ahead = connection.execute("select root_sid from calls where synced_revision > revision").fetchall()
        assert not ahead, f"settled beyond what is known: {ahead}"
