"""Whom an act calls into a call: who it is, whether the limits allow it, and what Twilio is asked for."""

from datetime import UTC, datetime

import structlog
from msgspec import Struct

from bridge.calls.agent_call import our_number
from bridge.calls.agents import Identity, client_identity
from bridge.calls.dialling.admission import Admission, Admitted
from bridge.calls.ends import EMERGENCY
from bridge.calls.fold.parties import Evidence
from bridge.calls.routing.lines import Lines
from bridge.errors import CallConflict, NotUnderstood, NumberRefused, TooManyRequests
from bridge.observability import metrics
from bridge.twilio.rest.conferences import Invitation
from bridge.twilio.urls import CallbackUrls
from bridge.web.conferences.moving import Moving
from bridge.web.phone.bodies import Mode
from bridge.web.phone.call_agents import AgentOfCall
from bridge.web.phone.transfer_targets import Targets

LIMITED = frozenset({"agent_limit", "company_limit"})
"""Refusals for which the agent can try again later."""

NO_EXTENSION = "to: An extension cannot be dialled for a party who joins a call."
TO_ONESELF = "to: An agent cannot be called into their own call."

log = structlog.get_logger()


class Invitations(Struct, frozen=True, kw_only=True):
    """Whom acts may call, and by which lines; telephones are shown `number`."""

    targets: Targets
    admission: Admission
    lines: Lines
    urls: CallbackUrls
    moving: Moving
    number: str

    def target(self, identity: Identity, to: str) -> str:
        """The number or client that `to` names; raises NotUnderstood or CallConflict where none can join."""
        target, extension = self.targets.target(to)
        if extension:
            raise NotUnderstood(NO_EXTENSION, code="transfer.extension")
        if client_identity(target) == identity:
            raise NotUnderstood(TO_ONESELF, code="transfer.self")
        if self.moving.is_emergency_number(target):
            raise CallConflict(EMERGENCY, code="call.emergency")
        return target

    def admitted(self, identity: Identity, target: str) -> Admitted:
        """The target, if the limits allow it now; raises NumberRefused or TooManyRequests.

        No await between this check and the store that counts the call.
        """
        try:
            return self.admission.transfer(identity, target, now=datetime.now(UTC))
        except NumberRefused as refused:
            metrics.NUMBERS_REFUSED.inc(refused.reason)
            log.warning("call.not_joined", agent=identity, reason=refused.reason)
            if refused.reason in LIMITED:
                raise TooManyRequests(
                    f"Too many calls out: {refused}.", retry_after=60, code=refused.code
                ) from refused
            raise

    def invitation(
        self,
        agent: AgentOfCall,
        evidence: Evidence,
        target: Admitted,
        *,
        act_id: str,
        mode: Mode,
        coached: str | None,
    ) -> Invitation:
        """What Twilio is asked for so that `target` joins the call as the act `act_id` of `agent`."""
        line = self.lines.of(our_number(evidence))
        return Invitation(
            from_=f"client:{agent.identity}" if client_identity(target) else self.number,
            to=target,
            label=act_id,
            status_callback=self.urls.status_joining(agent.root_sid, act_id),
            conference_callback=self.urls.conference,
            timeout=line.ring_seconds,
            time_limit=line.longest_call_seconds,
            muted=mode == "listen",
            coached=coached if mode == "whisper" else None,
        )
