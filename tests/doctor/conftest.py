"""A bridge with all that belongs to it: both systems, and a TLS proxy before it. Nothing is wrong with it."""

import hmac
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import phonenumbers
import pytest
from aiohttp import hdrs, web
from multidict import CIMultiDict
from yarl import URL

from bridge.doctor.all_checks import examine_all
from bridge.sandbox.twenty import TwentySandbox, twenty_sandbox
from bridge.sandbox.twilio import TwilioSandbox, twilio_sandbox
from bridge.sandbox.twilio.permissions import Permission
from bridge.settings import Settings
from bridge.twenty.client.client import open_client
from bridge.twenty.provision import webhook
from bridge.twenty.webhooks import SIGNATURE, TIMESTAMP
from bridge.twilio.provision.plan import urls_under
from bridge.web.operation.protocol_errors import Runner
from bridge.wiring.application import open_app
from tests.databases import begin

CERTIFICATES = Path(__file__).parent / "certificates"
SECRET = "an-invented-webhook-secret"
PREFIX = "/phone"
HOP = frozenset({"content-length", "transfer-encoding", "connection", "host", "date"})


@dataclass
class Proxy:
    """Takes the prefix off and passes requests on; the switches are what proxies do wrong."""

    target: str = ""
    keeps_query: bool = True
    adds_cors: bool = False
    takes_options: bool = True
    has_page: bool = True

    async def handle(self, request: web.Request) -> web.Response:
        if request.method == hdrs.METH_OPTIONS and not self.takes_options:
            return web.Response(status=405)
        path = request.raw_path.removeprefix(PREFIX)
        if path in ("", "/") and not self.has_page:
            return web.Response(text="<h1>Welcome to nginx!</h1>", content_type="text/html")
        url = URL(self.target + (path if self.keeps_query else path.partition("?")[0]), encoded=True)
        headers = {name: value for name, value in request.headers.items() if name.lower() not in HOP}
        async with (
            aiohttp.ClientSession(auto_decompress=False) as session,
            session.request(request.method, url, data=await request.read(), headers=headers) as answer,
        ):
            passed = [(name, value) for name, value in answer.headers.items() if name.lower() not in HOP]
            if self.adds_cors:
                passed.append((hdrs.ACCESS_CONTROL_ALLOW_ORIGIN, "*"))
            return web.Response(status=answer.status, body=await answer.read(), headers=CIMultiDict(passed))


@dataclass
class World:
    """What a doctor looks at; a test breaks a part of it, and looks."""

    twilio: TwilioSandbox
    twenty: TwentySandbox
    proxy: Proxy
    settings: Settings
    folder: Path
    bridge: web.AppRunner
    trust: ssl.SSLContext
    changes: dict[str, dict[str, object]] = field(default_factory=dict)

    def change(self, section: str, **fields: object) -> None:
        """Other settings, for the doctor alone."""
        self.changes.setdefault(section, {}).update(fields)

    async def examine(self, *names: str) -> dict[str, tuple[str, str, str]]:
        """Status, reason and fix of each check, or of these and what they need."""
        values = {name: dict(section.__iter__()) for name, section in self.settings}
        for section, fields in self.changes.items():
            values[section] |= fields
        settings = Settings.model_validate(values)
        found = await examine_all(
            settings, names, env_file=self.folder / ".env", trust=self.trust, seconds=60
        )
        return {one.name: (one.verdict.status.value, one.verdict.reason, one.verdict.fix) for one in found}


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """A bridge that is well."""
    async with AsyncExitStack() as stack:
        twilio = await stack.enter_async_context(twilio_sandbox())
        twenty = await stack.enter_async_context(twenty_sandbox(provisioned=True, rate_limit=False))
        proxy = Proxy()
        public_url = await stack.enter_async_context(listening(proxy)) + PREFIX
        settings = _settings(twilio, twenty, public_url, tmp_path)
        (tmp_path / ".env").touch(mode=0o600)
        _prepare(twilio, public_url)
        await _register_webhook(settings)
        runner = Runner(await stack.enter_async_context(open_app(settings)), shutdown_timeout=1)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        port = runner.addresses[0][1]
        proxy.target = f"http://127.0.0.1:{port}"
        server = settings.server.model_copy(update={"port": port})
        settings = settings.model_copy(update={"server": server})
        await deliver(proxy.target)
        trust = ssl.create_default_context(cafile=str(CERTIFICATES / "valid.pem"))
        for name in ("expired", "other"):
            trust.load_verify_locations(str(CERTIFICATES / f"{name}.pem"))
        yield World(twilio, twenty, proxy, settings, tmp_path, runner, trust)


@asynccontextmanager
async def listening(proxy: Proxy, certificate: str = "valid") -> AsyncIterator[str]:
    """The proxy's origin."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", proxy.handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(CERTIFICATES / f"{certificate}.pem")
    try:
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
        yield f"https://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def _settings(twilio: TwilioSandbox, twenty: TwentySandbox, public_url: str, folder: Path) -> Settings:
    return Settings.model_validate(
        {
            "twilio": {
                "account_sid": twilio.account_sid,
                "auth_token": (twilio.auth_token,),
                "api_key": twilio.api_key,
                "api_secret": twilio.api_secret,
                "app_sid": twilio.app_sid,
                "phone_number": twilio.phone_number,
                "api_url": twilio.url,
            },
            "twenty": {"api_url": twenty.url, "api_token": twenty.api_key, "webhook_secret": SECRET},
            "server": {"public_url": public_url, "stop_seconds": 1},
            "inbox": {"database_url": f"sqlite+aiosqlite:///{begin(folder / 'bridge.db')}"},
            "auth": {"widget_keys": ("an-invented-widget-key",)},
            "agents": {"names": ("bela@sandbox.example",)},
        }
    )


async def deliver(url: str, secret: str = SECRET) -> int:
    """A delivery of something that the bridge has no use for, signed as Twenty's; the answer's status."""
    body, timestamp = b'{"eventName": "rocket.created", "record": {}}', str(int(time.time() * 1000))
    signed = hmac.new(secret.encode(), f"{timestamp}:".encode() + body, "sha256").hexdigest()
    async with (
        aiohttp.ClientSession() as session,
        session.post(
            f"{url}/twenty/webhook", data=body, headers={TIMESTAMP: timestamp, SIGNATURE: signed}
        ) as answer,
    ):
        return answer.status


async def _register_webhook(settings: Settings) -> None:
    wanted = webhook.wanted(settings.server.public_url, settings.twenty.webhook_secret)
    assert wanted
    async with open_client(settings.twenty) as client:
        for step in webhook.register((), wanted):
            for mutation in step.mutations:
                await client.execute_metadata(mutation.operation, **mutation.variables)


def _prepare(twilio: TwilioSandbox, public_url: str) -> None:
    """As `setup twilio` leaves an account, and with as few countries open as can be."""
    urls = urls_under(public_url)
    twilio.voice_url, twilio.voice_fallback_url = urls.voice_url, urls.voice_fallback_url
    twilio.status_url = urls.status_callback
    twilio.account.permissions.countries = {
        code: Permission(low_risk=code == "FR") for code in phonenumbers.SUPPORTED_REGIONS
    }
