"""Sends messages by e-mail, with TLS."""

import asyncio
import ssl
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP as POLICY
from email.utils import format_datetime

import aiosmtplib
import structlog

from bridge.alerts.messages import AlertMessage
from bridge.errors import AlertNotSent
from bridge.language.phrase import phrase
from bridge.network.errors import why
from bridge.settings import AlertSettings

SECONDS, MOST_SECONDS = 20, 60
"""How long the server has for each answer, and for all of them."""
LONGEST_REASON = 200

log = structlog.get_logger()


class EmailChannel:
    """The mail server of the settings, for their recipients; `trust` are other certificates than usual."""

    name = "email"

    def __init__(self, settings: AlertSettings, *, trust: ssl.SSLContext | None = None) -> None:
        self._settings = settings
        self._trust = trust
        self.where = f"{settings.smtp_host}:{settings.port}"

    async def send(self, message: AlertMessage, now: datetime) -> None:
        """Raises AlertNotSent."""
        await self._deliver(self._mail(message, now))

    async def check(self) -> None:
        """Connects and logs in, and sends nothing. Raises AlertNotSent."""
        await self._deliver(None)

    async def _deliver(self, mail: EmailMessage | None) -> None:
        settings = self._settings
        username, password = settings.login or (None, None)
        client = aiosmtplib.SMTP(
            hostname=settings.smtp_host,
            port=settings.port,
            username=username,
            password=password,
            use_tls=settings.smtp_encryption == "implicit",
            start_tls=settings.smtp_encryption == "starttls",
            tls_context=self._trust,
            timeout=SECONDS,
        )
        try:
            async with asyncio.timeout(MOST_SECONDS), client:
                if mail:
                    refused, _ = await client.send_message(mail)
                    if refused:
                        log.warning("alerts.recipients_refused", count=len(refused))
        except aiosmtplib.SMTPException as problem:
            not_taken = phrase(
                "{where} does not take it: {reason}", where=self.where, reason=_reason(problem)
            )
            raise AlertNotSent(not_taken) from problem
        except (OSError, ValueError) as problem:
            unusable = phrase("{where} cannot be used: {reason}", where=self.where, reason=why(problem))
            raise AlertNotSent(unusable) from problem

    def _mail(self, message: AlertMessage, now: datetime) -> EmailMessage:
        settings = self._settings
        domain = (settings.sender or "").rpartition("@")[2]
        mail = EmailMessage(POLICY)
        mail["From"], mail["To"] = settings.sender, ", ".join(settings.to)
        mail["Subject"] = f"[twenty-bridge] {message.title}"
        mail["Date"] = format_datetime(now)
        mail["Message-ID"] = f"<{message.id}@{domain}>"
        if message.reply_to:
            mail["In-Reply-To"] = mail["References"] = f"<{message.reply_to}@{domain}>"
        # https://www.rfc-editor.org/rfc/rfc3834: no holiday notices come back.
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(message.text)
        return mail


def _reason(problem: Exception) -> str:
    """`550 no such user`, in a line; of a login only the code, as a server can quote what it was sent."""
    refused = getattr(problem, "recipients", None)
    first = refused[0] if refused else problem
    code = getattr(first, "code", "")
    if isinstance(first, aiosmtplib.SMTPAuthenticationError):
        return f"{code} (user name or password)"
    return " ".join(f"{code} {getattr(first, 'message', None) or first}".split())[:LONGEST_REASON]
