"""Real servers that alerts go to: a mail server (aiosmtpd, with TLS), and a receiver of webhooks."""

import asyncio
import base64
import email
import ssl
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import default
from functools import cache
from typing import Any

from aiohttp import web
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from bridge.settings import AlertSettings
from tests.docs.reader import ROOT
from tests.doctor.conftest import CERTIFICATES

USER, PASSWORD = "bridge@example.com", "an-invented-password-of-the-mail-server"
KEY = b"an invented key of 32 characters"
SECRET = f"whsec_{base64.b64encode(KEY).decode()}"


def trusting(certificate: str) -> ssl.SSLContext:
    """Trusts it, if it were valid."""
    return ssl.create_default_context(cafile=str(CERTIFICATES / f"{certificate}.pem"))


TRUST = trusting("valid")


@dataclass
class MailServer:
    """What arrived; `answer` is what it says to the next messages instead of taking them."""

    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list)
    recipients: list[list[str]] = field(default_factory=list)
    logins: list[tuple[str, str]] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)
    answer: str = ""
    no_such_user: str = ""

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if address == self.no_such_user:
            return "550 5.1.1 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.answer:
            return self.answer
        mail = email.message_from_bytes(envelope.content or b"", policy=default)  # type: ignore[arg-type]
        self.mails.append(mail)
        self.recipients.append(list(envelope.rcpt_tos))
        assert server.transport
        self.encrypted.append(server.transport.get_extra_info("ssl_object") is not None)
        return "250 OK"

    def authenticate(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _how: str, data: Any
    ) -> AuthResult:
        assert isinstance(data, LoginPassword)
        name, password = data.login.decode(), data.password.decode()
        self.logins.append((name, password))
        # As some servers do: what was sent comes back.
        told = base64.b64encode(f"\0{name}\0{password}".encode()).decode()
        if (name, password) == (USER, PASSWORD):
            return AuthResult(success=True, handled=False)
        return AuthResult(success=False, handled=False, message=f"535 5.7.8 AUTH PLAIN {told}")


@asynccontextmanager
async def mail_server(
    encryption: str = "starttls", *, certificate: str = "valid"
) -> AsyncIterator[MailServer]:
    """Listens on loopback."""
    server = MailServer()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(CERTIFICATES / f"{certificate}.pem")

    def made() -> SMTP:
        with warnings.catch_warnings():
            # That no TLS is required before a login: with TLS from the start it knows of none.
            warnings.simplefilter("ignore")
            return SMTP(
                server,
                hostname="mail.example.com",
                tls_context=context if encryption == "starttls" else None,
                require_starttls=encryption == "starttls",
                auth_require_tls=encryption == "starttls",
                authenticator=server.authenticate,
                loop=asyncio.get_running_loop(),
            )

    listening = await asyncio.get_running_loop().create_server(
        made, "127.0.0.1", 0, ssl=context if encryption == "implicit" else None
    )
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listening.close()
        await listening.wait_closed()


def mail_settings(port: int, encryption: str = "starttls", **changes: Any) -> AlertSettings:
    """Settings for the server at this port."""
    return AlertSettings.model_validate(
        {
            "to": ("it@example.com", "lead@example.com"),
            "sender": USER,
            "smtp_host": "127.0.0.1",
            "smtp_port": port,
            "smtp_encryption": encryption,
            "smtp_password": PASSWORD,
        }
        | changes
    )


@cache
def documented() -> dict[str, Any]:
    """What the how-to page has for receivers."""
    page = (ROOT / "docs/how-to/alerts.md").read_text()
    defined: dict[str, Any] = {}
    exec(page.partition("```python")[2].partition("```")[0], defined)
    return defined


@dataclass
class Receiver:
    """Of webhooks; it verifies signatures as the documentation says."""

    url: str = ""
    status: int = 204
    taken: list[dict[str, Any]] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)

    async def receive(self, request: web.Request) -> web.Response:
        body = await request.read()
        verified = documented()["verify"](request.headers, body, SECRET)
        if not verified:
            return web.Response(status=401)
        if self.status == 204:
            self.taken.append(await request.json())
            self.ids.append(request.headers["webhook-id"])
        return web.Response(status=self.status, headers={"Location": self.url})


@asynccontextmanager
async def receiver() -> AsyncIterator[Receiver]:
    """Listens on loopback."""
    one = Receiver()
    app = web.Application()
    app.router.add_post("/{path:.*}", one.receive)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        one.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hooks/a-path-that-is-a-secret"
        yield one
    finally:
        await runner.cleanup()


def webhook_settings(url: str, *secrets: str) -> AlertSettings:
    """Settings for the receiver at this URL."""
    return AlertSettings.model_validate({"webhook_url": url, "webhook_secret": secrets or (SECRET,)})
