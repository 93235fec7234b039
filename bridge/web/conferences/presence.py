"""Who is in a conference by Twilio's list, for calls whose callbacks were lost: the bridge was down."""

from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import UTC, datetime
from email.utils import format_datetime

from bridge.calls.callback import Callback
from bridge.calls.ends import End, ends_of
from bridge.calls.fold.parties import Evidence
from bridge.inbox.store import Inbox
from bridge.twilio import forms
from bridge.twilio.rest import TwilioRest
from bridge.twilio.rest.conferences import TwilioConferences
from bridge.twilio.rest.resource_callbacks import call_callback
from bridge.twilio.rest.resources import ParticipantResource


class Presence:
    """Stores what lost callbacks would have said, as callbacks of the time at which Twilio was asked."""

    def __init__(self, inbox: Inbox, rest: TwilioRest, conferences: TwilioConferences) -> None:
        self._inbox = inbox
        self._rest = rest
        self._conferences = conferences

    async def learn(self, evidence: Evidence, sid: str) -> Evidence:
        """The evidence with what is learnt. Raises TwilioError and InboxUnavailable."""
        return await self.learn_of(await self._conferences.participants(sid), evidence, sid)

    async def learn_of(self, listed: Sequence[ParticipantResource], evidence: Evidence, sid: str) -> Evidence:
        """The same, where Twilio has listed who is in the conference, or on the way in."""
        now, present = datetime.now(UTC), [one for one in listed if one.connected]
        learnt = [c async for c in self._unknown_legs(listed, evidence, now)]
        learnt += _events(present, evidence, sid, now)
        for callback in learnt:
            await self._inbox.store(callback)
        return Evidence.of((*evidence.callbacks, *learnt)) if learnt else evidence

    async def learn_end(self, evidence: Evidence, call_sid: str) -> None:
        """Stores that a leg is over, of which no report arrived. Raises TwilioError and InboxUnavailable."""
        joined_as = next((leg.joined_as for leg in evidence.legs if leg.sid == call_sid), None)
        call = await self._rest.call(call_sid)
        now, root_sid = datetime.now(UTC), root_of(evidence)
        await self._inbox.store(call_callback(call, received_at=now, root_sid=root_sid, joined_as=joined_as))

    async def _unknown_legs(
        self, listed: Sequence[ParticipantResource], evidence: Evidence, now: datetime
    ) -> AsyncIterator[Callback]:
        """The legs that an act called, and of which no status callback arrived; their label names the act."""
        known = {leg.sid for leg in (evidence.parent, *evidence.legs) if leg}
        for one in listed:
            if one.call_sid not in known and one.label:
                call = await self._rest.call(one.call_sid)
                yield call_callback(call, received_at=now, root_sid=root_of(evidence), joined_as=one.label)


def root_of(evidence: Evidence) -> str:
    """The SID of the call."""
    return evidence.callbacks[0].root_sid


def _events(
    present: list[ParticipantResource], evidence: Evidence, sid: str, now: datetime
) -> Iterator[Callback]:
    ends = ends_of(evidence)
    known = {end.sid: end for end in (ends.customer, *ends.others) if end}
    for one in present:
        if event := _event_of(one, known.get(one.call_sid)):
            yield _callback(event, evidence, sid, now, _told(one))
    gone = known.keys() - {one.call_sid for one in present}
    for end in (known[call_sid] for call_sid in sorted(gone)):
        if end.inside:
            yield _callback("participant-leave", evidence, sid, now, {"CallSid": end.sid})


def _event_of(one: ParticipantResource, end: End | None) -> str | None:
    if end is None or not end.inside:
        return "participant-join"
    if end.held != one.hold:
        return "participant-hold" if one.hold else "participant-unhold"
    return None


def _callback(event: str, evidence: Evidence, sid: str, now: datetime, told: dict[str, str]) -> Callback:
    parameters = {
        "FriendlyName": root_of(evidence),
        "ConferenceSid": sid,
        "StatusCallbackEvent": event,
        "Timestamp": format_datetime(now),
        **told,
    }
    return forms.conference_callback("", parameters, received_at=now)


def _told(one: ParticipantResource) -> dict[str, str]:
    flags = {
        "Hold": one.hold,
        "Muted": one.muted,
        "Coaching": one.coaching,
        "EndConferenceOnExit": one.end_conference_on_exit,
    }
    return {"CallSid": one.call_sid, **{name: str(flag).lower() for name, flag in flags.items()}}
