"""Alerts: to whom one message goes when something needs a person, and one when it is over."""

import base64
import binascii
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, WithJsonSchema, model_validator

from bridge.language.phrase import phrase
from bridge.settings.types import LOOPBACK, Email, Section, split

Encryption = Literal["starttls", "implicit", "none"]
PORTS = {"starttls": 587, "implicit": 465, "none": 25}
WEBHOOK_SECRET = "whsec_"  # noqa: S105 - a prefix
SHORTEST, LONGEST = 24, 64
"""Bytes of a webhook's secret: https://www.standardwebhooks.com"""


def webhook_key(secret: str) -> bytes:
    """The bytes that sign; ValueError for a secret of another form."""
    try:
        key = base64.b64decode(secret.removeprefix(WEBHOOK_SECRET), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not secret.startswith(WEBHOOK_SECRET) or not SHORTEST <= len(key) <= LONGEST:
        raise ValueError(
            phrase(
                "should be {webhook_secret} and {shortest} to {longest} bytes in base64",
                webhook_secret=WEBHOOK_SECRET,
                shortest=SHORTEST,
                longest=LONGEST,
            )
        )
    return key


def _signs(value: SecretStr) -> SecretStr:
    webhook_key(value.get_secret_value())
    return value


def _webhook_url(value: SecretStr) -> SecretStr:
    parts = urlsplit(value.get_secret_value())
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.fragment:
        raise ValueError(
            phrase("should be a URL that begins with https:// (or http:// on a network of your own)")
        )
    return value


def _host(value: str) -> str:
    if not value.isascii() or not value.replace("-", "").replace(".", "").replace(":", "").isalnum():
        raise ValueError(phrase("should be a host alone: its port is smtp_port"))
    return value.lower()


Recipients = Annotated[tuple[Email, ...], BeforeValidator(split)]
Host = Annotated[str, AfterValidator(_host), WithJsonSchema({"type": "string", "format": "host"})]
WebhookUrl = Annotated[SecretStr, AfterValidator(_webhook_url)]
WebhookSecrets = Annotated[tuple[Annotated[SecretStr, AfterValidator(_signs)], ...], BeforeValidator(split)]


class AlertSettings(Section):
    """Where alerts go: by e-mail, to a webhook, or both; to neither, there are none.

    Of several `webhook_secret` each signs, so that receivers change over one by one.
    """

    to: Recipients = Field((), examples=["[it@example.com]"])
    sender: Email | None = Field(None, examples=["bridge@example.com"])
    smtp_host: Host | None = Field(None, examples=["smtp.example.com"])
    smtp_port: int | None = Field(None, ge=1, le=65535, examples=[587])
    smtp_encryption: Encryption = "starttls"
    smtp_username: str | None = Field(None, min_length=1, examples=["bridge@example.com"])
    smtp_password: SecretStr | None = Field(None, min_length=1)
    webhook_url: WebhookUrl | None = Field(None, examples=["https://alerts.example.com/bridge"])
    webhook_secret: WebhookSecrets = Field(
        (),
        examples=[
            phrase('echo "whsec_$(openssl rand -base64 32)" makes one; two with a comma while you rotate it')
        ],
    )
    silent_hours: int = Field(8, ge=0, le=500)

    @model_validator(mode="after")
    def _each_way_is_whole(self) -> Self:
        if bool(self.to) != bool(self.smtp_host):
            raise ValueError(phrase("to and smtp_host belong together"))
        if self.to and not self.sender:
            raise ValueError(phrase("sender is missing: the address that alerts come from"))
        if self.smtp_encryption == "none" and self.smtp_host and self.smtp_host not in LOOPBACK:
            raise ValueError(phrase("smtp_encryption: none is for a mail server on this machine alone"))
        if self.webhook_url and not self.webhook_secret:
            raise ValueError(
                phrase("BRIDGE_ALERT_WEBHOOK_URL needs BRIDGE_ALERT_WEBHOOK_SECRET, which signs")
            )
        return self

    @property
    def port(self) -> int:
        """The mail server's, as set or as is usual."""
        return self.smtp_port or PORTS[self.smtp_encryption]

    @property
    def login(self) -> tuple[str, str] | None:
        """User name and password at the mail server; None where it wants none."""
        name = self.smtp_username or self.sender
        return (name, self.smtp_password.get_secret_value()) if name and self.smtp_password else None
