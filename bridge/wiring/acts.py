"""Builds the handlers of what agents do with calls."""

from bridge.settings import Settings
from bridge.settings.served import agents_of
from bridge.twilio.urls import CallbackUrls
from bridge.web.conferences.acts import ConferenceActs
from bridge.web.conferences.invitations import Invitations
from bridge.web.phone.agents import AgentAuthentication
from bridge.web.phone.call_agents import AgentsOfCalls
from bridge.web.phone.calls import Calls, TransferLine
from bridge.web.phone.transfer_targets import Targets
from bridge.wiring.parts import Parts


def _agents_of_calls(parts: Parts, agents: AgentAuthentication) -> AgentsOfCalls:
    return AgentsOfCalls(parts.inbox, agents, parts.rules.live_calls)


def _targets(settings: Settings, parts: Parts) -> Targets:
    return Targets(agents_of(settings), parts.workspace.members, dial=parts.rules.dialling.dial)


def acts_of(settings: Settings, parts: Parts, agents: AgentAuthentication) -> ConferenceActs:
    """What agents do with calls of more than two ends."""
    rules, urls = parts.rules, CallbackUrls(settings.server.public_url)
    return ConferenceActs(
        parts.inbox,
        parts.account.rest,
        _agents_of_calls(parts, agents),
        parts.conferences.moving,
        participants=parts.conferences.participants,
        invitations=Invitations(
            targets=_targets(settings, parts),
            admission=rules.admission,
            lines=rules.lines,
            urls=urls,
            moving=parts.conferences.moving,
            number=settings.twilio.phone_number,
        ),
    )


def calls_of(settings: Settings, parts: Parts, agents: AgentAuthentication, acts: ConferenceActs) -> Calls:
    """What agents do with calls."""
    rules = parts.rules
    return Calls(
        parts.inbox,
        parts.account.rest,
        _agents_of_calls(parts, agents),
        targets=_targets(settings, parts),
        admission=rules.admission,
        acts=acts,
        line=TransferLine(
            number=settings.twilio.phone_number,
            lines=rules.lines,
            urls=CallbackUrls(settings.server.public_url),
            texts=settings.voice.spoken,
        ),
    )
