"""Call + person → Activity: what Twenty shows of a call."""

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from functools import lru_cache

from msgspec import Struct
from msgspec.structs import replace

from bridge.calls.agents import Identity
from bridge.calls.dispositions import Disposition
from bridge.calls.fold.call import Call, CallStatus, Direction
from bridge.calls.fold.handling import Names, duration, handling, name_of
from bridge.calls.numbers import e164, is_withheld, readable
from bridge.calls.people.matching import Match
from bridge.calls.recording_links import RECORDING_SID, Link, RecordingLinks
from bridge.calls.texts import Texts, why_not_placed
from bridge.calls.transcripts.conversation import Conversation, Spoken, conversation_of
from bridge.calls.transcripts.segments import Role, Speaker

NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://github.com/twenty-twilio-bridge/activity")
"""Of every id that the bridge chooses. Changing it would write every call anew."""

MOST_NAMES = 3


@lru_cache(maxsize=4096)
def record_id(kind: str, root_sid: str) -> str:
    """The id of a call's record of one kind in Twenty: the same for every attempt."""
    return str(uuid.uuid5(NAMESPACE, f"{kind}:{root_sid}"))


class Activity(Struct, frozen=True, kw_only=True):
    """A call as Twenty shall show it. Numbers are E.164 or None; times are UTC."""

    call_sid: str
    title: str
    direction: Direction
    status: CallStatus
    started_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    duration_seconds: int | None
    duration: str | None
    """`12 min 34 s`: a table in Twenty can show a number only as that."""
    from_number: str | None
    to_number: str | None
    person_id: str | None
    company_id: str | None
    agent_id: str | None
    recordings: tuple[Link, ...]
    transcript: str | None
    reason: str | None
    handling: str | None
    facts: tuple[tuple[str, str], ...] = ()
    """What a note says of the call, each with its label, in the reader's language and time zone."""
    dispositions: tuple[Disposition, ...] = ()
    conversation: Conversation | None = None
    """What was said by speaker, with its summary; it stands in the place of `transcript`."""

    @property
    def is_message(self) -> bool:
        """Whether a caller left a message."""
        return self.status is CallStatus.VOICEMAIL and self.direction is Direction.INBOUND

    @property
    def has_text(self) -> bool:
        """Whether there is something to read or to hear that a note should hold: a message, a summary."""
        summary = self.conversation and self.conversation.summary
        message = self.is_message and (self.recordings or self.conversation)
        return bool(self.transcript or message or summary)


def activity_of(
    call: Call,
    match: Match,
    *,
    agent_id: str | None,
    names: Names,
    links: RecordingLinks,
    texts: Texts,
    region: str,
    zone: tzinfo = UTC,
    said: Sequence[Disposition] = (),
    spoken: Spoken | None = None,
    proposes: bool = False,
) -> Activity:
    """What Twenty shall show of a call with the person that was chosen for it, under its agent.

    `names` are those of agents, `said` is what they say came of it, `spoken` what was said in it. With
    `proposes` the next steps of its summary are proposed as tasks.
    """
    person = match.person
    return Activity(
        call_sid=call.sid,
        title=title(call, match, names=names, texts=texts, region=region),
        direction=call.direction,
        status=call.status,
        started_at=call.started_at,
        answered_at=call.answered_at,
        ended_at=call.ended_at,
        duration_seconds=call.talk_seconds,
        duration=None if call.talk_seconds is None else duration(call.talk_seconds, texts),
        from_number=e164(call.from_, region) if call.from_ else None,
        to_number=e164(call.to, region) if call.to else None,
        person_id=person.id if person else None,
        company_id=person.company_id if person else None,
        agent_id=agent_id,
        recordings=_recordings(call, links, texts),
        transcript=call.transcript,
        reason=call.refused,
        handling=handling(call, names, texts=texts),
        facts=tuple(_facts(call, names, texts=texts, region=region, zone=zone)),
        dispositions=tuple(replace(one, agent=names.get(one.agent, one.agent)) for one in said),
        conversation=conversation_of(
            spoken,
            name=speaker_names(call, person.name if person else None, names, texts=texts),
            texts=texts,
            page=links.transcript(call.sid),
            proposes=proposes,
        )
        if spoken
        else None,
    )


def agents_in(spoken: Spoken | None) -> set[Identity]:
    """The identities of agents who speak in a call."""
    speakers = spoken.transcript.speakers if spoken else ()
    return {Identity(one.address) for one in speakers if one.role is Role.AGENT and one.address}


def speaker_names(call: Call, person: str | None, names: Names, *, texts: Texts) -> Callable[[Speaker], str]:
    """What a call's speakers are called: agents by name, the other party by the `person` or number."""

    def name(speaker: Speaker) -> str:
        if speaker.role is Role.SEVERAL:
            return ""
        address = speaker.address or (call.other_party if speaker.role is Role.CUSTOMER else call.agent) or ""
        if speaker.role is Role.AGENT:
            return names.get(address, address)
        if person and address in ("", call.other_party):
            return person
        return texts.withheld if is_withheld(address) else readable(address)

    return name


def moment(at: datetime, texts: Texts, zone: tzinfo) -> str:
    """Day and time in the reader's language, and `UTC` where it is not in a zone of the reader's."""
    local = at.astimezone(zone)
    told = texts.moment.format(
        year=local.year, month=local.month, day=local.day, hour=local.hour, minute=local.minute
    )
    return f"{told} UTC" if local.tzname() == "UTC" else told


def _facts(call: Call, names: Names, *, texts: Texts, region: str, zone: tzinfo) -> Iterator[tuple[str, str]]:
    known = (
        (texts.outcome, _what(call, texts)),
        (texts.caller, _who(call.from_, names, texts, region)),
        (texts.called, _who(call.to, names, texts, region)),
        (texts.started, moment(call.started_at, texts, zone)),
        (texts.ended, moment(call.ended_at, texts, zone) if call.ended_at else ""),
        (texts.length, "" if call.talk_seconds is None else duration(call.talk_seconds, texts)),
        (texts.handled, handling(call, names, texts=texts) or ""),
        ("Call SID", call.sid),
    )
    yield from ((label, value) for label, value in known if value)


def title(call: Call, match: Match, *, names: Names, texts: Texts, region: str) -> str:
    """`Inbound call · Jane Doe · 3 min 12 s`; with several people, `… · Jane Doe (also John Doe) · …`."""
    who = (match.person and match.person.name) or _who(call.other_party, names, texts, region)
    if call.extension:
        who = f"{who} x{call.extension}"
    if others := [other.name for other in match.others if other.name]:
        who = f"{who} ({texts.also.format(names=_some(others))})"
    parts = [_what(call, texts), who]
    if call.talk_seconds is not None:
        parts.append(duration(call.talk_seconds, texts))
    return " · ".join(part for part in parts if part)


def _recordings(call: Call, links: RecordingLinks, texts: Texts) -> tuple[Link, ...]:
    """The recordings, the longest first: it most likely has the conversation."""
    known = [recording for recording in call.recordings if RECORDING_SID.fullmatch(recording.sid)]
    ordered = sorted(known, key=lambda recording: (-(recording.duration or 0), recording.sid))
    return tuple(Link(_label(r.duration, texts), links.link(r.sid)) for r in ordered)


def _label(seconds: int | None, texts: Texts) -> str:
    return texts.recording if seconds is None else f"{texts.recording} · {duration(seconds, texts)}"


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(names[:MOST_NAMES])
    return shown if len(names) <= MOST_NAMES else f"{shown}, +{len(names) - MOST_NAMES}"


def _what(call: Call, texts: Texts) -> str:
    if call.status is CallStatus.FAILED and call.refused:
        return why_not_placed(texts, call.refused)
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


def _who(address: str | None, names: Names, texts: Texts, region: str) -> str:
    """As people write it, also where it is as the agent typed it."""
    if not address:
        return ""
    return texts.withheld if is_withheld(address) else name_of(e164(address, region) or address, names)
