"""A conference, the REST API on it, and what came to the application about it."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from bridge.sandbox.twilio import Leg, Party, PlayedCall, TwilioSandbox
from bridge.sandbox.twilio.conferences import Conference
from bridge.sandbox.twilio.recordings import Recording
from tests.sandbox.twilio.support import App, dial, events, until

OWN = "+33159130001"
CUSTOMER = "+33639980001"
COLLEAGUE = "+33639980002"
TRAINER = "+33639980003"
ROOM = "call-1"
ALL = "start end join leave mute hold modify announcement"
HOLDS = Party.answers(after=1, talks=None)


def room(name: str = ROOM, **attributes: str) -> str:
    told = {"statusCallback": "/conference", "statusCallbackEvent": ALL, "waitUrl": "", **attributes}
    written = "".join(f' {key}="{value}"' for key, value in told.items())
    return f"<Conference{written}>{name}</Conference>"


@dataclass
class Meeting:
    """Calls that come to a conference of one name, and acts of the REST API on it."""

    app: App
    sandbox: TwilioSandbox
    rest: aiohttp.ClientSession
    tasks: list[asyncio.Task[PlayedCall]] = field(default_factory=list)

    # What was told.

    def told(self, *wanted: str) -> list[dict[str, str]]:
        """Callbacks about the conference, all or those of some events, in their order."""
        sent = sorted(self.app.got("/conference"), key=lambda it: int(it["SequenceNumber"]))
        return [one for one in sent if not wanted or one["StatusCallbackEvent"] in wanted]

    def events(self) -> list[str]:
        return [one["StatusCallbackEvent"] for one in self.told()]

    # Who is there.

    @property
    def legs(self) -> list[Leg]:
        return list(self.sandbox.account.calls.values())

    @property
    def conference(self) -> Conference:
        return self.sandbox.account.conferences.all()[-1]

    def start(self, call: Coroutine[Any, Any, PlayedCall]) -> None:
        """A call goes on by itself, until it is over."""
        self.tasks.append(asyncio.create_task(call))

    @property
    def size(self) -> int:
        """How many are in a conference."""
        return sum(len(one.connected) for one in self.sandbox.account.conferences.all())

    async def calls(self, from_: str = CUSTOMER, **attributes: str) -> Leg:
        """Calls our number, and is in the conference."""
        self.app.on("/voice", dial(room(**attributes), action="/dial"))
        known = len(self.legs)
        self.start(self.sandbox.call_from_phone(from_))
        await until(lambda: len(self.legs) > known)
        leg = self.legs[known]
        await self.comes(leg)
        return leg

    async def comes(self, leg: Leg) -> None:
        await until(
            lambda: any(
                leg.sid in one.participants and one.participants[leg.sid].connected
                for one in self.sandbox.account.conferences.all()
            )
        )

    async def moved(self) -> tuple[Leg, Leg]:
        """An agent calls the customer from the browser; both are then moved into the conference."""
        self.app.dial(f"<Number {events()}>{CUSTOMER}</Number>", callerId=OWN, action="/dial")
        self.app.on("/dial", lambda _: self._same_room())
        self.sandbox.parties[CUSTOMER] = HOLDS
        self.start(self.sandbox.call_from_browser("anna", CUSTOMER))
        await until(lambda: [leg.status for leg in self.legs] == ["in-progress"] * 2)
        agent, customer = self.legs
        await self.post(f"Calls/{customer.sid}.json", Url=f"{self.app.url}/room")
        await self.comes(customer)
        await self.comes(agent)
        return agent, customer

    async def _same_room(self) -> str:
        return (
            "<Response/>"
            if len(self.app.got("/dial")) > 1
            else f"<Response><Dial action='/dial'>{room(participantLabel='agent')}</Dial></Response>"
        )

    # What the REST API does.

    async def post(self, path: str, status: int = 200, /, **form: str) -> Any:
        async with self.rest.post(path, data=form) as response:
            assert response.status == status, await response.text()
            return await response.json()

    async def get(self, path: str, status: int = 200, /, **query: str) -> Any:
        async with self.rest.get(path, params=query) as response:
            assert response.status == status, await response.text()
            return await response.json()

    def path(self, who: Leg | str = "") -> str:
        sid = who.sid if isinstance(who, Leg) else who
        return f"Conferences/{self.conference.sid}/Participants{'/' if sid else ''}{sid}.json"

    async def change(self, who: Leg | str, status: int = 200, /, **form: str) -> Any:
        return await self.post(self.path(who), status, **form)

    async def invite(self, to: str, status: int = 201, /, **form: str) -> Any:
        named = self.sandbox.account.conferences.all()
        key = named[-1].sid if named else ROOM
        return await self.post(f"Conferences/{key}/Participants.json", status, To=to, **{"From": OWN, **form})

    async def kick(self, who: Leg | str, status: int = 204) -> None:
        async with self.rest.delete(self.path(who)) as response:
            assert response.status == status, await response.text()

    async def listed(self, **query: str) -> list[dict[str, Any]]:
        return list((await self.get(self.path(), **query))["participants"])

    def hang_up(self, leg: Leg) -> None:
        self.sandbox.command(leg, None)

    async def over(self) -> list[PlayedCall]:
        return await asyncio.gather(*self.tasks)

    async def hears(self, event: str, count: int = 1) -> list[dict[str, str]]:
        """The callbacks about an event, once there are so many."""
        await until(lambda: len(self.told(event)) >= count)
        return self.told(event)

    async def told_of(self, leg: Leg, path: str) -> None:
        """A request about a leg has come to a path."""
        await until(lambda: any(one.get("CallSid") == leg.sid for one in self.app.got(path)))

    def recorded(self, leg: Leg) -> Recording:
        """The last recording of a leg."""
        return self.sandbox.account.recordings_of(leg.sid)[-1]
