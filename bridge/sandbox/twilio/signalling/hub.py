"""Between the calls of the sandbox and the devices that take part in them."""

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

from bridge.sandbox.twilio.account import Account
from bridge.sandbox.twilio.conferences import heard_by
from bridge.sandbox.twilio.errors import RestError
from bridge.sandbox.twilio.legs import Leg
from bridge.sandbox.twilio.runner import Line
from bridge.sandbox.twilio.sids import new_sid
from bridge.sandbox.twilio.signalling.ends import Device, End
from bridge.sandbox.twilio.signalling.media import connect, introduce
from bridge.sandbox.twilio.signalling.relay import Weather
from bridge.sandbox.twilio.signalling.sdp import silent_answer
from bridge.sandbox.twilio.signalling.switches import Switches
from bridge.sandbox.twilio.tokens import Grant

if TYPE_CHECKING:
    from bridge.sandbox.twilio.signalling.mixer import Mixer


class Exchange(Protocol):
    """What the devices need of the sandbox."""

    account: Account

    def line(self, leg: Leg) -> Line:
        """The line that a leg runs on."""

    def dial_from_browser(self, grant: Grant, parameters: Mapping[str, str], *, device: str) -> Leg:
        """A browser calls."""

    def dial_from_telephone(self, from_: str, to: str, *, device: str) -> Leg:
        """A telephone calls."""


class Hub:
    """Who is connected, and which device holds which leg.

    `weather` is that of all sound; `switches` are those of the signalling server.
    """

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange
        self.switches = Switches()
        self.weather = Weather()
        self.devices: dict[str, Device] = {}
        self.ends: dict[str, End] = {}
        self._waiting: dict[str, asyncio.TimerHandle] = {}
        self._mixer: Mixer | None = None

    # What devices do.

    def connect(self, device: Device) -> None:
        """A device is there; it can call, and rings once it is registered."""
        self.devices[device.name] = device

    def register(self, device: Device, *, rings: bool) -> None:
        """A device rings from now on, or does no more."""
        names = self.exchange.account.devices.setdefault(device.address, [])
        if rings and device.name not in names:
            names.append(device.name)
        elif not rings and device.name in names:
            names.remove(device.name)
        if not names:
            del self.exchange.account.devices[device.address]

    def disconnect(self, device: Device, *, grace: float) -> None:
        """A device is lost: its calls wait for it, those that it cannot take up again end."""
        self.register(device, rings=False)
        self.devices.pop(device.name, None)
        for end in [end for end in self.ends.values() if end.device is device]:
            if end.leg.answered_at is not None:
                loop = asyncio.get_running_loop()
                self._waiting[end.leg.sid] = loop.call_later(grace, self.hang_up, end)
            elif end.is_caller:
                self.hang_up(end)

    def resume(self, end: End, device: Device) -> None:
        """A device takes a call up again, or another one takes it over."""
        if waiting := self._waiting.pop(end.leg.sid, None):
            waiting.cancel()
        end.device, end.leg.device = device, device.name

    def hold(self, leg: Leg, end: End) -> None:
        """A device holds a leg."""
        self.ends[leg.sid] = end

    def find(self, device: Device, call_sid: str) -> End | None:
        """The end that a device means, by the SID or by its own temporary name."""
        end = self.ends.get(call_sid)
        if end is None:
            end = next((one for one in self.ends.values() if call_sid and one.name == call_sid), None)
        return end if end is not None and end.device is device else None

    def hang_up(self, end: End) -> None:
        """The device of an end hangs up."""
        line = self._line(end)
        if line is not None:
            line.put(end.leg.sid, None)

    async def answer(self, end: End, sdp: str) -> bool:
        """A device answers the call that it is rung for; whether it is in time."""
        line = self._line(end)
        if line is None or end.leg.answered_at is not None or end.is_caller or end.rejected:
            return False
        if not end.answering:
            end.answering, end.described = True, True
            end.pending = sdp
            line.act(end.leg.sid, "answers")
        return True

    def reject(self, end: End) -> None:
        """A device declines the call that it is rung for."""
        line = self._line(end)
        if line is not None and end.leg.answered_at is None and not end.answering:
            end.rejected = True
            line.act(end.leg.sid, "rejects")

    async def press(self, end: End, digits: str) -> None:
        """A device sends digits; the one that it talks to hears of them."""
        end.leg.digits += digits
        if line := self._line(end):
            line.act(end.leg.sid, "presses", digits)
        if end.peer is not None:
            await end.peer.device.press(end.peer, digits)

    def _line(self, end: End) -> Line | None:
        try:
            return self.exchange.line(end.leg)
        except RestError:
            return None

    # What calls do.

    async def tell(self, leg: Leg) -> None:
        """A leg has a new status: its device and the caller's hear of it."""
        end = self._end_of(leg)
        parent = self.ends.get(leg.parent_sid or "")
        if end is not None:
            await self._tell_end(end, parent)
        if parent is not None and leg.status == "ringing":
            await self._tell_ringing(parent, early_media=leg.early_media)

    def _end_of(self, leg: Leg) -> End | None:
        if leg.device is not None and leg.sid not in self.ends and leg.device in self.devices:
            self.ends[leg.sid] = End(leg, self.devices[leg.device], knows_sid=True)
        return self.ends.get(leg.sid)

    async def _tell_end(self, end: End, parent: End | None) -> None:
        status = end.leg.status
        if end.leg.is_over:
            await self._tell_over(end)
        elif status == "ringing":
            end.rung = True
            await end.device.ring(end, await self._offer(parent, end))
        elif status == "in-progress" and end.is_caller:
            await self._tell_answered(end)
        elif status == "in-progress":
            await self._connect(parent, end)

    async def _tell_answered(self, end: End) -> None:
        await self._tell_ringing(end, early_media=False)
        sdp, end.pending = end.pending or await self.describe(end), ""
        end.described = end.knows_sid = True
        await end.device.answer(end, sdp)

    async def _tell_ringing(self, caller: End, *, early_media: bool) -> None:
        if caller.rung or not caller.is_caller or not self.switches.ringing:
            return
        caller.rung = caller.knows_sid = True
        caller.described = early_media
        caller.pending = await self.describe(caller) if early_media else caller.pending
        await caller.device.ringing(caller, caller.pending if early_media else None)

    # The sound.

    @property
    def mixer(self) -> "Mixer | None":
        """Where calls that begin now get their sound, if not through a relay."""
        if self.switches.sound == "mixer" and self._mixer is None:
            from bridge.sandbox.twilio.signalling.mixer import Mixer  # noqa: PLC0415 - of the extra `demo`

            self._mixer = Mixer(self._hears)
        return self._mixer if self.switches.sound == "mixer" else None

    async def _offer(self, parent: End | None, end: End) -> str:
        if self.mixer is not None:
            return await self.mixer.offer(end.leg.sid)
        return await introduce(parent, end, self.weather)

    async def describe(self, end: End) -> str:
        """The sandbox's own answer to a device that calls."""
        if self.mixer is not None:
            return await self.mixer.answer(end.leg.sid, end.offered)
        return silent_answer(end.offered)

    async def _connect(self, parent: End | None, end: End) -> None:
        if self.mixer is not None:
            await self.mixer.accept(end.leg.sid, end.pending)
            end.pending = ""
        if parent is not None:
            await connect(parent, end)

    def _hears(self, call_sid: str) -> tuple[list[str], bool]:
        """Whom a leg hears, and whether it hears music."""
        conferences = self.exchange.account.conferences
        if (found := conferences.of(call_sid)) is not None:
            conference, one = found
            waits = conference.status == "init" and one.waits_with_music
            return [other.leg.sid for other in heard_by(conference, one)], one.held or waits
        peer = end.peer if (end := self.ends.get(call_sid)) else None
        alone = peer is None or conferences.of(peer.leg.sid) is not None
        return [] if peer is None or alone else [peer.leg.sid], False

    async def _tell_over(self, end: End) -> None:
        del self.ends[end.leg.sid]
        if self._mixer is not None:
            await self._mixer.drop(end.leg.sid)
        if waiting := self._waiting.pop(end.leg.sid, None):
            waiting.cancel()
        end.close()
        if end.is_caller or end.answering:
            await end.device.hangup(end)
        elif not end.rejected:
            await end.device.cancel(end)

    # What tests and the REST API do.

    async def send(self, leg: Leg, message: dict[str, Any]) -> str:
        """Sends a call message to the device of a leg; its SID, or nothing if there is no device."""
        end = self.ends.get(leg.sid)
        if end is None:
            return ""
        sid = new_sid("KX")
        await end.device.message(end, {**message, "voiceeventsid": sid})
        return sid

    async def drop(self, address: str = "") -> None:
        """Every connection, or those of one address, are lost at once."""
        for device in self._those(address):
            await device.drop()

    def _those(self, address: str) -> list[Device]:
        return [one for one in self.devices.values() if address in {"", one.address}]

    async def close(self) -> None:
        """Closes every connection; nothing waits any more."""
        for device in list(self.devices.values()):
            await device.leave()
        for waiting in self._waiting.values():
            waiting.cancel()
        for end in self.ends.values():
            end.close()
        if self._mixer is not None:
            await self._mixer.close()
