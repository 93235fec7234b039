"""The composition root: settings → parts → aiohttp application. The only file that knows everybody."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

import structlog
from aiohttp import web

from bridge.calls.dialling.admission import Admission
from bridge.calls.dialling.caller_ids import CallerIds
from bridge.calls.dialling.rules import Dialling
from bridge.calls.live_calls import Switchboard
from bridge.calls.routing.lines import Group, Lines
from bridge.inbox.drain_lock import DrainLock, claim_file, open_drain_lock
from bridge.inbox.replicas import poll_replicas
from bridge.inbox.store import Inbox, open_inbox
from bridge.settings import Settings
from bridge.settings.agents import agents_of
from bridge.settings.digest import digest_of
from bridge.settings.served import lines_of
from bridge.settings.systems import TwilioSettings
from bridge.settings.types import origin_of
from bridge.sync.worker import Worker
from bridge.twenty.client.client import TwentyClient, open_client
from bridge.twenty.people.callers import Callers, look_ups_of_one, open_callers
from bridge.twenty.people.directory import Directory
from bridge.twenty.people.members import Members
from bridge.twenty.people.recognition import WAITS_SECONDS, Recognition, open_recognition
from bridge.twenty.schema.check import comparing
from bridge.twenty.users.resemblance import Resemblance
from bridge.twenty.users.sessions import Sessions, open_sessions
from bridge.twilio.answers import Answers
from bridge.twilio.binding import Binding
from bridge.twilio.rest import TwilioRest, open_rest
from bridge.twilio.rest.media import Media, open_media
from bridge.twilio.signature import Validator
from bridge.twilio.tokens import TokenIssuer
from bridge.twilio.urls import CallbackUrls
from bridge.web.authentication.caller import Anyone, Door
from bridge.web.authentication.client_address import Addresses
from bridge.web.authentication.devices import Devices
from bridge.web.authentication.keys import keys_of
from bridge.web.authentication.users import Users
from bridge.web.gone import GoneRecordings
from bridge.web.handlers import Handler
from bridge.web.operation.access_log import observing
from bridge.web.operation.health import Health, capabilities
from bridge.web.operation.limits import LARGEST_TRANSCRIPT, limits
from bridge.web.operation.metrics import Scrape
from bridge.web.operation.problems import problems
from bridge.web.operation.security_headers import headers_for
from bridge.web.operation.shutdown import Leaving
from bridge.web.phone.callers import ScreenPops
from bridge.web.phone.calls import Calls, TransferLine
from bridge.web.phone.me import WAITS_SECONDS as ME_WAITS_SECONDS
from bridge.web.phone.me import Company, Me
from bridge.web.phone.numbers import Numbers
from bridge.web.phone.page import PageSettings, PhonePage
from bridge.web.phone.sign_in import SignIns
from bridge.web.phone.tokens import Rates, Tokens
from bridge.web.phone.transfer_targets import Targets
from bridge.web.recordings import Recordings
from bridge.web.routes import Edge, add_routes
from bridge.web.twenty_webhook import TwentyWebhook
from bridge.web.twilio.callbacks import Callbacks
from bridge.web.twilio.inbound import Clock, Inbound, utc_now
from bridge.web.twilio.outbound import Line, Outbound
from bridge.web.twilio.signed import SignedForms
from bridge.web.twilio.transcripts import Transcripts
from bridge.web.twilio.voice import Voice
from bridge.wiring.upkeep import upkeep
from bridge.wiring.worker import draining, links_of, worker_for

log = structlog.get_logger()

SCRAPE = web.AppKey("scrape", Scrape)
LEAVING = web.AppKey("leaving", Leaving)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """What time it is for lines with hours, and how long a caller waits to be recognised."""

    clock: Clock = utc_now
    recognition_seconds: float = WAITS_SECONDS


AS_IT_IS = Timing()


@dataclass(frozen=True, slots=True)
class CallsIn:
    """What it takes to route them."""

    lines: Lines
    recognition: Recognition
    members: Members
    switchboard: Switchboard
    clock: Clock
    refresh: Callable[[], Awaitable[None]]
    """Asks Twenty for its members, if that was long ago."""


@asynccontextmanager
async def open_app(settings: Settings, *, timing: Timing = AS_IT_IS) -> AsyncIterator[web.Application]:
    """The application with its parts open and its worker draining.

    Raises InboxUnavailable where the database cannot be opened, AlreadyServed where another process has
    its file. Twenty is not waited for.
    """
    async with open_drain_lock(settings.inbox) as lock:
        await claim_file(lock, settings.inbox)
        async with _open_parts(settings, lock, timing) as app:
            yield app


@asynccontextmanager
async def _open_parts(settings: Settings, lock: DrainLock, timing: Timing) -> AsyncIterator[web.Application]:
    switchboard = _switchboard(settings)
    async with (
        _inbox(settings, switchboard) as inbox,
        open_client(settings.twenty) as client,
        open_rest(settings.twilio) as rest,
        open_media(settings.twilio, hosts=settings.recordings.media_hosts) as media,
    ):
        for callback in await inbox.recent(datetime.now(UTC) - switchboard.keeps):
            switchboard.heard(callback)
        directory = Directory(region=settings.region, seconds=settings.matching.cache_seconds)
        members = Members(agents_of(settings))
        allowed = client.while_allowed(lock.check)
        worker = worker_for(settings, inbox, allowed, lock, directory=directory, members=members)
        recognising = open_recognition(
            client,
            directory,
            members,
            several=settings.matching.several,
            within=timing.recognition_seconds,
        )
        async with (
            recognising as recognition,
            _callers(settings, client, directory) as callers,
            open_sessions(settings.twenty, client) as sessions,
            draining(worker, settings.server.stop_seconds),
            poll_replicas(inbox, switchboard.heard),
            upkeep(settings, inbox, rest, client, lock.check),
            comparing(client),
        ):
            refresh = partial(members.refresh, client.interactive(within=ME_WAITS_SECONDS))
            calls_in = CallsIn(_lines(settings), recognition, members, switchboard, timing.clock, refresh)
            app = _application(
                settings,
                inbox,
                worker,
                calls_in,
                directory=directory,
                callers=callers,
                rest=rest,
                media=media,
                sessions=sessions,
            )
            app[SCRAPE] = Scrape(inbox, budget_left=client.budget.left, drain_reason=lambda: worker.reason)
            yield app


def _inbox(settings: Settings, switchboard: Switchboard) -> AbstractAsyncContextManager[Inbox]:
    url = settings.inbox.database_url.get_secret_value()
    return open_inbox(url, heard=switchboard.heard, serves=True)


def _switchboard(settings: Settings) -> Switchboard:
    longest = settings.voice.longest_call_seconds
    return Switchboard(longest=timedelta(seconds=longest) if longest else None)


def _callers(
    settings: Settings, client: TwentyClient, directory: Directory
) -> AbstractAsyncContextManager[Callers]:
    return open_callers(
        client,
        directory,
        twenty_url=settings.twenty.pages,
        several=settings.matching.several,
    )


def _application(
    settings: Settings,
    inbox: Inbox,
    worker: Worker,
    calls_in: CallsIn,
    *,
    directory: Directory,
    callers: Callers,
    rest: TwilioRest,
    media: Media,
    sessions: Sessions,
) -> web.Application:
    server = settings.server
    bounds = limits(concurrent_requests=server.concurrent_requests, body_seconds=server.body_seconds)
    addresses, callbacks = Addresses(settings.server.trusted_proxies), Callbacks(inbox)
    observed = observing(log_requests=settings.log.requests, watch=addresses.watch)
    app = web.Application(middlewares=[observed, problems, bounds], client_max_size=LARGEST_TRANSCRIPT)
    door = _door(settings, inbox, sessions, addresses)
    leaving = Leaving()
    edge = Edge(
        signed=SignedForms(
            validator_of(settings.twilio),
            settings.server.public_url,
            account_sid=settings.twilio.account_sid,
        ),
        tokens=_tokens(settings, door, addresses),
        screen_pops=ScreenPops(
            callers,
            door,
            region=settings.region,
            per_minute=look_ups_of_one(settings.twenty.requests_per_minute),
        ),
        numbers=Numbers(
            door,
            Dialling(settings.dialling.rules(settings.region)),
            region=settings.region,
            texts=settings.voice.spoken,
        ),
        me=_me(settings, door, calls_in),
        page=_page(settings),
        sign_ins=SignIns(
            inbox,
            door,
            addresses,
            device=timedelta(days=settings.phone.device_days),
            tab=timedelta(hours=settings.phone.tab_hours),
        ),
        calls=_calls(settings, inbox, rest, door, calls_in),
        recordings=Recordings(links_of(settings), media, addresses, GoneRecordings(inbox)),
        voice=_voice(settings, inbox, callbacks, calls_in),
        callbacks=callbacks,
        transcripts=Transcripts(inbox, is_on=settings.transcripts.webhook),
        twenty=_twenty_webhook(settings, inbox, directory, callers),
        health=Health(
            inbox,
            leaving,
            settings_digest=digest_of(settings),
            reasons=lambda: filter(None, (worker.reason, addresses.reason)),
        ),
        capabilities=_capabilities(settings, calls_in.lines),
    )
    add_routes(app, edge, prefix=settings.server.prefix, origins=settings.origins)
    # After those of CORS: they say which origins an answer depends on.
    app.on_response_prepare.append(headers_for(settings.server.public_url))
    app.on_response_prepare.append(leaving.close)
    app[LEAVING] = leaving
    _shout_about_the_door(settings)
    return app


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


def token_issuer(settings: Settings) -> TokenIssuer:
    """Who signs access tokens."""
    twilio = settings.twilio
    return TokenIssuer(
        account_sid=twilio.account_sid,
        api_key=twilio.api_key,
        api_secret=twilio.api_secret,
        app_sid=twilio.app_sid,
        ttl=settings.tokens.ttl,
        binding=_binding(settings),
        region=settings.tokens.region,
    )


def validator_of(twilio: TwilioSettings) -> Validator:
    """Checks the signatures of the account's webhooks."""
    return Validator(
        [token.get_secret_value() for token in twilio.auth_token],
        {sid: secret.get_secret_value() for sid, secret in twilio.shared_keys.items()},
    )


def _binding(settings: Settings) -> Binding:
    twilio = settings.twilio
    secrets = twilio.auth_token or tuple(twilio.shared_keys.values())
    return Binding([secret.get_secret_value() for secret in secrets])


def _door(settings: Settings, inbox: Inbox, sessions: Sessions, addresses: Addresses) -> Door:
    auth, agents = settings.auth, agents_of(settings)
    users = Users(
        sessions,
        addresses,
        Resemblance(settings.twenty.api_token.get_secret_value()),
        origin=settings.server.origin,
        members=auth.members,
        checks_per_minute=auth.checks_per_minute,
    )
    anyone = Anyone(
        origins=settings.origins,
        agents=agents.allowed,
        incoming=auth.anonymous_incoming,
        per_minute=auth.anonymous_per_minute,
    )
    return Door(
        keys=keys_of(auth, agents),
        devices=Devices(inbox, agents),
        users=users,
        anyone=anyone if auth.anonymous else None,
    )


def _me(settings: Settings, door: Door, calls_in: CallsIn) -> Me:
    steps = (step for line in calls_in.lines for step in line.steps if isinstance(step, Group))
    company = Company(
        phone_number=settings.twilio.phone_number,
        region=settings.region,
        language=settings.voice.language,
        emergency=settings.dialling.emergency,
        emergency_text=settings.voice.spoken.emergency,
        contact=settings.phone.contact,
        rung=tuple(dict.fromkeys(agent for step in steps for agent in step.agents)),
    )
    return Me(
        door,
        agents_of(settings),
        calls_in.members,
        caller_ids=_caller_ids(settings, calls_in.members),
        company=company,
        refresh=calls_in.refresh,
    )


def _tokens(settings: Settings, door: Door, addresses: Addresses) -> Tokens:
    tokens = settings.tokens
    return Tokens(
        token_issuer(settings),
        door,
        Rates(addresses, per_agent=tokens.per_agent, per_address=tokens.per_address),
        phone_number=settings.twilio.phone_number,
    )


def _twenty_webhook(
    settings: Settings, inbox: Inbox, directory: Directory, callers: Callers
) -> TwentyWebhook:
    def forget() -> None:
        directory.forget()
        callers.forget()

    return TwentyWebhook(
        inbox,
        secrets=[secret.get_secret_value() for secret in settings.twenty.webhook_secret],
        region=settings.region,
        late=timedelta(days=settings.matching.late_days),
        forget=forget,
    )


def _calls(settings: Settings, inbox: Inbox, rest: TwilioRest, door: Door, calls_in: CallsIn) -> Calls:
    dial = Dialling(settings.dialling.rules(settings.region)).dial
    return Calls(
        inbox,
        rest,
        door,
        targets=Targets(agents_of(settings), calls_in.members, dial=dial),
        admission=_admission(settings, calls_in.switchboard, calls_in.members),
        line=TransferLine(
            number=settings.twilio.phone_number,
            ring_seconds=settings.voice.ring_seconds,
            longest_call_seconds=settings.voice.longest_call_seconds,
            lines=calls_in.lines,
            urls=CallbackUrls.under(settings.server.public_url),
        ),
    )


def _voice(settings: Settings, inbox: Inbox, callbacks: Callbacks, calls_in: CallsIn) -> Voice:
    urls = CallbackUrls.under(settings.server.public_url)
    admission = _admission(settings, calls_in.switchboard, calls_in.members)
    inbound = Inbound(
        inbox,
        calls_in.lines,
        Answers(urls=urls, time_limit=settings.voice.longest_call_seconds),
        recognition=calls_in.recognition,
        members=calls_in.members,
        in_call=calls_in.switchboard.in_call,
        admission=admission,
        twenty_url=settings.twenty.pages,
        region=settings.region,
        clock=calls_in.clock,
    )
    return Voice(
        inbound=inbound,
        outbound=Outbound(
            inbox,
            admission,
            _binding(settings),
            _line(settings, calls_in.lines),
            urls,
        ),
        callbacks=callbacks,
        texts=settings.voice.spoken,
    )


def _admission(settings: Settings, switchboard: Switchboard, members: Members) -> Admission:
    dialling = settings.dialling
    return Admission(
        dialling=Dialling(dialling.rules(settings.region)),
        caller_ids=_caller_ids(settings, members),
        limits=dialling.limits,
        switchboard=switchboard,
    )


def _caller_ids(settings: Settings, members: Members) -> CallerIds:
    company = (settings.twilio.phone_number, *settings.dialling.caller_ids)
    return CallerIds(company=company, own=members.caller_ids, region=settings.region)


def _lines(settings: Settings) -> Lines:
    return lines_of(settings.lines, agents=settings.agents, voice=settings.voice)


def _line(settings: Settings, lines: Lines) -> Line:
    return Line(
        ring_seconds=settings.voice.ring_seconds,
        longest_call_seconds=settings.voice.longest_call_seconds,
        machine_detection=settings.voice.machine_detection,
        lines=lines,
        foreign_tokens=settings.tokens.foreign == "accept",
        texts=settings.voice.spoken,
    )


def _capabilities(settings: Settings, lines: Lines) -> Handler:
    ringing = any(isinstance(step, Group) and step.agents for line in lines for step in line.steps)
    return capabilities(
        phone_number=settings.twilio.phone_number,
        app_sid=settings.twilio.app_sid,
        incoming=ringing and (not settings.auth.anonymous or settings.auth.anonymous_incoming),
        voicemail=any(line.voicemail for line in lines),
    )


def _shout_about_the_door(settings: Settings) -> None:
    if settings.auth.anonymous:
        log.warning(
            "auth.ANYONE_MAY_CALL",
            what="auth.anonymous is on: whoever opens a page of these origins calls on the company's bill",
            origins=sorted(settings.origins),
            incoming=settings.auth.anonymous_incoming,
        )
