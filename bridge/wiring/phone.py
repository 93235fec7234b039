"""Builds the handlers of what agents' phones request: the page, tokens, screen pops, acts on calls."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial

from bridge.calls.dispositions import outcomes_in
from bridge.calls.routing.lines import Group
from bridge.settings import Settings
from bridge.settings.served import agents_of
from bridge.settings.types import origin_of
from bridge.twenty.people.callers import look_ups_of_one
from bridge.twenty.values import record_page
from bridge.web.phone.agents import AgentAuthentication
from bridge.web.phone.availability import AgentsEdge
from bridge.web.phone.call_bodies import CallBodies
from bridge.web.phone.callers import ScreenPops
from bridge.web.phone.colleagues import Colleagues
from bridge.web.phone.events import Events
from bridge.web.phone.history import History
from bridge.web.phone.lists import AgentHistory
from bridge.web.phone.me import Company, Me
from bridge.web.phone.notes import AgentNotes
from bridge.web.phone.numbers import Numbers
from bridge.web.phone.page import PageSettings, PhonePage
from bridge.web.phone.people import People
from bridge.web.phone.sign_in import SignIns
from bridge.web.phone.tokens import Rates, Tokens
from bridge.web.routes import PhoneEdge
from bridge.wiring.acts import acts_of, calls_of
from bridge.wiring.parts import Parts
from bridge.wiring.twilio import token_issuer
from bridge.wiring.worker import links_of


def phone_edge(
    settings: Settings, parts: Parts, *, is_stopping: Callable[[], bool], stream_check_seconds: float
) -> PhoneEdge:
    """All that the phone page and widgets request."""
    agents = agent_authentication(settings, parts)
    history = _history(settings, parts)
    acts = acts_of(settings, parts, agents)
    colleagues = colleagues_of(settings, parts)
    return PhoneEdge(
        tokens=_tokens(settings, parts),
        screen_pops=_screen_pops(settings, parts),
        numbers=_numbers(settings, parts),
        me=_me(settings, parts, agents),
        page=_page(settings),
        sign_ins=_sign_ins(settings, parts),
        calls=calls_of(settings, parts, agents, acts),
        acts=acts,
        notes=AgentNotes(parts.inbox, agents),
        people=_people(settings, parts, agents),
        history=AgentHistory(
            parts.inbox,
            agents,
            history,
            parts.rules.live_calls,
            parts.availabilities,
            colleagues=colleagues,
            region=settings.region,
        ),
        agents=AgentsEdge(agents, parts.availabilities, colleagues),
        events=Events(
            parts.inbox,
            agents,
            history,
            colleagues,
            parts.availabilities,
            is_stopping=is_stopping,
            check_seconds=stream_check_seconds,
        ),
    )


def _people(settings: Settings, parts: Parts, agents: AgentAuthentication) -> People:
    return People(
        agents,
        parts.workspace.search,
        parts.rules.dialling,
        search=settings.phone.search,
        region=settings.region,
        texts=settings.voice.spoken,
        page_of=partial(record_page, settings.twenty.pages),
        per_minute=look_ups_of_one(settings.twenty.requests_per_minute),
    )


def _bodies(settings: Settings, parts: Parts) -> CallBodies:
    return CallBodies(
        members=parts.workspace.members,
        lines=parts.rules.lines,
        links=links_of(settings),
        texts=settings.voice.spoken,
        region=settings.region,
        twenty_url=settings.twenty.pages,
        names_others=settings.phone.colleagues != "none",
    )


def _history(settings: Settings, parts: Parts) -> History:
    members, lines = parts.workspace.members, parts.rules.lines
    bodies = _bodies(settings, parts)
    numbers = (settings.twilio.phone_number, *lines.numbers, *settings.dialling.caller_ids)
    return History(parts.inbox, members, bodies, lines=lines, numbers=tuple(dict.fromkeys(numbers)))


def colleagues_of(settings: Settings, parts: Parts) -> Colleagues:
    """Lists agents."""
    return Colleagues(
        inbox=parts.inbox,
        agents=agents_of(settings),
        members=parts.workspace.members,
        live_calls=parts.rules.live_calls,
        availabilities=parts.availabilities,
        bodies=_bodies(settings, parts),
        rung=_rung(parts),
        sees=settings.phone.colleagues,
    )


def _rung(parts: Parts) -> Sequence[str]:
    """The agents whom lines ring, as the settings name them."""
    groups = (step for line in parts.rules.lines for step in line.steps if isinstance(step, Group))
    return tuple(dict.fromkeys(agent for group in groups for agent in group.agents))


def agent_authentication(settings: Settings, parts: Parts) -> AgentAuthentication:
    """Says which agent sends a request."""
    return AgentAuthentication(
        parts.authentication,
        agents_of(settings),
        parts.workspace.members,
        supervisors=settings.phone.supervisors,
    )


def _tokens(settings: Settings, parts: Parts) -> Tokens:
    tokens = settings.tokens
    return Tokens(
        token_issuer(settings),
        parts.authentication,
        Rates(parts.addresses, per_agent=tokens.per_agent, per_address=tokens.per_address),
        phone_number=settings.twilio.phone_number,
    )


def _screen_pops(settings: Settings, parts: Parts) -> ScreenPops:
    return ScreenPops(
        parts.workspace.callers,
        parts.authentication,
        region=settings.region,
        per_minute=look_ups_of_one(settings.twenty.requests_per_minute),
    )


def _numbers(settings: Settings, parts: Parts) -> Numbers:
    return Numbers(
        parts.authentication, parts.rules.dialling, region=settings.region, texts=settings.voice.spoken
    )


def _me(settings: Settings, parts: Parts, agents: AgentAuthentication) -> Me:
    return Me(
        parts.authentication,
        agents_of(settings),
        parts.workspace.members,
        asking=agents,
        availabilities=parts.availabilities,
        caller_ids=parts.rules.caller_ids,
        company=_company(settings, parts),
        refresh=parts.workspace.refresh_members,
    )


def _company(settings: Settings, parts: Parts) -> Company:
    phone = settings.phone
    return Company(
        phone_number=settings.twilio.phone_number,
        region=settings.region,
        language=settings.voice.language,
        emergency=settings.dialling.emergency,
        emergency_text=settings.voice.spoken.emergency,
        contact=phone.contact,
        rung=_rung(parts),
        outcomes=phone.outcomes or outcomes_in(settings.voice.language),
        after_call_seconds=phone.after_call_seconds,
        search=phone.search,
        sees=phone.colleagues,
        records=any(line.recording.by_agents for line in parts.rules.lines),
    )


def _page(settings: Settings) -> PhonePage:
    phone = settings.phone
    return PhonePage(
        PageSettings(
            root=settings.server.prefix,
            edges=phone.edges,
            signalling=phone.signalling,
            embedded_by=[origin_of(settings.twenty.pages)],
        )
    )


def _sign_ins(settings: Settings, parts: Parts) -> SignIns:
    return SignIns(
        parts.inbox,
        parts.authentication,
        parts.addresses,
        device=timedelta(days=settings.phone.device_days),
        tab=timedelta(hours=settings.phone.tab_hours),
    )
