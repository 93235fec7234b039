"""Which agent sends a request about which call."""

from aiohttp import web
from msgspec import Struct

from bridge.calls.agent_call import in_it
from bridge.calls.agents import Identity
from bridge.calls.callback import Kind
from bridge.calls.fold.parties import Evidence
from bridge.calls.live_calls import LiveCalls
from bridge.errors import CallUnknown
from bridge.inbox.queries import known_call
from bridge.inbox.store import Inbox
from bridge.observability import context
from bridge.twilio import forms
from bridge.web.phone.agents import AgentAuthentication
from bridge.web.phone.bodies import CallRequest

UNKNOWN = "There is no such call."


class AgentOfCall(Struct, frozen=True):
    """The agent who sends a request, and its call; `sid` is the leg that the request names."""

    identity: Identity
    sid: str
    root_sid: str
    evidence: Evidence
    dispositions: int
    supervises: bool = False


class AgentsOfCalls:
    """Finds agents and their calls."""

    def __init__(self, inbox: Inbox, agents: AgentAuthentication, live_calls: LiveCalls) -> None:
        self._inbox = inbox
        self._agents = agents
        self._live_calls = live_calls

    async def find(self, request: web.Request, asked: CallRequest) -> AgentOfCall:
        """The agent and the call. Raises RequestRefused, IdentityRefused, CallUnknown and InboxUnavailable.

        The agent acts as the identity of theirs that is in the call.
        """
        agent = await self._agents.agent(request, asked.identity)
        named = request.match_info["sid"]
        sid = self._live_calls.placed_as(agent.identity, named) or named
        known = await known_call(self._inbox, sid) if forms.CALL_SID.fullmatch(sid) else None
        if known is None or not known.callbacks:
            raise CallUnknown(UNKNOWN)
        context.bind(call_sid=known.root_sid)
        dispositions = sum(callback.kind is Kind.DISPOSITION for callback in known.callbacks)
        evidence = Evidence.of(known.callbacks)
        identity = in_it(agent.own, evidence) or agent.identity
        return AgentOfCall(identity, sid, known.root_sid, evidence, dispositions, agent.is_supervisor)
