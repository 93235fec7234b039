"""The resources that an account owns; names are Twilio's."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self

from msgspec import Struct
from msgspec.structs import asdict


class VoiceUrls(Struct, frozen=True, kw_only=True):
    """The voice URLs of a TwiML App or a number."""

    voice_url: str
    voice_fallback_url: str
    status_callback: str
    voice_method: str = "POST"
    voice_fallback_method: str = "POST"
    status_callback_method: str = "POST"

    @classmethod
    def of(cls, instance: Any) -> Self:
        """Of the library's instance, whose every attribute may be None."""
        return cls(**{name: getattr(instance, name) or "" for name in cls.__struct_fields__})

    def as_parameters(self) -> dict[str, str]:
        """The library's parameters."""
        return asdict(self)


class Application(Struct, frozen=True):
    """A TwiML App. https://www.twilio.com/docs/usage/api/applications"""

    sid: str
    friendly_name: str
    urls: VoiceUrls

    @classmethod
    def of(cls, instance: Any) -> Self:
        """Of the library's instance."""
        return cls(instance.sid, instance.friendly_name or "", VoiceUrls.of(instance))


class IncomingNumber(Struct, frozen=True):
    """A number that the account owns; an application on it overrides its own voice URL.

    https://www.twilio.com/docs/phone-numbers/api/incomingphonenumber-resource
    """

    sid: str
    phone_number: str
    voice_application_sid: str | None
    voice_url: str | None
    has_voice: bool

    @classmethod
    def of(cls, instance: Any) -> Self:
        """Of the library's instance."""
        return cls(
            instance.sid,
            instance.phone_number,
            instance.voice_application_sid or None,
            instance.voice_url or None,
            bool((instance.capabilities or {}).get("voice", True)),
        )


class ApiKey(Struct, frozen=True):
    """An API key."""

    sid: str
    friendly_name: str


@dataclass(frozen=True, slots=True, repr=False)
class NewKey:
    """An API key that was just made, with its secret."""

    sid: str
    secret: str


class Country(Struct, frozen=True):
    """Which numbers of a country (ISO 3166) the account can call.

    https://www.twilio.com/docs/voice/api/dialingpermissions-country-resource
    """

    iso_code: str
    low_risk: bool
    high_risk: bool

    @classmethod
    def of(cls, instance: Any) -> Self:
        """Of the library's instance; special and toll-fraud numbers are both of high risk."""
        high = instance.high_risk_special_numbers_enabled or instance.high_risk_tollfraud_numbers_enabled
        return cls(instance.iso_code, bool(instance.low_risk_numbers_enabled), bool(high))


EVERY_FAILURE = frozenset({"HTTP_4XX", "HTTP_5XX", "CONNECTION_TIMEOUT", "READ_TIMEOUT"})


class WebhookRule(Struct, frozen=True):
    """Which URLs take which settings: `match` is a URL, the beginning of one, or "" for all others.

    https://www.twilio.com/docs/usage/webhooks/webhooks-configuration
    """

    id: str
    name: str
    is_exact: bool
    match: str
    setting_ids: tuple[str, ...]

    @classmethod
    def of(cls, instance: Any) -> Self:
        """Of the library's instance, whose settings are objects as Twilio sends them."""
        return cls(
            instance.id,
            instance.friendly_name or instance.id,
            instance.match_type == "EXACT_MATCH",
            instance.value or instance.prefix or "",
            tuple(one["settingId"] for one in instance.settings or () if "settingId" in one),
        )

    def applies_to(self, url: str) -> bool:
        """Whether it matches a URL without a fragment."""
        return url == self.match if self.is_exact else url.startswith(self.match)


class WebhookSetting(Struct, frozen=True):
    """How webhooks are signed and retried; without a `shared_key_id` the auth token signs them."""

    id: str
    shared_key_id: str
    algorithm: str
    retries: int
    retried_on: frozenset[str]

    @property
    def retries_everything(self) -> bool:
        """Whether Twilio retries after every failure: by `ALL`, or by a list of all failures."""
        return "ALL" in self.retried_on or self.retried_on >= EVERY_FAILURE

    @classmethod
    def of(cls, instance: Any) -> Self:
        """Of the library's instance, whose parts are objects as Twilio sends them."""
        signature = instance.signature or {}
        policy = (instance.connection or {}).get("retryPolicy") or {}
        return cls(
            instance.id,
            signature.get("sharedKeyId") or "",
            (signature.get("algorithm") or "HMAC_SHA1").upper(),
            policy.get("retryCount") or 0,
            frozenset(policy.get("retryOn") or ()),
        )


def rule_for(url: str, rules: Iterable[WebhookRule]) -> WebhookRule | None:
    """The Rule that Twilio applies to a URL: an exact match, else the longest beginning."""
    matching = (rule for rule in rules if rule.applies_to(url))
    return max(matching, key=lambda rule: (rule.is_exact, len(rule.match)), default=None)
