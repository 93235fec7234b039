"""What agents do with calls of more than two ends: hold, ask a colleague, pass on, add a third, listen."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from secrets import token_hex

import structlog
from aiohttp import web
from msgspec import Struct

from bridge.calls.agents import Identity, client_identity
from bridge.calls.callback import Kind
from bridge.calls.control import was_in
from bridge.calls.dialling.admission import Admitted
from bridge.calls.ends import EMERGENCY, End, Ends, ends_of, holder_of, is_asking, own_end
from bridge.calls.fold.acts import AGAIN, FAILED, HELD, PARTICIPANT, RESUMED, TO, WILL_HOLD, Act
from bridge.calls.fold.parties import Evidence
from bridge.errors import (
    BridgeError,
    CallConflict,
    CallUnknown,
    NotAllowed,
    TooManyRequests,
    TwilioError,
    TwilioRefused,
    TwilioUnavailable,
)
from bridge.inbox.queries import known_call
from bridge.inbox.replicas import lease
from bridge.inbox.store import Inbox
from bridge.twilio.rest import TwilioRest
from bridge.web.authentication.rates import Rate
from bridge.web.conferences.idempotency import act_id_of, check_key, failures, has_key, is_done
from bridge.web.conferences.invitations import Invitations
from bridge.web.conferences.keeper import LEASE_LASTS, lease_of
from bridge.web.conferences.moving import NO_MORE, Moving, quietly
from bridge.web.conferences.participants import Participants
from bridge.web.phone.bodies import CallRequest, ListenRequest, Mode, ParticipantRequest, read_request
from bridge.web.phone.call_agents import UNKNOWN, AgentOfCall, AgentsOfCalls

LABEL_IN_USE = 16026
"""Twilio's error code for a label that a participant has already. https://www.twilio.com/docs/api/errors/16026"""

MODE = "Mode"

MOST_ENDS = 6
MOST_ACTS = 200
"""How many acts one call can have: all its callbacks are read for each write to Twenty."""
PER_MINUTE = 120

WAITS, WAIT_SECONDS = 80, 0.1

BUSY = "Another act on this call goes on; try again in a moment."
ASKING = "A colleague is being asked already: complete or cancel that first."
NOT_ASKED = "No colleague is being asked."
IS_ASKED = "You are asked to take this call: only the agent who asked can pass it on."
NOT_ANSWERED = "The colleague who is asked has not answered yet."
NO_PARTICIPANT = "There is no such participant who could be removed."
NOT_SUPERVISOR = "Only supervisors listen to other agents' calls (phone.supervisors)."
IN_CALL = "A supervisor who is in the call cannot listen to it."
STILL_RINGS = "Your own phone still rings for this call: answer it before you change how you listen."
ALONE = "No one but you talks with the customer: there is no one to listen to."
TOO_MANY_ENDS = f"A call can have {MOST_ENDS} parties at most."
TOO_MANY_ACTS = "This call was held and passed on as often as is stored."
ON_HOLD = "The agent is on hold: Twilio lets no one be heard by a party on hold (error 16027)."

log = structlog.get_logger()


class _Acting(Struct, frozen=True):
    """An agent in a call, as it is now that no other act goes on; `act_id` names this act."""

    agent: AgentOfCall
    evidence: Evidence
    ends: Ends
    customer: End
    act_id: str

    @property
    def root_sid(self) -> str:
        return self.agent.root_sid

    @property
    def identity(self) -> Identity:
        return self.agent.identity


Do = Callable[[_Acting], Awaitable[None]]


class ConferenceActs:
    """The endpoints of these acts; each can be sent again under one `Idempotency-Key`.

    All raise RequestRefused, CallRefused, TwilioError and InboxUnavailable.
    """

    def __init__(
        self,
        inbox: Inbox,
        rest: TwilioRest,
        agents: AgentsOfCalls,
        moving: Moving,
        *,
        participants: Participants,
        invitations: Invitations,
    ) -> None:
        self._inbox = inbox
        self._rest = rest
        self._agents = agents
        self._moving = moving
        self._participants = participants
        self._invitations = invitations
        self._rate = Rate("Too many acts on calls")

    async def hold(self, request: web.Request) -> web.Response:
        """Puts the customer on hold."""
        return await self._act(request, Act.HOLD, self._hold)

    async def resume(self, request: web.Request) -> web.Response:
        """Takes the customer off hold."""
        return await self._act(request, Act.RESUME, self._resume)

    async def complete(self, request: web.Request) -> web.Response:
        """Passes the call on to the party who was asked; the agent's own leg ends."""
        return await self._act(request, Act.COMPLETE, self._complete, leaves=True)

    async def cancel(self, request: web.Request) -> web.Response:
        """Lets go of the party who was asked, and takes the customer off hold."""
        return await self._act(request, Act.CANCEL, self._cancel)

    async def swap(self, request: web.Request) -> web.Response:
        """Puts the other one of customer and asked party on hold."""
        return await self._act(request, Act.SWAP, self._swap)

    async def ask(self, request: web.Request, agent: AgentOfCall, to: str) -> web.Response:
        """Warm transfer: the customer is on hold while the agent asks another party to take the call."""
        target = self._invitations.target(agent.identity, to)
        return await self._run(
            request, agent, Act.ASK, lambda acting: self._ask(acting, target), said={TO: target}
        )

    async def add(self, request: web.Request) -> web.Response:
        """Calls a third party into the call."""
        asked = await read_request(request, ParticipantRequest)
        agent = await self._agents.find(request, asked)
        was_in(agent.identity, agent.evidence)
        target = self._invitations.target(agent.identity, asked.to)
        return await self._run(
            request, agent, Act.ADD, lambda acting: self._add(acting, target), said={TO: target}
        )

    async def remove(self, request: web.Request) -> web.Response:
        """Removes a party who was called into the call; the path names its leg."""
        sid = request.match_info["participant"]
        return await self._act(request, Act.REMOVE, lambda acting: self._remove(acting, sid))

    async def listen(self, request: web.Request) -> web.Response:
        """Calls a supervisor's own phone into the call, or changes how the supervisor is in it."""
        asked = await read_request(request, ListenRequest)
        agent = await self._agents.find(request, asked)
        if not agent.supervises:
            raise NotAllowed(NOT_SUPERVISOR)
        return await self._run(
            request,
            agent,
            Act.LISTEN,
            lambda acting: self._listen(acting, asked.mode),
            said={MODE: asked.mode},
        )

    def stays_without(self, agent: AgentOfCall) -> bool:
        """Whether a third party talks with the customer when this agent passes the call on blindly.

        Raises CallConflict where no agent passes the call on so.
        """
        if self._moving.is_emergency(agent.evidence):
            raise CallConflict(EMERGENCY, code="call.emergency")
        ends = ends_of(agent.evidence)
        if ends.asked:
            raise CallConflict(ASKING, code="transfer.asking")
        return ends.is_conference and any(end.identity != agent.identity for end in ends.present)

    def has_replaced(self, request: web.Request, agent: AgentOfCall) -> bool:
        """Whether a request with this key called another one in already, so that this agent leaves."""
        act_id = act_id_of(request, agent.identity, Act.ADD)
        return any(callback.get("Id") == act_id for callback in agent.evidence.callbacks)

    @asynccontextmanager
    async def passing_on(
        self, request: web.Request, agent: AgentOfCall, said: Mapping[str, str]
    ) -> AsyncIterator[tuple[str, Evidence]]:
        """Alone on the call: the name under which a transfer with a key is stored (`KEY_NAME`), and the call.

        The name is empty without a key. Raises KeyReused where the key came before with something else than
        `said`.
        """
        async with self.alone(agent.root_sid):
            evidence = await self._now(agent)
            name = act_id_of(request, agent.identity, Kind.TRANSFER) if has_key(request) else ""
            if name:
                check_key(evidence, name, said)
            yield name, evidence

    async def _now(self, agent: AgentOfCall) -> Evidence:
        known = await known_call(self._inbox, agent.root_sid)
        if known is None or not known.callbacks:
            # It was erased meanwhile.
            raise CallUnknown(UNKNOWN)
        return Evidence.of(known.callbacks)

    async def replace_agent(self, request: web.Request, agent: AgentOfCall, to: str) -> web.Response:
        """Blind transfer where a third party stays: another one is called in, and the agent leaves."""
        target = self._invitations.target(agent.identity, to)
        return await self._run(
            request,
            agent,
            Act.ADD,
            lambda acting: self._replace_agent(acting, target),
            leaves=True,
            said={TO: target},
        )

    async def _act(self, request: web.Request, act: Act, do: Do, *, leaves: bool = False) -> web.Response:
        agent = await self._agents.find(request, await read_request(request, CallRequest))
        return await self._run(request, agent, act, do, leaves=leaves)

    async def _run(
        self,
        request: web.Request,
        agent: AgentOfCall,
        act: Act,
        do: Do,
        *,
        leaves: bool = False,
        said: Mapping[str, str] | None = None,
    ) -> web.Response:
        """Runs an act alone, on the call as it is then; one with the same key was done already.

        `leaves`: the agent leaves the call with it. `said`: what the request asks for, as the act stores it.
        """
        self._rate.take(agent.identity, per_minute=PER_MINUTE)
        act_id = act_id_of(request, agent.identity, act)
        async with self.alone(agent.root_sid):
            evidence = await self._now(agent)
            check_key(evidence, act_id, said or {})
            if is_done(evidence, act_id):
                if leaves:
                    await self._leave(agent.identity, evidence)
                return web.Response(status=204)
            if act is not Act.LISTEN:
                own_end(agent.identity, evidence, ends_of(evidence))
            ends = ends_of(evidence)
            customer, _ = self._moving.check(evidence, ends)
            if sum(callback.kind is Kind.ACT for callback in evidence.callbacks) >= MOST_ACTS:
                raise TooManyRequests(TOO_MANY_ACTS, retry_after=3600)
            await do(_Acting(agent, evidence, ends, customer, act_id))
        log.info("call.act", call_sid=agent.root_sid, agent=agent.identity, act=act)
        return web.Response(status=204)

    @asynccontextmanager
    async def alone(self, root_sid: str) -> AsyncIterator[None]:
        """Waits until another act, or a change of the keeper's, has ended; raises CallConflict if not."""
        for _ in range(WAITS):
            async with lease(self._inbox, lease_of(root_sid), lasts=LEASE_LASTS) as is_held:
                if is_held:
                    yield
                    return
            await asyncio.sleep(WAIT_SECONDS)
        raise CallConflict(BUSY, code="call.busy")

    async def _hold(self, acting: _Acting) -> None:
        if acting.customer.held and holder_of(acting.evidence, acting.customer.sid):
            return
        await self._hold_customer(acting)
        await self._store(acting, Act.HOLD, {HELD: acting.customer.sid})

    async def _hold_customer(self, acting: _Acting) -> str:
        """The conference's SID, once the customer is on hold in it."""
        sid = await self._conference(acting)
        if not acting.customer.held:
            await self._participants.hold(sid, acting.customer.sid)
        await self._participants.pause_recording(acting.evidence, acting.customer.sid, paused=True)
        return sid

    async def _resume(self, acting: _Acting) -> None:
        if not acting.ends.is_conference and not acting.customer.held:
            return
        # Also where no report says that the customer is on hold: it was possibly lost.
        await self._resume_customer(await self._conference(acting), acting)
        if acting.customer.held:
            await self._store(acting, Act.RESUME, {RESUMED: acting.customer.sid})

    async def _resume_customer(self, sid: str, acting: _Acting) -> None:
        await self._participants.resume(sid, acting.customer.sid)
        await self._participants.pause_recording(acting.evidence, acting.customer.sid, paused=False)

    async def _ask(self, acting: _Acting, target: str) -> None:
        if acting.ends.asked:
            raise CallConflict(ASKING, code="transfer.asking")
        self._check_ends(acting)
        # A target that is refused is so before the customer is put on hold.
        self._invitations.admitted(acting.identity, target)
        sid = await self._hold_customer(acting)
        try:
            admitted = self._invitations.admitted(acting.identity, target)
            # Stored first: it counts as a call out, and a second try finds it.
            await self._store(acting, Act.ASK, {TO: target, HELD: acting.customer.sid, **_again(acting)})
            await self._invite(acting, sid, admitted)
        except BridgeError:
            await quietly(self._resume_customer(sid, acting))
            said = {RESUMED: acting.customer.sid, FAILED: acting.act_id}
            await self._store(acting, Act.CANCEL, said, act_id=f"cancel-{token_hex(8)}")
            raise

    async def _complete(self, acting: _Acting) -> None:
        asked, sid = await self._asked(acting)
        own = own_end(acting.identity, acting.evidence, acting.ends)
        if asked.held:
            await self._participants.resume(sid, asked.sid)
        # First who stays: the conference has to end with them, and to outlast the agent.
        await self._participants.update(sid, own.sid, end_conference_on_exit=False)
        await self._participants.update(sid, asked.sid, end_conference_on_exit=True)
        await self._resume_customer(sid, acting)
        await self._store(acting, Act.COMPLETE, {PARTICIPANT: asked.sid, RESUMED: acting.customer.sid})
        await self._moving.conferences.remove(sid, own.sid)

    async def _leave(self, identity: Identity, evidence: Evidence) -> None:
        """Removes an agent who passed the call on: the bridge possibly stopped before that."""
        ends = ends_of(evidence)
        for end in ends.others:
            if end.identity == identity and ends.conference_sid:
                await quietly(self._moving.conferences.remove(ends.conference_sid, end.sid))
                await quietly(self._moving.presence.learn(evidence, ends.conference_sid))

    async def _cancel(self, acting: _Acting) -> None:
        if not is_asking(acting.evidence):
            raise CallConflict(NOT_ASKED, code="transfer.not_asking")
        sid = await self._conference(acting)
        # Where no report says who is asked, Twilio does; the party is possibly gone, or was never called.
        asked = acting.ends.asked or await self._learn_asked(acting, sid)
        if asked:
            await self._hang_up(acting, asked.sid)
        await self._resume_customer(sid, acting)
        named = {PARTICIPANT: asked.sid} if asked else {}
        await self._store(acting, Act.CANCEL, {**named, RESUMED: acting.customer.sid})

    async def _swap(self, acting: _Acting) -> None:
        asked, sid = await self._asked(acting)
        wanted = await self._will_hold(acting, asked)
        held, resumed = (asked, acting.customer) if wanted == asked.sid else (acting.customer, asked)
        # First the hold, so that the two never hear each other.
        await self._participants.hold(sid, held.sid)
        await self._participants.resume(sid, resumed.sid)
        await self._participants.pause_recording(
            acting.evidence, acting.customer.sid, paused=held is acting.customer
        )
        await self._store(acting, Act.SWAP, {HELD: held.sid, RESUMED: resumed.sid})

    async def _will_hold(self, acting: _Acting, asked: End) -> str:
        """Which leg the swap holds; one that was cut short and is sent again holds the same."""
        begun = [c.get(WILL_HOLD) for c in acting.evidence.callbacks if c.get("Id") == acting.act_id]
        if begun and begun[0]:
            return begun[0]
        sid = (asked if self._waits(acting, asked) else acting.customer).sid
        await self._store(acting, Act.SWAPPING, {WILL_HOLD: sid})
        return sid

    def _waits(self, acting: _Acting, asked: End) -> bool:
        """Whether the customer is the one of the two on hold; of both, the last act says it.

        A swap that was cut short leaves both on hold.
        """
        if acting.customer.held and asked.held:
            return holder_of(acting.evidence, asked.sid) is None
        return acting.customer.held

    async def _add(self, acting: _Acting, target: str) -> None:
        self._check_ends(acting)
        # A target that is refused is so before the call is moved.
        self._invitations.admitted(acting.identity, target)
        sid = await self._conference(acting)
        admitted = self._invitations.admitted(acting.identity, target)
        await self._store(acting, Act.ADD, {TO: target})
        await self._invite(acting, sid, admitted)

    async def _replace_agent(self, acting: _Acting, target: str) -> None:
        own, sid = own_end(acting.identity, acting.evidence, acting.ends), await self._conference(acting)
        if acting.customer.held:
            await self._resume_customer(sid, acting)
        await self._add(acting, target)
        await self._participants.update(sid, own.sid, end_conference_on_exit=False)
        await self._moving.conferences.remove(sid, own.sid)

    async def _remove(self, acting: _Acting, sid: str) -> None:
        leg = next((leg for leg in acting.evidence.legs if leg.sid == sid), None)
        if leg is None or not leg.joined or client_identity(leg.to) == acting.identity:
            raise CallConflict(NO_PARTICIPANT, code="participant.unknown")
        # Also a leg that is over: the bridge possibly stopped after it had hung up on it.
        await self._hang_up(acting, sid)
        await self._store(acting, Act.REMOVE, {PARTICIPANT: sid})

    async def _listen(self, acting: _Acting, mode: Mode) -> None:
        sid = await self._conference(acting)
        agent = next((end for end in acting.ends.present if end.identity != acting.identity), None)
        if agent is None:
            raise CallConflict(ALONE, code="listen.alone")
        if mode == "whisper" and agent.held:
            raise CallConflict(ON_HOLD, code="listen.on_hold")
        own = next((end for end in acting.ends.others if end.identity == acting.identity), None)
        if own and own.act is not Act.LISTEN:
            raise CallConflict(IN_CALL, code="listen.in_call")
        if own and not own.answered and not await self._has_come(acting, own, sid):
            if mode == _mode_of(acting.evidence, own):
                return
            raise CallConflict(STILL_RINGS, code="listen.ringing")
        await self._store(acting, Act.LISTEN, {MODE: mode})
        if own:
            await self._participants.listen(sid, own.sid, mode, agent=agent.sid)
            return
        own_phone = self._invitations.admitted(acting.identity, f"client:{acting.identity}")
        # First the customer is told: should the bridge stop in between, none listens untold.
        await self._participants.announce(sid, acting.customer.sid)
        await self._invite(acting, sid, own_phone, mode=mode, coached=agent.sid)

    async def _has_come(self, acting: _Acting, end: End, sid: str) -> bool:
        """Whether a party is in the conference by Twilio's list: its report is possibly lost."""
        now = ends_of(await self._moving.presence.learn(acting.evidence, sid)).of(end.sid)
        return now is not None and now.inside

    async def _conference(self, acting: _Acting) -> str:
        return await self._moving.conference_of(acting.root_sid, acting.evidence, agent=acting.identity)

    async def _invite(
        self, acting: _Acting, sid: str, target: Admitted, *, mode: Mode = "join", coached: str | None = None
    ) -> None:
        """Has a party called into the conference `sid`."""
        invitation = self._invitations.invitation(
            acting.agent, acting.evidence, target, act_id=acting.act_id, mode=mode, coached=coached
        )
        try:
            await self._moving.conferences.invite(acting.root_sid, invitation)
        except TwilioRefused as refused:
            # An earlier try has called the party: the bridge stopped before it heard of that.
            if refused.number != LABEL_IN_USE:
                raise
            await self._moving.presence.learn(acting.evidence, sid)
        except TwilioUnavailable:
            # Twilio possibly did it, and did not say so in time.
            if not await self._was_invited(acting, sid):
                raise

    async def _was_invited(self, acting: _Acting, sid: str) -> bool:
        try:
            evidence = await self._moving.presence.learn(await self._now(acting.agent), sid)
        except TwilioError as error:
            log.info("conference.not_known", call_sid=acting.root_sid, reason=str(error))
            return False
        return any(leg.joined_as == acting.act_id for leg in evidence.legs)

    async def _hang_up(self, acting: _Acting, sid: str) -> None:
        try:
            await self._rest.update_call(sid, status="completed")
        except TwilioError as error:
            if getattr(error, "number", None) not in NO_MORE:
                raise
            # An earlier try has hung up: the bridge possibly stopped before it heard of the leg's end.
            await quietly(self._moving.presence.learn_end(acting.evidence, sid))

    async def _asked(self, acting: _Acting) -> tuple[End, str]:
        """The party who is asked, and the conference that it is in: where no report says it, Twilio does."""
        if not is_asking(acting.evidence):
            raise CallConflict(NOT_ASKED, code="transfer.not_asking")
        sid = await self._conference(acting)
        asked = acting.ends.asked
        if asked is None or not asked.inside:
            asked = await self._learn_asked(acting, sid)
        if asked is None:
            raise CallConflict(NOT_ASKED, code="transfer.not_asking")
        if asked.identity == acting.identity:
            raise CallConflict(IS_ASKED, code="transfer.is_asked")
        if not asked.inside:
            raise CallConflict(NOT_ANSWERED, code="transfer.not_answered")
        return asked, sid

    async def _learn_asked(self, acting: _Acting, sid: str) -> End | None:
        return ends_of(await self._moving.presence.learn(acting.evidence, sid)).asked

    def _check_ends(self, acting: _Acting) -> None:
        if len(acting.ends.others) + 1 >= MOST_ENDS:
            raise CallConflict(TOO_MANY_ENDS, code="call.too_many_ends")

    async def _store(self, acting: _Acting, act: Act, said: dict[str, str], *, act_id: str = "") -> None:
        await self._moving.store(
            acting.root_sid, act, agent=acting.identity, act_id=act_id or acting.act_id, said=said
        )


def _mode_of(evidence: Evidence, end: End) -> str | None:
    """How a supervisor was called into a call."""
    return next((c.get(MODE) for c in evidence.callbacks if c.get("Id") == end.joined_as), None)


def _again(acting: _Acting) -> dict[str, str]:
    """Tells an act that is done again from the one that failed: of two equal ones one is stored."""
    failed = failures(acting.evidence, acting.act_id)
    return {AGAIN: str(failed)} if failed else {}
