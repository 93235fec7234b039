"""Actions of an agent on a call: decline, hang up, record, transfer, enter its outcome."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from hashlib import blake2b

import structlog
from aiohttp import web
from msgspec import Struct
from msgspec.structs import replace

from bridge.calls import control
from bridge.calls.agent_call import is_guest, our_number
from bridge.calls.agents import Identity, client_identity
from bridge.calls.callback import TURN, Callback, Kind
from bridge.calls.dialling.admission import Admission, Admitted
from bridge.calls.ends import ends_of
from bridge.calls.fold.acts import CUSTOMER, PASSED_BY, TO
from bridge.calls.fold.outcome import ended
from bridge.calls.fold.parties import Evidence
from bridge.calls.fold.states import Direction
from bridge.calls.numbers import is_withheld, shortened
from bridge.calls.part import PartState, part_of
from bridge.calls.routing.lines import Line, Lines
from bridge.calls.texts import Texts
from bridge.errors import (
    CallConflict,
    NotUnderstood,
    NumberRefused,
    TooManyRequests,
    TwilioRefused,
)
from bridge.inbox.queries import known_call
from bridge.inbox.replicas import lease
from bridge.inbox.store import Inbox
from bridge.observability import metrics
from bridge.twilio import forms, twiml
from bridge.twilio.rest import TwilioRest
from bridge.twilio.urls import CallbackUrls
from bridge.web.authentication.rates import Rate
from bridge.web.conferences.acts import ConferenceActs
from bridge.web.conferences.idempotency import KEY_NAME
from bridge.web.conferences.keeper import LEASE_LASTS
from bridge.web.phone.bodies import (
    CallRequest,
    DispositionRequest,
    HangupRequest,
    RecordingRequest,
    TransferRequest,
    read_request,
)
from bridge.web.phone.call_agents import AgentOfCall, AgentsOfCalls
from bridge.web.phone.once import Once
from bridge.web.phone.transfer_targets import Targets

NO_MORE = frozenset({20404, 21220})
"""Twilio's error code for a call that is over. https://www.twilio.com/docs/api/errors/21220"""

DECLINABLE = frozenset({PartState.RINGING, PartState.DECLINED})
"""The leg's status callback can arrive before the page's own request to decline."""

LIMITED = frozenset({"agent_limit", "company_limit"})
"""Refusals for which the agent can try again later."""

REMEMBERED = timedelta(seconds=30)

SEND_DIGITS = "SendDigits"

CLOCKS_DIFFER = timedelta(seconds=5)
"""By which the bridge's clock can be ahead of Twilio's."""

TO_ONESELF = "to: An agent cannot send a caller on to themselves."
ALREADY = "The call is being transferred already."
TOO_MANY_DISPOSITIONS = "This call already has as many outcomes and notes as are stored."
NOT_RECORDED_BY_AGENTS = "Agents do not record calls of this line (lines: recording.by_agents)."
RECORDING_CHANGES = "The recording is being changed already."

PER_MINUTE = 120
"""How many dispositions and changes of recordings one agent can send."""

MOST_DISPOSITIONS = 100
"""How many dispositions one call can have: all its callbacks are read for each write to Twenty."""

log = structlog.get_logger()


class TransferLine(Struct, frozen=True, kw_only=True):
    """How a caller is transferred; telephones are shown `number`, agents the caller's number.

    `texts` has the sentences for calls that are refused.
    """

    number: str
    lines: Lines
    urls: CallbackUrls
    texts: Texts


class Calls:
    """The endpoints of a call. In a path, `sid` is the SID of the call or of any of its legs.

    It can also be the `Attempt` id under which the agent's phone placed the call. All raise InboxUnavailable.
    """

    def __init__(
        self,
        inbox: Inbox,
        rest: TwilioRest,
        agents: AgentsOfCalls,
        *,
        targets: Targets,
        admission: Admission,
        acts: ConferenceActs,
        line: TransferLine,
    ) -> None:
        self._inbox = inbox
        self._rest = rest
        self._agents = agents
        self._targets = targets
        self._admission = admission
        self._acts = acts
        self._line = line
        self._once = Once(REMEMBERED.total_seconds())
        self._recording = Once(0)
        self._rate = Rate("Too many dispositions and changes of recordings")

    async def decline(self, request: web.Request) -> web.Response:
        """Declines a call: the agent's other phones stop ringing, and later steps do not ring this agent."""
        agent = await self._agents.find(request, await read_request(request, CallRequest))
        control.was_in(agent.identity, agent.evidence)
        state = part_of(agent.identity, agent.sid, agent.evidence).state
        if state not in DECLINABLE or ended(agent.evidence):
            return web.Response(status=204)
        await self._keep(Kind.DECLINED, agent, {}, again=())
        key = ("decline", *_of_legs(agent))
        await self._once.run(key, lambda: self._silence_others(agent))
        log.info("call.declined", call_sid=agent.root_sid, agent=agent.identity)
        return web.Response(status=204)

    async def _silence_others(self, agent: AgentOfCall) -> None:
        """Tries all phones before it raises an error of Twilio."""
        legs = control.legs_of(agent.identity, agent.evidence)
        # The phone that declines reports that to Twilio itself.
        ringing = [leg for leg in legs if not (leg.final or leg.answered or leg.sid == agent.sid)]
        results = await asyncio.gather(*(self._silence(leg.sid) for leg in ringing), return_exceptions=True)
        for problem in filter(None, results):
            raise problem

    async def _silence(self, sid: str) -> None:
        try:
            # One that answers just now goes on: the bridge hears of that later.
            if (await self._rest.call(sid)).status != "in-progress":
                await self._rest.update_call(sid, status="completed")
        except TwilioRefused as refused:
            if refused.number not in NO_MORE:
                raise

    async def disposition(self, request: web.Request) -> web.Response:
        """Stores the outcome of a call, during or after it; the worker writes it to Twenty later."""
        asked = await read_request(request, DispositionRequest)
        agent = await self._agents.find(request, asked)
        control.was_in(agent.identity, agent.evidence)
        if not (asked.outcome or asked.note):
            raise NotUnderstood('Say what came of the call: {"outcome": "…", "note": "…"}.')
        self._rate.take(agent.identity, per_minute=PER_MINUTE)
        if agent.dispositions >= MOST_DISPOSITIONS:
            raise TooManyRequests(TOO_MANY_DISPOSITIONS, retry_after=3600)
        said = {"Outcome": asked.outcome, "Note": asked.note}
        await self._keep(Kind.DISPOSITION, agent, said, again=(asked.outcome, asked.note))
        log.info("call.outcome_set", call_sid=agent.root_sid, agent=agent.identity)
        return web.Response(status=204)

    async def hangup(self, request: web.Request) -> web.Response:
        """Ends the call for all parties, or with `leave` for the agent, as the agent's phone would.

        An agent who only listens, or is asked to take the call over, always leaves alone.
        """
        asked = await read_request(request, HangupRequest)
        agent = await self._agents.find(request, asked)
        leaves = asked.leave or is_guest(agent.identity, agent.evidence)
        key = ("hangup", *_of_legs(agent), agent.sid if leaves else "")

        async def hang_up() -> None:
            line = control.line_of(agent.identity, agent.evidence, at=agent.sid if leaves else None)
            with _in_our_words():
                await self._rest.update_call(
                    line.sid if leaves else _held_together_by(agent), status="completed"
                )
            log.info("call.hung_up", call_sid=agent.root_sid, agent=agent.identity, leaves=leaves)

        await self._once.run(key, hang_up)
        return web.Response(status=204)

    async def transfer(self, request: web.Request) -> web.Response:
        """Blind transfer: connects the other party to another agent or a number; the agent's own leg ends.

        Where a third party is in the call, it stays, and the other one is called to join. With `ask` it is a
        warm transfer.
        """
        asked = await read_request(request, TransferRequest)
        agent = await self._agents.find(request, asked)
        control.was_in(agent.identity, agent.evidence)
        if asked.ask:
            return await self._acts.ask(request, agent, asked.to)
        target, send_digits = self._targets.target(asked.to)
        if client_identity(target) == agent.identity:
            raise NotUnderstood(TO_ONESELF, code="transfer.self")

        async def send_on() -> None:
            if self._acts.has_replaced(request, agent) or self._stays_without(agent):
                await self._acts.replace_agent(request, agent, asked.to)
                return
            said = {TO: target, SEND_DIGITS: send_digits}
            async with self._acts.passing_on(request, agent, said) as (name, evidence):
                await self._send_on(replace(agent, evidence=evidence), {**said, KEY_NAME: name})

        await self._once.run(("transfer", *_of_legs(agent), target, send_digits), send_on)
        return web.Response(status=204)

    def _stays_without(self, agent: AgentOfCall) -> bool:
        is_on_line = control.is_on_line(agent.identity, agent.evidence)
        return is_on_line and self._acts.stays_without(agent)

    async def _send_on(self, agent: AgentOfCall, said: Mapping[str, str]) -> None:
        target, send_digits = said[TO], said[SEND_DIGITS]
        begun = [c for c in agent.evidence.callbacks if c.get(KEY_NAME) == said[KEY_NAME]]
        if begun and await self._was_sent_on(agent, begun[0]):
            return
        leg = control.line_of(agent.identity, agent.evidence)
        sent = control.transferred_leg(agent.evidence, by=agent.identity)
        # One transfer per leg: it ends the leg, but the callback of that end arrives later.
        async with lease(
            self._inbox, f"transfer {leg.sid}", keep=REMEMBERED, lasts=LEASE_LASTS / 2
        ) as is_held:
            if not is_held and begun:
                # By another replica, a moment ago: one that died in it has lost this lease before the call's.
                return
            if not is_held:
                raise CallConflict(ALREADY, code="transfer.running")
            # No await between the check of the call limit and the store that counts this call.
            admitted = self._admitted(agent.identity, target)
            # Of a call out the dialled leg is sent on; the action of its Dial then comes.
            named = {PASSED_BY: leg.sid} | ({} if sent.sid == agent.root_sid else {CUSTOMER: sent.sid})
            stored = {name: value for name, value in said.items() if value}
            if not begun:
                await self._keep(
                    Kind.TRANSFER, agent, {**stored, **named}, again=(leg.sid, target, send_digits)
                )
            # Out of a conference, which ends with that.
            with _in_our_words():
                twiml_ = self._sending(agent, admitted, send_digits)
                await self._rest.update_call(sent.sid, twiml=twiml_)
        log.info("call.transferred", call_sid=agent.root_sid, agent=agent.identity, to=_shown(target))

    async def _was_sent_on(self, agent: AgentOfCall, begun: Callback) -> bool:
        """Whether Twilio has called the target since: the bridge possibly stopped before it heard of that."""
        customer = control.transferred_leg(agent.evidence, by=agent.identity)
        since = begun.received_at - CLOCKS_DIFFER
        async for call in self._rest.calls(parent_sid=customer.sid):
            if call.to == begun.get(TO) and call.date_created and call.date_created >= since:
                return True
        return False

    @asynccontextmanager
    async def _alone(self, name: str, why: str, *, code: str) -> AsyncIterator[None]:
        """Holds a lock on `name` across all replicas; raises CallConflict where it is held already."""
        async with lease(self._inbox, name) as is_held:
            if not is_held:
                raise CallConflict(why, code=code)
            yield

    def _admitted(self, identity: Identity, target: str) -> Admitted:
        try:
            return self._admission.transfer(identity, target, now=datetime.now(UTC))
        except NumberRefused as refused:
            metrics.NUMBERS_REFUSED.inc(refused.reason)
            log.warning("call.not_transferred", agent=identity, to=_shown(target), reason=refused.reason)
            if refused.reason in LIMITED:
                raise TooManyRequests(
                    f"Too many calls out: {refused}.", retry_after=60, code=refused.code
                ) from refused
            raise

    async def recording(self, request: web.Request) -> web.Response:
        """Starts, pauses, resumes or stops the recording; answers with its new state."""
        asked = await read_request(request, RecordingRequest)
        agent = await self._agents.find(request, asked)
        control.line_of(agent.identity, agent.evidence)
        if not self._line_of(agent.evidence).recording.by_agents:
            raise CallConflict(NOT_RECORDED_BY_AGENTS, code="recording.not_allowed")
        self._rate.take(agent.identity, per_minute=PER_MINUTE)
        with _in_our_words():
            await self._recording.run((agent.root_sid, asked.action), lambda: self._record(agent, asked))
        return web.json_response({"status": control.BECOMES.get(asked.action, "in-progress")})

    async def _record(self, agent: AgentOfCall, asked: RecordingRequest) -> None:
        # Two requests that see no recording would both start one, and Twilio bills both.
        async with self._alone(f"recording {agent.root_sid}", RECORDING_CHANGES, code="recording.changing"):
            await self._record_alone(agent, asked)

    async def _record_alone(self, agent: AgentOfCall, asked: RecordingRequest) -> None:
        states = {one.sid: one.status async for one in self._rest.recordings(call_sid=agent.root_sid)}
        running = {sid: status for sid, status in states.items() if status in control.RECORDING}
        now = next(iter(running.values()), "stopped" if states else None)
        wanted = control.next_status(asked.action, now)
        if wanted is None:
            # Also where an earlier try could not be stored.
            await self._keep_recording(agent, now or "stopped")
            return
        if asked.action == "start":
            await self._rest.start_recording(
                agent.root_sid,
                channels="dual",
                callback_url=self._line.urls.recording,
                events=("completed", "absent"),
            )
        else:
            await self._rest.update_recording(agent.root_sid, wanted, sid=next(iter(running)))
        await self._keep_recording(agent, wanted)
        log.info("call.recording", call_sid=agent.root_sid, agent=agent.identity, action=asked.action)

    async def _keep_recording(self, agent: AgentOfCall, status: str) -> None:
        """Stores the recording's new state, in the place of the former one, so that every page shows it."""
        known = await known_call(self._inbox, agent.root_sid)
        former = control.recording_change(known.callbacks) if known else None
        if former and former.get("RecordingStatus") == status:
            return
        turn = str(int(former.parameters[TURN]) + 1 if former else 1)
        said = {TURN: turn, "RecordingStatus": status, "Agent": agent.identity}
        named = {"CallSid": agent.root_sid, TURN: turn}
        new = forms.callback(Kind.RECORDING, "", named, received_at=datetime.now(UTC), answered=said)
        await self._inbox.replace(new, former.digest if former else None)

    async def _keep(
        self, kind: Kind, agent: AgentOfCall, said: Mapping[str, str], *, again: tuple[str, ...]
    ) -> None:
        """Stores the agent's action as a callback, once per agent and `again`. Raises InboxUnavailable."""
        own = blake2b("\0".join((agent.identity, *again)).encode(), digest_size=16).hexdigest()
        parameters = {"CallSid": agent.root_sid, "Agent": agent.identity, "Id": own, **said}
        await self._inbox.store(forms.callback(kind, "", parameters, received_at=datetime.now(UTC)))

    def _line_of(self, evidence: Evidence) -> Line:
        """The line that the caller called, or whose number a call out showed."""
        return self._line.lines.of(our_number(evidence))

    def _sending(self, agent: AgentOfCall, target: Admitted, send_digits: str) -> str:
        evidence = agent.evidence
        is_in = evidence.direction is Direction.INBOUND
        caller = evidence.other_party
        # Twilio shows telephones only caller IDs of the account; browsers can be shown the caller's number.
        shown = caller if client_identity(target) else self._line.number
        line = self._line_of(evidence)
        return twiml.transfer(
            target,
            caller_id=None if not shown or is_withheld(shown) else shown,
            timeout=line.ring_seconds,
            time_limit=line.longest_call_seconds,
            urls=self._line.urls,
            record=line.recording.inbound if is_in else line.recording.outbound,
            send_digits=send_digits,
            leg_of=None if is_in else agent.root_sid,
        )


def _of_legs(agent: AgentOfCall) -> tuple[str, ...]:
    """Names an agent's part in a call: one who gets it back, or is rung again, has another one."""
    legs = control.legs_of(agent.identity, agent.evidence)
    return agent.root_sid, agent.identity, *(leg.sid for leg in legs)


def _held_together_by(agent: AgentOfCall) -> str:
    """The leg that ends the call for all: in a conference the others stay, but when the customer's ends."""
    customer = ends_of(agent.evidence).customer if agent.evidence.story else None
    return customer.sid if customer else agent.root_sid


@contextmanager
def _in_our_words() -> Iterator[None]:
    """Turns Twilio's error for a call that is over into CallConflict."""
    try:
        yield
    except TwilioRefused as refused:
        if refused.number in NO_MORE:
            raise CallConflict(control.OVER, code="call.over") from refused
        raise


def _shown(target: str) -> str:
    return target if client_identity(target) else shortened(target)
