"""Call + person → Activity: what Twenty shall show of a call."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bridge.calls.call import Call, CallStatus, Direction
from bridge.calls.matching import Person
from bridge.calls.numbers import client_identity, e164, is_withheld, readable
from bridge.calls.texts import Texts

NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://github.com/twenty-twilio-bridge/activity")
"""Of every id that the bridge chooses. Changing it would write every call anew."""


def record_id(kind: str, root_sid: str) -> str:
    """The id of a call's record of one kind in Twenty: the same at every try."""
    return str(uuid.uuid5(NAMESPACE, f"{kind}:{root_sid}"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """A call as Twenty shall show it. Numbers are E.164 or None; times are UTC."""

    call_sid: str
    title: str
    direction: Direction
    status: CallStatus
    started_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    duration_seconds: int | None
    from_number: str | None
    to_number: str | None
    person_id: str | None
    company_id: str | None
    agent: str | None
    recording_url: str | None
    reason: str | None


def activity_of(call: Call, person: Person | None, *, texts: Texts, region: str) -> Activity:
    """What Twenty shall show of a call with the person that was chosen for it."""
    recording = call.recordings[0] if call.recordings else None
    return Activity(
        call_sid=call.sid,
        title=title(call, name=person.name if person else None, texts=texts),
        direction=call.direction,
        status=call.status,
        started_at=call.started_at,
        answered_at=call.answered_at,
        ended_at=call.ended_at,
        duration_seconds=call.talk_seconds,
        from_number=e164(call.from_, region) if call.from_ else None,
        to_number=e164(call.to, region) if call.to else None,
        person_id=person.id if person else None,
        company_id=person.company_id if person else None,
        agent=call.agent,
        recording_url=recording.url if recording else None,
        reason=call.refused,
    )


def title(call: Call, *, name: str | None, texts: Texts) -> str:
    """`Inbound call · Jane Doe · 3 min 12 s`."""
    parts = [_what(call, texts), name or _who(call.other_party, texts)]
    if call.talk_seconds is not None:
        parts.append(duration(call.talk_seconds, texts))
    return " · ".join(part for part in parts if part)


def duration(seconds: int, texts: Texts) -> str:
    """`3 min 12 s`, `45 s`."""
    minutes, rest = divmod(seconds, 60)
    form = texts.minutes if minutes else texts.seconds
    return form.format(minutes=minutes, seconds=rest)


def _what(call: Call, texts: Texts) -> str:
    unanswered = texts.missed if call.direction is Direction.INBOUND else texts.unanswered
    outcomes: Mapping[CallStatus, str] = {
        CallStatus.MISSED: unanswered,
        CallStatus.VOICEMAIL: texts.voicemail,
        CallStatus.BUSY: texts.busy,
        CallStatus.FAILED: texts.failed,
        CallStatus.CANCELED: texts.canceled,
    }
    either = texts.inbound if call.direction is Direction.INBOUND else texts.outbound
    return outcomes.get(call.status, either)


def _who(address: str | None, texts: Texts) -> str:
    if not address:
        return ""
    return texts.withheld if is_withheld(address) else client_identity(address) or readable(address)
