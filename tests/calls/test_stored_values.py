"""What is stored, or sent to a phone or to Twenty, keeps its name: rows of earlier versions have it."""

from enum import StrEnum

import pytest

from bridge.calls.availability import AvailabilityStatus
from bridge.calls.callback import LONGEST_TIMESTAMP, Kind, digest_of, parse_timestamp
from bridge.calls.dialling.checking import NumberKind
from bridge.calls.dispositions import outcomes_in
from bridge.calls.ends import CONCLUDING, HOLDING
from bridge.calls.fold.acts import CALLING, LETTING_GO, Act, act_named, move_of
from bridge.calls.fold.legs import FINAL, OF_A_LEG, PROGRESS, RINGING
from bridge.calls.fold.outcome import SILENT, UNANSWERED
from bridge.calls.fold.states import CallStatus, Direction
from bridge.calls.part import PartState
from bridge.calls.phone_access import WHY, Lack
from bridge.calls.transcripts.segments import Role
from tests.calls.conftest import MORNING, callback


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        (
            Kind,
            "voice status dial recording voicemail transcription refused reconciled transfer conference act "
            "disposition note declined",
        ),
        (
            Act,
            "move move-failed hold resume ask complete cancel swap swapping add remove listen",
        ),
        (
            PartState,
            "calling ringing talking talked missed answered_elsewhere declined busy not_answered failed "
            "canceled refused waiting",
        ),
        (
            NumberKind,
            "fixed mobile fixed_or_mobile toll_free premium shared_cost voip personal pager company "
            "voicemail short emergency unknown",
        ),
        (AvailabilityStatus, "available busy away after_call"),
        (Lack, "not_allowed not_an_agent not_rung calls_out_only"),
        (Role, "customer agent several"),
        (CallStatus, "RINGING IN_PROGRESS COMPLETED MISSED VOICEMAIL BUSY FAILED CANCELED"),
        (Direction, "INBOUND OUTBOUND"),
    ],
)
def test_values_stay(kind: type[StrEnum], values: str) -> None:
    assert [one.value for one in kind] == values.split()
    assert [one.name for one in kind] == [value.upper().replace("-", "_") for value in values.split()]


ACTS = {
    # What an act does: calls a party, lets one go, can have put the customer on hold, ends an ask.
    Act.MOVE: "",
    Act.MOVE_FAILED: "",
    Act.HOLD: "holds",
    Act.RESUME: "holds",
    Act.ASK: "calls holds",
    Act.COMPLETE: "concludes",
    Act.CANCEL: "lets-go holds concludes",
    Act.SWAP: "holds",
    Act.SWAPPING: "",
    Act.ADD: "calls",
    Act.REMOVE: "lets-go",
    Act.LISTEN: "calls",
}


def test_what_each_act_does() -> None:
    does = {"calls": CALLING, "lets-go": LETTING_GO, "holds": HOLDING, "concludes": CONCLUDING}
    assert {act: " ".join(name for name, acts in does.items() if act in acts) for act in Act} == ACTS


@pytest.mark.parametrize(
    ("name", "act"),
    [
        (None, None),
        ("", None),
        ("ask", Act.ASK),
        ("ask-1", Act.ASK),
        ("listen-1-2", Act.LISTEN),
        ("asks-1", None),
        ("move-failed", Act.MOVE),
    ],
)
def test_the_act_that_called_a_leg(name: str | None, act: Act | None) -> None:
    assert act_named(name) is act


def test_where_a_callback_moves_a_leg() -> None:
    moves = {act: where for act in Act if (where := move_of(callback(Kind.ACT, Act=act)))}
    assert moves == {Act.MOVE: "conference", Act.MOVE_FAILED: "stays"}
    sent_on = callback(Kind.TRANSFER), callback(Kind.TRANSFER, Customer="CA1"), callback(Kind.ACT, Act="fly")
    assert list(map(move_of, sent_on)) == ["dial", "left", ""]


STATUSES = """
queued       rings
initiated    rings
ringing      rings
in-progress
canceled     final  CANCELED
failed       final  FAILED
no-answer    final  MISSED
busy         final  BUSY
completed    final
"""
"""Twilio's, the later one counts: whether it rings, or is the last; what a call out in vain is in Twenty."""


def test_statuses() -> None:
    found = [
        " ".join(
            [
                status,
                *(["rings"] if status in RINGING else []),
                *(["final"] if status in FINAL else []),
                *([UNANSWERED[status]] if status in UNANSWERED else []),
            ]
        )
        for status in sorted(PROGRESS, key=PROGRESS.__getitem__)
    ]
    assert found == [" ".join(line.split()) for line in STATUSES.strip().splitlines()]


def test_which_callbacks_are_of_a_leg_and_which_say_nothing_of_the_call() -> None:
    kinds = {kind: (kind in OF_A_LEG, kind in SILENT) for kind in Kind}
    of_a_leg = dict.fromkeys(("status", "recording", "transcription", "reconciled"), (True, False))
    silent = dict.fromkeys(("disposition", "note", "declined"), (False, True))
    assert kinds == {kind: (of_a_leg | silent).get(kind, (False, False)) for kind in Kind}


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("Sun, 22 Nov 2026 10:00:07 +0000", 7),
        ("Sun, 22 Nov 2026 11:00:07 +0100", 7),
        # Without a zone it is UTC.
        ("Sun, 22 Nov 2026 10:00:07 -0000", 7),
        ("Sun, 22 Nov 2026 10:00:07", 7),
        ("Sun, 22 Nov 2026 10:00:07 +0000".ljust(LONGEST_TIMESTAMP), 7),
        ("Sun, 22 Nov 2026 10:00:07 +0000".ljust(65), None),
        ("Sun, 32 Nov 2026 10:00:07 +0000", None),
        ("Fri, 31 Dec 9999 23:59:59 -0100", None),
        ("2026-11-22T10:00:07Z", None),
        ("soon", None),
    ],
)
def test_times_as_twilio_writes_them(text: str, seconds: int | None) -> None:
    found = parse_timestamp(text)
    assert (found and (found - MORNING).total_seconds(), found and str(found.tzinfo)) == (
        seconds,
        "UTC" if seconds else None,
    )
    assert callback(Timestamp=text).timestamp == found
    assert callback().timestamp is None


@pytest.mark.parametrize(
    ("parameters", "digest"),
    [
        ({}, "1271cf25ce478129325e870c676a5344"),
        ({"CallSid": "CA1"}, "02120956d7a3477204d86c4420350fd7"),
        ({"CallSid": "CA2", "ParentCallSid": "CA1"}, "02120956e4fcb842a17dafe4ee75c630"),
        ({"CallSid": "CA2", "ParentCallSid": ""}, "f8fdf59f8cfcc1d589445643ab047363"),
        ({"CallSid": "CA1", "To": "\ud800"}, "02120956dfe4d8a6cb79eb76cc334741"),
    ],
)
def test_how_a_delivery_is_named(parameters: dict[str, str], digest: str) -> None:
    """As earlier versions named it: the call's place first."""
    assert digest_of(Kind.ACT, "/twilio/act?x=1", parameters).hex() == digest


@pytest.mark.parametrize(
    ("language", "outcomes"),
    [
        ("en-US", "Interested|Not interested|Call back|Left a message|Wrong number"),
        ("fr-FR", "Intéressé|Pas intéressé|À rappeler|Message laissé|Faux numéro"),
    ],
)
def test_outcomes_are_the_labels_of_records_in_twenty(language: str, outcomes: str) -> None:
    assert outcomes_in(language) == tuple(outcomes.split("|"))


def test_each_lack_names_what_an_operator_has_to_change() -> None:
    named = {
        Lack.NOT_ALLOWED: "auth.members",
        Lack.NOT_AN_AGENT: "agents.names",
        Lack.NOT_RUNG: "lines",
        Lack.CALLS_OUT_ONLY: "calls out",
    }
    for lack, setting in named.items():
        assert setting in WHY[lack]
        assert WHY[lack].startswith(("You ", "No line ", "This sign-in "))
        assert WHY[lack].endswith(".")
    assert named.keys() == WHY.keys() == set(Lack)
