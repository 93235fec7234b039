"""Conferences and their participants in Twilio's REST API.

https://www.twilio.com/docs/voice/api/conference-participant-resource
"""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from bridge.calls.dialling.admission import Admitted
from bridge.twilio.rest.client import TwilioRest
from bridge.twilio.rest.resources import ParticipantResource, participant_resource

OPEN = frozenset({"init", "in-progress"})

EVENTS = ["initiated", "ringing", "answered", "completed"]

CONFERENCE_EVENTS = ["start", "end", "join", "leave", "mute", "hold", "modify"]

FEW = 20
"""Conferences and participants of one page: a call has one conference, and few ends."""


class Invitation(Struct, frozen=True, kw_only=True):
    """A party who is called into a conference; `coached` is the leg that alone hears it."""

    from_: str
    to: Admitted
    label: str
    """Unique in the conference, so that a party is not called twice for one act."""
    status_callback: str
    conference_callback: str
    timeout: int
    time_limit: int | None
    muted: bool = False
    coached: str | None = None


class TwilioConferences:
    """The account's conferences. Every method raises TwilioError."""

    def __init__(self, rest: TwilioRest) -> None:
        self._rest = rest

    async def sid_of(self, name: str) -> str | None:
        """The SID of the conference with this name that goes on."""
        client = await self._rest.library()
        found = await client.conferences.list_async(friendly_name=name, limit=FEW, page_size=FEW)
        return next((one.sid for one in found if one.status in OPEN), None)

    async def participants(self, sid: str) -> Sequence[ParticipantResource]:
        """Who is in a conference."""
        found = await (await self._of(sid)).participants.list_async(limit=FEW, page_size=FEW)
        return [participant_resource(one) for one in found]

    async def invite(self, name: str, invitation: Invitation) -> str:
        """Calls a party into the conference with this name; the SID of its leg."""
        given: dict[str, Any] = {"time_limit": invitation.time_limit, "call_sid_to_coach": invitation.coached}
        made = await (await self._of(name)).participants.create_async(
            from_=invitation.from_,
            to=invitation.to,
            label=invitation.label,
            status_callback=invitation.status_callback,
            status_callback_event=EVENTS,
            timeout=invitation.timeout,
            beep="false",
            muted=invitation.muted,
            coaching=invitation.coached is not None,
            start_conference_on_enter=True,
            end_conference_on_exit=False,
            early_media=False,
            conference_status_callback=invitation.conference_callback,
            conference_status_callback_event=CONFERENCE_EVENTS,
            **{name: value for name, value in given.items() if value is not None},
        )
        sid: str = made.call_sid
        return sid

    async def update(self, sid: str, call_sid: str, **changes: object) -> None:
        """Changes a participant: `hold`, `muted` and others, by the library's names."""
        await (await self._of(sid)).participants(call_sid).update_async(**changes)

    async def remove(self, sid: str, call_sid: str) -> None:
        """Removes a participant; its leg goes on with the action of its <Dial>."""
        await (await self._of(sid)).participants(call_sid).delete_async()

    async def end(self, sid: str) -> None:
        """Ends a conference for all."""
        await (await self._of(sid)).update_async(status="completed")

    async def _of(self, sid: str) -> Any:
        return (await self._rest.library()).conferences(sid)
