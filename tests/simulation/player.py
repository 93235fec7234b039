"""Plays the steps of a plan: callers call, machines fail, users edit."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from math import inf
from typing import Any
from urllib.parse import urlencode

import aiohttp
from twilio.request_validator import RequestValidator

from bridge.errors import InboxUnavailable
from bridge.inbox.forgetting import erase
from bridge.inbox.store import open_inbox
from bridge.sandbox.twilio import Party
from bridge.sandbox.twilio.calls import PlayedCall
from bridge.sandbox.twilio.errors import TokenRefused
from tests.simulation import disk
from tests.simulation.clock import CLOCK
from tests.simulation.loop import Process
from tests.simulation.network import Tampering
from tests.simulation.plan import NEW, PAUL, Plan, Step
from tests.simulation.world import BRIDGE_URL, PUBLIC_URL, World, due, rows
from tests.support import ask, create_person, nodes_of, phone_calls

KEPT = 100 * 86_400.0
"""Seconds; calls are kept for 90 days."""

LONGEST_WAIT = 20.0
"""Seconds until something is done to a bridge that does nothing."""

MOVE = "mutation ($id: UUID!, $data: PhoneCallUpdateInput!) { updatePhoneCall(id: $id, data: $data) { id } }"
DELETE = "mutation ($id: UUID!) { deletePhoneCall(id: $id) { id } }"
DELETE_PERSON = "mutation ($id: UUID!) { deletePerson(id: $id) { id } }"
NOT_PURGED = "select root_sid from calls where not purged"
PEOPLE = "{ people { edges { node { id createdAt name { firstName } } } } }"


@dataclass
class Player:
    """Does what the plan says, and remembers what users did."""

    world: World
    plan: Plan
    moved: dict[str, str] = field(default_factory=dict)
    """Call SID → person to whom a user moved the call."""
    deleted: set[str] = field(default_factory=set)
    """Calls that a user deleted."""
    gone: set[str] = field(default_factory=set)
    """People whom a user asked Twenty to delete."""
    gone_at: float = inf
    """When Twenty said that the last of them is deleted, in virtual seconds."""
    added: set[str] = field(default_factory=set)
    """The person whom a user added, with the number NEW."""
    doubles: bool = False
    """Whether two people are to have the number PAUL."""
    doubled_at: float = inf
    """Since when they have."""
    _deleting: set[str] = field(default_factory=set)
    """Calls that a user asked Twenty to delete."""
    _one_end: asyncio.Lock = field(default_factory=asyncio.Lock)
    _user: Process = field(default_factory=lambda: Process("user", "127.0.0.7"))
    _teller: Context = field(default_factory=copy_context)
    _later: "list[asyncio.Task[Any]]" = field(default_factory=list)

    @property
    def people_changed_untold(self) -> bool:
        """Whether a user changed people of which Twenty's webhook has not told the bridge."""
        added_untold = self.added and not self.world.is_told_of_added
        return bool(added_untold or self.deleted_person_untold)

    @property
    def deleted_person_untold(self) -> bool:
        """Whether a user deleted a person of which Twenty's webhook has not told the bridge."""
        return bool(self.gone and not self.world.is_told_of_gone)

    async def play(self, step: Step) -> None:
        """Does one step; what lasts goes on by itself."""
        name = "play_" + step.does.replace(" ", "_")
        await getattr(self, name)(**step.what)

    def _in(self, seconds: float, undo: Callable[[], object]) -> None:
        async def wait() -> None:
            await asyncio.sleep(seconds)
            done = undo()
            if isinstance(done, Awaitable):
                await done

        # It can be called by what the bridge does, which is then no part of the bridge.
        self._later.append(self.world.loop.create_task(wait(), context=self._teller.copy()))

    async def heal(self) -> None:
        """Waits until what was to last is over; a message that was to be lost and never came is not."""
        while self._later:
            later, self._later = self._later, []
            await asyncio.gather(*later)
        self.world.loop.network.tampering.clear()

    # Calls.

    async def play_calls(self, *, number: str, outcome: str, talks: int) -> None:
        """A customer calls the company's number."""
        twilio = self.world.twilio
        twilio.parties |= {"client:alice": _agent(outcome)}

        async def calls() -> PlayedCall:
            return await twilio.call_from_phone(number, caller_hangs_up_after=6.0 + talks, says="Call me.")

        self._placed(calls())

    async def play_is_called(self, *, number: str, outcome: str, talks: int) -> None:
        """The agent calls a customer."""
        world = self.world
        world.twilio.parties |= {number: _customer(outcome, talks)}

        async def calls() -> PlayedCall | None:
            try:
                token = await world.token()
            except (aiohttp.ClientError, TimeoutError):
                return None
            try:
                return await world.twilio.call_from_token(token, number)
            # The clock of the bridge's machine is off.
            except TokenRefused:
                return None

        self._placed(calls())

    def _placed(self, call: Any) -> None:
        world = self.world
        process = next(p for p in world.processes if p.name == "twilio")
        world.calls.append(world.spawn(process, call))

    async def play_cancel(self, *, number: str) -> None:
        """A sender gives up while the bridge stores what it sent."""
        form = {"CallSid": f"CA{len(self._later):032x}", "From": number, "To": "+33159130001"}
        sending = self.world.spawn(self._user, self._post(form | {"CallStatus": "completed"}))
        await asyncio.sleep(0.02)
        sending.cancel()

    async def _post(self, form: dict[str, str]) -> int:
        headers = {
            "X-Twilio-Signature": RequestValidator(self.world.twilio.auth_token).compute_signature(
                f"{PUBLIC_URL}/twilio/status", form
            ),
            "Content-Type": "application/x-www-form-urlencoded",
        }
        url = f"{BRIDGE_URL}/twilio/status"
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(15)) as session,
            session.post(url, data=urlencode(form), headers=headers) as answer,
        ):
            return answer.status

    # Faults.

    def _note(self, what: str) -> None:
        story, network = self.world.story, self.world.loop.network
        if network.waits("bridge", "twenty"):
            story.once(f"{what} while Twenty was asked")
        if network.waits("twilio", "bridge"):
            story.once(f"{what} before a callback was acknowledged")
        if due(self.world.database):
            story.once(f"{what} with calls that are due")

    async def play_kill(self, *, event: int) -> None:
        """Kill -9 at one of the next things that the bridge does, and a new start."""
        self._later.append(asyncio.create_task(self._at(event, "killed", self.world.kill)))

    async def _at(self, event: int, what: str, end: Callable[[], object]) -> None:
        world = self.world
        async with self._one_end:
            process, ended = world.bridge, asyncio.Event()

            def act() -> None:
                if not ended.is_set():
                    self._note(what)
                    end()
                    ended.set()

            if event:
                world.loop.at_event(process, event, act)
            with suppress(TimeoutError):
                async with asyncio.timeout(LONGEST_WAIT if event else 0):
                    await ended.wait()
            act()
            if process.alive:
                await world.stopped()
            await asyncio.sleep(0.2)
            await world.start()

    async def play_restart(self, *, event: int) -> None:
        """SIGTERM at one of the next things that the bridge does, and a new start."""
        self._later.append(asyncio.create_task(self._at(event, "stopped", self.world.terminate)))

    async def play_freeze(self, *, seconds: float, event: int) -> None:
        """The bridge stands still, as a paused virtual machine does; its connections stay."""
        process = self.world.bridge

        def act() -> None:
            self._note("frozen")
            process.frozen = True
            process.stood += seconds
            self._in(seconds, lambda: self.world.loop.thaw(process))

        self.world.loop.at_event(process, event, act)

    async def play_cut(self, *, between: str, seconds: float) -> None:
        """No message passes between two machines."""
        pair, cuts = frozenset(between.split()), self.world.loop.network.cuts
        cuts.add(pair)
        self._in(seconds, lambda: cuts.discard(pair))

    async def play_no_webhooks(self, *, seconds: float) -> None:
        """What Twenty reports is lost."""
        refused, network = self.world.loop.network.refused, self.world.loop.network
        refused.add(("twenty", "bridge"))
        for end in [end for end in network.ends if network.is_between(end, "twenty", "bridge")]:
            # A connection that is kept alive for the next report.
            end.abort()
        self._in(seconds, refused.clear)

    async def play_tamper(self, *, sender: str, receiver: str, does: str) -> None:
        """The next message is lost, or ends in its middle."""
        self.world.loop.network.tampering.append(Tampering(sender, receiver, does))

    async def play_full_disk(self, *, seconds: float) -> None:
        """SQLite finds no room."""
        process = self.world.bridge
        disk.fill(process, full=True)
        self._in(seconds, lambda: disk.fill(process, full=False))

    async def play_stalled_disk(self, *, seconds: float) -> None:
        """The disk stands still, as one does that is reached by a network."""
        self.world.bridge.disk_stands_until = self.world.loop.time() + seconds
        self.world.story.once("a disk stood still")

    async def play_clock(self, *, seconds: float) -> None:
        """The wall clock of the bridge's machine is set."""
        self.world.skew += seconds
        self.world.bridge.skew = self.world.skew

    async def play_twenty(self, *, seconds: float, **switches: Any) -> None:
        """Twenty fails."""
        faults = self.world.twenty.faults
        faults.set(**switches)
        self._in(seconds, faults.clear)

    # Users.

    async def _as_user(self, work: Any) -> Any:
        return await self.world.spawn(self._user, work)

    async def play_adds_person(self) -> None:
        """A user adds a person with a number that has possibly called."""
        if not self.added:
            await self._while_it_fails(self._add_person)

    async def _add_person(self) -> None:
        # One whose answer was lost is there.
        people = nodes_of(await ask(self.world.twenty, PEOPLE))
        there = {node["id"] for node in people if node["name"]["firstName"] == "Nora"}
        self.added |= there or {await create_person(self.world.twenty, "Nora Doe", primaryPhoneNumber=NEW)}

    async def play_adds_double(self) -> None:
        """A user adds a second person with the number of the first."""
        self.doubles = True
        if await self._while_it_fails(self._add_double):
            self.doubled_at = CLOCK.now

    async def _add_double(self) -> None:
        people = nodes_of(await ask(self.world.twenty, PEOPLE))
        if not [node for node in people if node["name"]["firstName"] == "Pauline"]:
            await create_person(self.world.twenty, "Pauline Doe", primaryPhoneNumber=PAUL)

    async def _while_it_fails(self, act: Callable[[], Awaitable[None]]) -> bool:
        """Whether it is done in the end."""
        for _ in range(30):
            try:
                await self._as_user(act())
            except (aiohttp.ClientError, AssertionError, ValueError):
                await asyncio.sleep(2)
            else:
                return True
        return False

    async def play_moves_call(self) -> None:
        """A user says that a call was another person's."""
        await self._while_it_fails(self._move_call)

    async def _move_call(self) -> None:
        twenty = self.world.twenty
        person = await create_person(twenty, "Max Moved")
        for sid, record in await self._written():
            if self.world.loop.network.waits("bridge", "twenty"):
                self.world.story.once("a user moved a call while Twenty was asked")
            await ask(twenty, MOVE, id=record["id"], data={"personId": person})
            self.moved[sid] = person
            self.world.story.once("a user moved a call")
            return

    async def _written(self) -> list[tuple[str, dict[str, Any]]]:
        """Calls that are over and were written some time ago."""
        found = await phone_calls(self.world.twenty)
        return [
            (sid, record)
            for sid, record in sorted(found.items())
            if sid not in self.moved and record["status"] not in ("RINGING", "IN_PROGRESS")
        ]

    async def play_deletes_call(self) -> None:
        """A user deletes a call."""
        await self._while_it_fails(self._delete_call)

    async def _delete_call(self) -> None:
        if late := self._deleting - self.deleted:
            # Its answer was lost: Twenty has done it, does it later, or never heard of it.
            found = await phone_calls(self.world.twenty)
            for sid in sorted(late & found.keys()):
                await ask(self.world.twenty, DELETE, id=found[sid]["id"])
            self.deleted |= late
        else:
            await self._delete_one()

    async def _delete_one(self) -> None:
        for sid, record in await self._written():
            self._deleting.add(sid)
            if self.world.loop.network.waits("bridge", "twenty"):
                self.world.story.once("a user deleted a call while Twenty was asked")
            await ask(self.world.twenty, DELETE, id=record["id"])
            self.deleted.add(sid)
            self.world.story.once("a user deleted a call")
            return

    async def play_deletes_person(self) -> None:
        """A user deletes the first person; of two with one number the one who has, or is to have, a call."""
        await self._while_it_fails(self._delete_person)

    async def _delete_person(self) -> None:
        twenty = self.world.twenty
        found = nodes_of(await ask(twenty, PEOPLE))
        people = sorted(node["id"] for node in found)
        if self.doubles:
            shown = (await phone_calls(twenty)).values()
            of_calls = {record["personId"] for record in shown if record["personId"]}
            people = sorted(of_calls & self.gone or of_calls) or _namesakes(found)
            if not of_calls and self.world.loop.network.waits("bridge", "twenty"):
                self.world.story.once("a user deleted a person while a call was first written")
        if people:
            self.gone.add(people[0])
            await ask(self.world.twenty, DELETE_PERSON, id=people[0])
            self.gone_at = CLOCK.now

    async def play_forgets_call(self) -> None:
        """An operator erases the last call, while the bridge runs: `twenty-bridge calls forget --call`."""

        async def forget() -> None:
            async with open_inbox(f"sqlite+aiosqlite:///{self.world.database}", must_exist=True) as inbox:
                found = sorted(name for (name,) in rows(self.world.database, NOT_PURGED))
                if found and await erase(inbox, found[-1:]):
                    self.world.story.once("an operator erased a call")

        for _ in range(30):
            try:
                await self.world.spawn(Process("operator", "127.0.0.6"), forget())
                return
            except InboxUnavailable:
                # The bridge is frozen, and holds the lock: the command says so, and is typed again.
                await asyncio.sleep(5)

    async def play_purge(self) -> None:
        """The calls become too old to be kept."""
        await self.play_clock(seconds=KEPT)
        async with self._one_end:
            await self.world.restart()

    async def play_late_callback(self) -> None:
        """Twilio repeats what it sent of the first call, long after."""
        for call in self.world.calls:
            if call.done() and (played := call.result()) and played.deliveries:
                form = dict(played.deliveries[-1].params)
                status = await self._as_user(self._post({"CallStatus": "completed", **form}))
                self.world.story.once(f"a late callback got {status}")
                return


def _namesakes(people: list[dict[str, Any]]) -> list[str]:
    """Those with the number PAUL; first the one whom the bridge chooses, who is the oldest."""
    alike = [node for node in people if node["name"]["firstName"] in ("Paul", "Pauline")]
    return [node["id"] for node in sorted(alike, key=lambda node: str(node["createdAt"]))]


def _agent(outcome: str) -> Party:
    match outcome:
        case "answers":
            return Party.answers(after=3, talks=None)
        case "busy":
            return Party.rejects(after=2)
    return Party.no_answer()


def _customer(outcome: str, talks: int) -> Party:
    match outcome:
        case "answers":
            return Party.answers(after=4, talks=talks)
        case "busy":
            return Party.busy()
    return Party.no_answer()
