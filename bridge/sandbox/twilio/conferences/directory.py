"""The conferences of an account: one at a time of each name."""

import re
from datetime import datetime

from bridge.sandbox.twilio.conferences.conference import Conference, Settings
from bridge.sandbox.twilio.conferences.participant import Participant
from bridge.sandbox.twilio.errors import TwimlError

_SID = re.compile(r"CF[0-9a-f]{32}")


class Directory:
    """All conferences that there were, by SID."""

    def __init__(self, account_sid: str) -> None:
        self._account_sid = account_sid
        self._by_sid: dict[str, Conference] = {}
        self._by_name: dict[str, Conference] = {}
        self._running: list[Conference] = []

    def all(self) -> list[Conference]:
        """The oldest first."""
        return list(self._by_sid.values())

    def get(self, sid: str) -> Conference | None:
        """The conference of a SID, over or not."""
        return self._by_sid.get(sid)

    def of(self, call_sid: str) -> tuple[Conference, Participant] | None:
        """The conference that a call is in, and its part in it."""
        for conference in self._running:
            if (one := conference.participants.get(call_sid)) is not None and one.connected:
                return conference, one
        return None

    def find(self, name: str) -> Conference | None:
        """The conference of a name that is not over; of a SID likewise. Raises TwimlError for a bad SID."""
        if _SID.fullmatch(name):
            if (found := self._by_sid.get(name)) is None or found.is_over:
                raise TwimlError(13236, name)
            return found
        latest = self._by_name.get(name)
        return None if latest is None or latest.is_over else latest

    def open(self, name: str, settings: Settings, *, at: datetime) -> Conference:
        """The conference of a name, which begins with these settings if there is none."""
        if not name:
            raise TwimlError(13237, "it is empty")
        if (found := self.find(name)) is not None:
            return found
        conference = Conference(name=name, at=at, settings=settings, account_sid=self._account_sid)
        self._by_sid[conference.sid] = self._by_name[name] = conference
        self._running = [*(one for one in self._running if not one.is_over), conference]
        return conference
