"""Settings → the agents that there are, and the lines.

Each line is complete: with its texts, its agents, and its steps one by one.
"""

from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from bridge.calls.agents import Agents, Allowed, Only, identity_of
from bridge.calls.routing.lines import (
    Group,
    Line,
    Lines,
    Message,
    Owner,
    RecordingRules,
    Step,
    Telephone,
    Voicemail,
)
from bridge.calls.texts import Texts
from bridge.settings.access import AgentSettings, AuthSettings, KeySettings
from bridge.settings.lines import OURS, LineSettings, LinesSettings, RecordedSettings, RingStep
from bridge.settings.models import Settings
from bridge.settings.transcripts import TranscriptSettings
from bridge.settings.voice import VoiceSettings


def agents_of(settings: Settings) -> Agents:
    """The agents that there are."""
    return agents_with(settings.agents, settings.auth, caller_ids=settings.dialling.own_caller_ids)


def agents_with(
    agents: AgentSettings, auth: AuthSettings, *, caller_ids: dict[str, tuple[str, ...]] | None = None
) -> Agents:
    """Those of some sections."""
    return Agents(
        Allowed(agents.names, agents.pattern, default=agents.default),
        keys={key.name: allowed for key in auth.keys if (allowed := _of_key(key))},
        members=agents.members,
        caller_ids=caller_ids,
    )


def _of_key(key: KeySettings) -> Allowed | None:
    if not key.identities and not key.pattern:
        # Who is given a key to see the status page calls as no agent.
        return Allowed() if key.status else None
    kind = Only if len(key.identities) == 1 and not key.pattern else Allowed
    return kind(key.identities, key.pattern)


def lines_of(
    lines: LinesSettings,
    *,
    agents: AgentSettings,
    voice: VoiceSettings,
    transcripts: TranscriptSettings | None = None,
) -> Lines:
    """The lines; all agents ring where none are named.

    Twilio does not transcribe voicemails by itself where an engine of `transcripts` does.
    """
    everybody = _everybody(agents)
    served = {number: _line(number, line, everybody, voice) for number, line in lines.each()}
    for number, line in served.items():
        if line.voicemail and transcripts and transcripts.has_voicemails_of(number):
            served[number] = replace(line, voicemail=replace(line.voicemail, transcribe=False))
    return Lines(served.pop(None), {number: line for number, line in served.items() if number})


def _everybody(agents: AgentSettings) -> tuple[str, ...]:
    """Each agent once, as the settings spell it first."""
    everybody: dict[str | None, str] = {}
    for name in (*agents.names, *agents.members):
        everybody.setdefault(identity_of(name), name)
    return tuple(everybody.values())


def _line(number: str | None, line: LineSettings, everybody: Sequence[str], voice: VoiceSettings) -> Line:
    texts = voice.spoken_in(line.language or voice.language)
    return Line(
        name=line.name or number or "default",
        texts=texts,
        greeting=line.greeting,
        hours=line.hours.hours if line.hours else None,
        steps=tuple(_steps(line, everybody)),
        closed=Message(line.closed_message) if line.closed_message else None,
        voicemail=_voicemail(line, texts),
        recording=_recording(line.recording, texts),
        owner_days=line.owner.days,
        ring_seconds=voice.ring_seconds,
        longest_call_seconds=voice.longest_call_seconds,
        machine_detection=voice.machine_detection,
    )


def _steps(line: LineSettings, everybody: Sequence[str]) -> Iterator[Step]:
    if line.owner.seconds:
        yield Owner(line.owner.seconds)
    for step in line.ring:
        yield from _rung(step, everybody)


def _rung(step: RingStep, everybody: Sequence[str]) -> Iterator[Step]:
    """One after the other is a step each: Twilio's `sequential` cannot leave out who is in a call by now."""
    agents = tuple(everybody if step.agents is None else step.agents)
    if step.message is not None:
        yield Message(step.message)
    elif step.number is not None:
        yield Telephone(step.number, step.seconds)
    elif step.order == "simultaneous":
        yield Group(agents, step.seconds)
    else:
        yield from (Group((agent,), step.seconds) for agent in agents)


def _voicemail(line: LineSettings, texts: Texts) -> Voicemail | None:
    voicemail = line.voicemail
    if not voicemail.enabled:
        return None
    # https://www.twilio.com/docs/voice/twiml/record#transcribe
    understood = texts.language.startswith("en")
    transcribe = understood if voicemail.transcribe is None else voicemail.transcribe
    return Voicemail(voicemail.greeting or texts.leave_message, voicemail.longest_seconds, transcribe)


def _recording(recording: RecordedSettings, texts: Texts) -> RecordingRules:
    words = texts.recorded if recording.announcement == OURS else recording.announcement
    return RecordingRules(
        recording.inbound, recording.outbound, words, recording.by_agents, recording.pause_on_hold
    )
