"""Which request goes where; also under the public URL's path, for proxies that leave it on."""

from collections.abc import Collection, Iterable, Iterator
from importlib.resources import files

import aiohttp_cors
from aiohttp import web
from msgspec import Struct

from bridge.calls.callback import Kind
from bridge.twilio.urls import ALIASES
from bridge.web.conferences.acts import ConferenceActs
from bridge.web.conferences.idempotency import IDEMPOTENCY_KEY
from bridge.web.handlers import Handler
from bridge.web.link_pages import for_people
from bridge.web.operation.health import Health
from bridge.web.operation.security_headers import Sharing
from bridge.web.phone.availability import AgentsEdge
from bridge.web.phone.callers import ScreenPops
from bridge.web.phone.calls import Calls
from bridge.web.phone.events import Events
from bridge.web.phone.lists import AgentHistory
from bridge.web.phone.me import Me
from bridge.web.phone.notes import AgentNotes
from bridge.web.phone.numbers import Numbers
from bridge.web.phone.page import PhonePage
from bridge.web.phone.people import People
from bridge.web.phone.sign_in import SignIns
from bridge.web.phone.tokens import Tokens
from bridge.web.recordings import Recordings
from bridge.web.status.status import StatusPage
from bridge.web.transcripts import TranscriptPages
from bridge.web.twenty_webhook import TwentyWebhook
from bridge.web.twilio.callbacks import Callbacks
from bridge.web.twilio.signed import SignedForms
from bridge.web.twilio.transcripts import Transcripts
from bridge.web.twilio.voice import Voice


class TwilioEdge(Struct, frozen=True, kw_only=True):
    """What answers Twilio."""

    signed: SignedForms
    voice: Voice
    callbacks: Callbacks
    transcripts: Transcripts


class PhoneEdge(Struct, frozen=True, kw_only=True):
    """What answers the phone page and widgets."""

    tokens: Tokens
    screen_pops: ScreenPops
    numbers: Numbers
    me: Me
    page: PhonePage
    sign_ins: SignIns
    calls: Calls
    acts: ConferenceActs
    notes: AgentNotes
    history: AgentHistory
    agents: AgentsEdge
    people: People
    events: Events


class PublicEdge(Struct, frozen=True, kw_only=True):
    """What answers anyone; recordings and transcripts have signed links, /status signs in by itself."""

    health: Health
    capabilities: Handler
    recordings: Recordings
    transcripts: TranscriptPages
    status: StatusPage


class Edge(Struct, frozen=True, kw_only=True):
    """All that answers requests."""

    twilio: TwilioEdge
    twenty: TwentyWebhook
    phone: PhoneEdge
    public: PublicEdge


def add_routes(app: web.Application, edge: Edge, *, prefix: str, origins: Collection[str]) -> Sharing:
    """Adds every route; pages of `origins` may use those of the widget, with the headers of what is returned.

    Twilio's have none for any origin.
    """
    shared: set[object] = set()
    cors = aiohttp_cors.setup(app, defaults={origin: _for_the_widget() for origin in origins})
    allow_origin = app.on_response_prepare.pop()
    for base in dict.fromkeys(("", prefix)):
        for method, path, handler in _twilio(edge.twilio):
            app.router.add_route(method, base + path, handler)
        app.router.add_route("POST", f"{base}/twenty/webhook", edge.twenty.receive)
        for method, path, handler in _public(edge, prefix):
            app.router.add_route(method, base + path, handler)
        for method, path, handler in _widget(edge):
            shared.add(cors.add(app.router.add_route(method, base + path, handler)).resource)
    for path in _pages(prefix):
        app.router.add_get(path, edge.phone.page.show)
    return Sharing(frozenset(shared), allow_origin)


Routes = Iterator[tuple[str, str, Handler]]


def _twilio(edge: TwilioEdge) -> Routes:
    """Only with Twilio's signature."""
    for path in ("/twilio/voice", *ALIASES["voice"]):
        yield "POST", path, edge.signed(edge.voice.voice)
    for path in ("/twilio/dial", *ALIASES["dial"]):
        yield "POST", path, edge.signed(edge.voice.dialled)
    yield "POST", "/twilio/fallback", edge.signed(edge.voice.fallback)
    yield "POST", "/twilio/announcement", edge.signed(edge.voice.announcement)
    yield "POST", "/twilio/transcripts", edge.signed.json(edge.transcripts.receive)
    yield "POST", "/twilio/machine", edge.signed(edge.callbacks.machine)
    yield "POST", "/twilio/hold", edge.signed(edge.voice.hold)
    yield "POST", "/twilio/listening", edge.signed(edge.voice.listening)
    yield "POST", "/twilio/conference", edge.signed(edge.callbacks.conference)
    yield "POST", "/twilio/voicemail", edge.signed(edge.callbacks.voicemail)
    for kind in (Kind.STATUS, Kind.RECORDING, Kind.TRANSCRIPTION):
        yield "POST", f"/twilio/{kind}", edge.signed(edge.callbacks.acknowledging(kind))


def _widget(edge: Edge) -> Routes:
    """From pages of the configured origins."""
    for path in ("/api/twilio/token", "/token", "/webhook/twilio-token"):
        yield "POST", path, edge.phone.tokens.issue
    yield "GET", "/api/callers/{number}", edge.phone.screen_pops.show
    yield "GET", "/api/numbers/{number}", edge.phone.numbers.show
    yield "GET", "/api/me", edge.phone.me.show
    yield "PUT", "/api/me/availability", edge.phone.agents.say
    yield "GET", "/api/agents", edge.phone.agents.list
    yield "GET", "/api/events", edge.phone.events.stream
    yield "GET", "/api/people", edge.phone.people.search
    yield "GET", "/api/people/{id}", edge.phone.people.show
    yield "GET", "/api/phone-calls/{id}", edge.phone.people.party
    yield "GET", "/api/me/calls", edge.phone.history.list
    yield "POST", "/api/me/calls/seen", edge.phone.history.seen
    yield "GET", "/api/calls/{sid}", edge.phone.history.show
    calls = edge.phone.calls
    for action in (calls.decline, calls.disposition, calls.hangup, calls.recording, calls.transfer):
        yield "POST", f"/api/calls/{{sid}}/{action.__name__}", action
    acts = edge.phone.acts
    for act in (acts.hold, acts.resume, acts.listen):
        yield "POST", f"/api/calls/{{sid}}/{act.__name__}", act
    for act in (acts.complete, acts.cancel, acts.swap):
        yield "POST", f"/api/calls/{{sid}}/transfer/{act.__name__}", act
    yield "POST", "/api/calls/{sid}/participants", acts.add
    yield "DELETE", "/api/calls/{sid}/participants/{participant}", acts.remove
    yield "PUT", "/api/calls/{sid}/note", edge.phone.notes.save
    yield "GET", "/capabilities", edge.public.capabilities


def _public(edge: Edge, prefix: str) -> Routes:
    """Anyone."""
    specification = files("bridge.web").joinpath("openapi.yaml").read_text(encoding="utf-8")

    async def openapi(_request: web.Request) -> web.Response:
        return web.Response(text=specification, content_type="application/yaml")

    yield "GET", "/health", edge.public.health.health
    yield "GET", "/ready", edge.public.health.ready
    yield "GET", "/openapi.yaml", openapi
    yield "GET", "/transcripts/{sid}", for_people(edge.public.transcripts.show, root=prefix)
    yield "GET", "/status", edge.public.status.show
    yield "POST", "/status", edge.public.status.sign_in
    yield "POST", "/api/sign-in", edge.phone.sign_ins.sign_in
    yield "POST", "/api/sign-out", edge.phone.sign_ins.sign_out
    for method in ("GET", "HEAD"):
        yield method, "/recordings/{sid}", for_people(edge.public.recordings.play, root=prefix)
        yield method, "/phone/{path:.+}", edge.phone.page.load


def _pages(prefix: str) -> Iterable[str]:
    """Where the phone page is: also at the prefix itself, where that says already that it is a phone."""
    at_prefix = (prefix, "/") if prefix.endswith("/phone") else ()
    return dict.fromkeys(("/phone", f"{prefix}/phone", *at_prefix))


def _for_the_widget() -> aiohttp_cors.ResourceOptions:
    return aiohttp_cors.ResourceOptions(  # type: ignore[no-untyped-call]
        allow_credentials=False,
        expose_headers=("Retry-After",),
        allow_headers=("Authorization", "Content-Type", IDEMPOTENCY_KEY),
        allow_methods=("GET", "POST", "PUT", "DELETE"),
        max_age=600,
    )
