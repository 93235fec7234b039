"""Callbacks: recorded ones, and timelines that hypothesis makes up."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from hypothesis import strategies as st
from msgspec.structs import replace

from bridge.calls.callback import Callback, Kind, digest_of

PAYLOADS = Path(__file__).parent.parent / "payloads"
MORNING = datetime(2026, 11, 22, 10, tzinfo=UTC)

CUSTOMER, COMPANY = "+33612345678", "+33159130001"
ROOT = "CA" + "a" * 32

KINDS = {
    "voice-request": Kind.VOICE,
    "dial-action": Kind.DIAL,
    "recording": Kind.RECORDING,
    "record-action": Kind.VOICEMAIL,
    "transcription": Kind.TRANSCRIPTION,
}


def recorded(pattern: str) -> list[Callback]:
    """The payload files that match, in their order; what has no Timestamp arrives at ten o'clock."""
    return [_from_file(path) for path in sorted(PAYLOADS.glob(f"{pattern}.form"))]


def _from_file(path: Path) -> Callback:
    parameters = dict(parse_qsl(path.read_text().strip(), keep_blank_values=True))
    kind = next((kind for name, kind in KINDS.items() if name in path.name), Kind.STATUS)
    made = callback(kind, parameters)
    return replace(made, received_at=made.timestamp or MORNING)


def callback(
    kind: Kind = Kind.STATUS,
    told: Mapping[str, str] | None = None,
    /,
    *,
    at: float = 0,
    **more: str,
) -> Callback:
    """One that happens, and arrives, `at` seconds after ten o'clock."""
    parameters = {"CallSid": ROOT, **(told or {}), **more}
    return Callback(
        kind=kind,
        call_sid=parameters["CallSid"],
        parent_sid=parameters.get("ParentCallSid"),
        parameters=parameters,
        received_at=MORNING + timedelta(seconds=at),
        digest=digest_of(kind, "/", parameters),
    )


def leg(
    n: int,
    status: str,
    told: Mapping[str, str] | None = None,
    /,
    *,
    at: float = 0,
    **more: str,
) -> Callback:
    """The status of a leg that the call dialled; of an agent's unless told otherwise."""
    usual = {
        "CallSid": f"CA{n:032}",
        "ParentCallSid": ROOT,
        "From": CUSTOMER,
        "To": f"client:agent{n}",
        "CallStatus": status,
        "Timestamp": stamp(at),
    }
    return callback(Kind.STATUS, {**usual, **(told or {}), **more}, at=at)


def late(callback: Callback, *, by: float) -> Callback:
    """The same, arriving so many seconds later."""
    return replace(callback, received_at=callback.received_at + timedelta(seconds=by))


def stamp(at: float) -> str:
    """As Twilio writes the time."""
    return format_datetime(MORNING + timedelta(seconds=at))


def reconciled(told: Mapping[str, str], /, *, at: float = 0, until: float | None = None) -> Callback:
    """What Twilio answers when it is asked for a call or a leg that began at `at`."""
    times = {"StartTime": stamp(at)} | ({} if until is None else {"Timestamp": stamp(until)})
    return callback(Kind.RECONCILED, {**times, **told}, at=3600)


LATE = st.integers(0, 900).map(lambda tenths: tenths / 10)
LOST = ("busy", "no-answer", "failed", "canceled")


@st.composite
def made_up(draw: st.DrawFn) -> list[Callback]:
    """All that Twilio tells of one call: out, in, or between colleagues."""
    caller = draw(st.sampled_from(["client:agent9", CUSTOMER]))
    calls_out = caller.startswith("client:")
    rung = 1 if calls_out else draw(st.integers(1, 5))
    dialled = draw(st.sampled_from([CUSTOMER, "client:agent1"])) if calls_out else COMPANY
    shown = COMPANY if dialled == CUSTOMER else caller
    winner = draw(st.sampled_from([None, *range(1, rung + 1)]))
    ringing = draw(st.integers(1, 60))
    talk = draw(st.integers(1, 600)) if winner else 0
    end = ringing + talk
    parent = {"From": caller, "To": dialled}
    told = [callback(Kind.VOICE, parent, CallStatus="ringing")]
    for n in range(1, rung + 1):
        ends = {"From": shown, "To": dialled if calls_out else f"client:agent{n}"}
        told += [leg(n, "initiated", ends), leg(n, "ringing", ends, at=1)]
        if n == winner:
            told.append(leg(n, "in-progress", ends, at=ringing))
            told.append(leg(n, "completed", ends, at=end, CallDuration=str(talk)))
        else:
            told.append(leg(n, draw(st.sampled_from(LOST)), ends, at=ringing))
    outcome = {"DialCallSid": f"CA{winner or 1:032}", "DialCallStatus": draw(st.sampled_from(LOST))}
    if winner:
        bridged = draw(st.sampled_from(["true", "false"]))
        outcome |= {"DialCallStatus": "completed", "DialCallDuration": str(talk), "DialBridged": bridged}
    told.append(callback(Kind.DIAL, parent | outcome, at=end, CallStatus="in-progress"))
    told.append(callback(Kind.STATUS, parent, at=end + 1, CallStatus="completed", Timestamp=stamp(end + 1)))
    return [late(c, by=draw(LATE)) for c in told]


@st.composite
def nonsense(draw: st.DrawFn) -> list[Callback]:
    """Callbacks that no call would bring together."""
    text = {
        "CallStatus": st.sampled_from(["queued", "ringing", "in-progress", "completed", *LOST]),
        "From": st.sampled_from([CUSTOMER, COMPANY, "client:agent9", "anonymous"]),
        "To": st.sampled_from([CUSTOMER, COMPANY, "client:agent1", ""]),
        "Timestamp": st.integers(-1000, 1000).map(stamp),
        "CallDuration": st.integers(0, 900).map(str),
        "AnsweredBy": st.sampled_from(["human", "machine_start", "fax"]),
        "DialCallSid": st.integers(1, 4).map(lambda n: f"CA{n:032}"),
        "DialCallStatus": st.sampled_from(["answered", "completed", *LOST]),
        "DialBridged": st.sampled_from(["true", "false"]),
        "DialCallDuration": st.integers(0, 900).map(str),
        "RecordingUrl": st.sampled_from(["https://api.twilio.com/RE1", "https://api.twilio.com/RE2"]),
        "RecordingDuration": st.integers(0, 900).map(str),
        "RecordingStatus": st.sampled_from(["completed", "absent"]),
        "Reason": st.sampled_from(["invalid"]),
        "Next": st.sampled_from(["dial", "voicemail", "message", "end"]),
        "CallDirection": st.sampled_from(["inbound"]),
        "RecordingSource": st.sampled_from(["RecordVerb", "DialVerb"]),
        "StartTime": st.integers(-1000, 1000).map(stamp),
    }
    rows = draw(
        st.lists(st.tuples(st.sampled_from(Kind), st.fixed_dictionaries({}, optional=text), LATE), min_size=1)
    )
    children = draw(st.lists(st.integers(0, 4), min_size=len(rows), max_size=len(rows)))
    return [
        late(callback(kind, {**parameters, **_child(n)}), by=seconds)
        for (kind, parameters, seconds), n in zip(rows, children, strict=True)
    ]


def _child(n: int) -> dict[str, str]:
    return {"CallSid": f"CA{n:032}", "ParentCallSid": ROOT} if n else {}


@st.composite
def shuffled(draw: st.DrawFn, callbacks: Sequence[Callback]) -> list[Callback]:
    """In another order, some of them delivered again later."""
    again = draw(st.lists(st.sampled_from(callbacks), max_size=5))
    retried = [late(c, by=draw(LATE)) for c in again]
    return draw(st.permutations([*callbacks, *retried]))


def some_of(callbacks: Sequence[Callback]) -> st.SearchStrategy[list[Callback]]:
    """At least one of them, in their order."""

    def chosen(kept: Sequence[bool]) -> list[Callback]:
        return [c for c, keep in zip(callbacks, kept, strict=True) if keep]

    flags: st.SearchStrategy[Any] = st.lists(st.booleans(), min_size=len(callbacks), max_size=len(callbacks))
    return flags.map(chosen).filter(bool)
