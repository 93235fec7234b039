"""Changes participants of conferences; one who is still on the way in is tried again."""

import asyncio

from bridge.calls.agent_call import our_number
from bridge.calls.fold.parties import Evidence
from bridge.calls.routing.lines import Lines
from bridge.errors import TwilioRefused
from bridge.twilio.rest import TwilioRest
from bridge.twilio.rest.conferences import TwilioConferences
from bridge.twilio.urls import CallbackUrls
from bridge.web.conferences.moving import quietly
from bridge.web.phone.bodies import Mode

NOT_THERE = 404
PAUSES = (0.2, 0.4, 0.8, 1.6)
"""Seconds between tries while Twilio answers 404: the leg is still on its way in."""


class Participants:
    """Holds, resumes and coaches. `tells`: whether a customer is told that a supervisor listens.

    Every method but `announce` and `pause_recording` raises TwilioError.
    """

    def __init__(
        self,
        conferences: TwilioConferences,
        rest: TwilioRest,
        lines: Lines,
        *,
        urls: CallbackUrls,
        tells: bool,
    ) -> None:
        self._conferences = conferences
        self._rest = rest
        self._lines = lines
        self._urls = urls
        self._tells = tells

    async def hold(self, sid: str, call_sid: str) -> None:
        """Puts a participant on hold, with music or silence as the settings say."""
        await self.update(sid, call_sid, hold=True, hold_url=self._urls.hold, hold_method="POST")

    async def resume(self, sid: str, call_sid: str) -> None:
        """Takes a participant off hold."""
        await self.update(sid, call_sid, hold=False)

    async def listen(self, sid: str, call_sid: str, mode: Mode, *, agent: str) -> None:
        """Changes how a supervisor is in a call: heard by no party, by the agent alone, or by all."""
        if mode == "whisper":
            await self.update(sid, call_sid, muted=False, coaching=True, call_sid_to_coach=agent)
        else:
            await self.update(sid, call_sid, muted=mode == "listen", coaching=False)

    async def announce(self, sid: str, call_sid: str) -> None:
        """Tells a customer that a supervisor listens, where the settings say so."""
        if self._tells:
            await quietly(
                self.update(sid, call_sid, announce_url=self._urls.listening, announce_method="POST")
            )

    async def pause_recording(self, evidence: Evidence, call_sid: str, *, paused: bool) -> None:
        """Pauses or resumes the recordings of a leg, where its line says so."""
        if self._lines.of(our_number(evidence)).recording.pause_on_hold:
            await quietly(self._change_recordings(call_sid, paused=paused))

    async def _change_recordings(self, call_sid: str, *, paused: bool) -> None:
        now, wanted = ("in-progress", "paused") if paused else ("paused", "in-progress")
        async for one in self._rest.recordings(call_sid=call_sid):
            if one.status == now:
                await self._rest.update_recording(call_sid, wanted, sid=one.sid)

    async def update(self, sid: str, call_sid: str, **changes: object) -> None:
        """Changes a participant by the names of Twilio's library."""
        for pause in PAUSES:
            try:
                return await self._conferences.update(sid, call_sid, **changes)
            except TwilioRefused as refused:
                if refused.status != NOT_THERE:
                    raise
            await asyncio.sleep(pause)
        return await self._conferences.update(sid, call_sid, **changes)
