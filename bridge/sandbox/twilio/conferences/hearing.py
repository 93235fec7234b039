"""Who hears whom in a conference. https://www.twilio.com/docs/voice/conference"""

from bridge.sandbox.twilio.conferences.conference import Conference
from bridge.sandbox.twilio.conferences.participant import Participant


def heard_by(conference: Conference, listener: Participant) -> list[Participant]:
    """Those whom a participant hears; none while it is on hold, or waits for the conference to start."""
    if conference.status != "in-progress" or listener.held or not listener.connected:
        return []
    return [one for one in conference.connected if one is not listener and _reaches(one, listener)]


def _reaches(speaker: Participant, listener: Participant) -> bool:
    """One who is muted or on hold is not heard, a coach by the one who is coached alone."""
    if speaker.held or speaker.muted:
        return False
    return speaker.coached in {"", listener.leg.sid}
