"""What the settings' values may be: checked, normalised, and told what to do where they are wrong."""

import re
from collections.abc import Iterator, Mapping
from ipaddress import IPv4Network, IPv6Network, ip_network
from types import NoneType
from typing import Annotated, Any, get_args
from urllib.parse import unquote, urlsplit

import phonenumbers
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticKnownError

from bridge.calls.identity_patterns import NotLinear, issued, matching
from bridge.calls.numbers import e164
from bridge.language.phrase import phrase

PLAIN_HOST = re.compile(r"([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?")
PLAIN_PATH = re.compile(r"[A-Za-z0-9._~/-]*")
SHORTEST_KEY = 16
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
SHARED_KEY = "webhooks_sharedkey_"
"""How Twilio's ids of SharedKeys begin."""


def split(value: object) -> object:
    """A list, as a file has it; of a text, as a variable has it, the parts between commas."""
    return (
        tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value
    )


def _origin(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
        raise ValueError(phrase("should be an origin: scheme, host and, where it is not the default, port"))
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError(phrase("should be an origin: without path, query or fragment"))
    return origin_of(value)


def origin_of(url: str) -> str:
    """The origin of a URL, as browsers send it: they leave the default port out."""
    parts = urlsplit(url)
    default = f":{80 if parts.scheme == 'http' else 443}"
    return f"{parts.scheme}://{parts.netloc.lower().removesuffix(default)}"


def _base_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(
            phrase("should be a URL that begins with https:// (or http:// on a network of your own)")
        )
    if parts.query or parts.fragment or parts.username is not None:
        raise ValueError(phrase("should be a URL without query, fragment or credentials"))
    if not PLAIN_HOST.fullmatch(parts.netloc) or not PLAIN_PATH.fullmatch(parts.path):
        raise ValueError(phrase("should be a URL of plain letters, digits and -._~"))
    return value.rstrip("/")


def _phone_number(value: str) -> str:
    number = e164(value, "ZZ")
    if number is None:
        raise ValueError(phrase("should be a number in E.164: + and country code first"))
    return number


def _norway(value: object) -> object:
    # YAML reads NO as "no".
    return "NO" if value is False else value


def _region(value: str) -> str:
    if value not in phonenumbers.SUPPORTED_REGIONS:
        raise ValueError(phrase("should be a country in two capital letters (ISO 3166)"))
    return value


def _pattern(value: str) -> str:
    try:
        re.compile(value)
        matching(value)
        issued(value)
    except re.error as problem:
        raise ValueError(phrase("should be a regular expression: {problem}", problem=problem)) from problem
    except NotLinear as problem:
        raise ValueError(
            phrase(
                "should be a regular expression that takes linear time: without lookarounds, references, "
                "possessive quantifiers, set operations and the flag x, and without very large repetitions"
            )
        ) from problem
    return value


def _email(value: str) -> str:
    if not re.fullmatch(r"[^@\s]+@[^@\s]+", value):
        raise ValueError(phrase("should be an e-mail address"))
    return value.lower()


def _network(value: object) -> object:
    try:
        network = ip_network(value, strict=False) if isinstance(value, str) else value
    except ValueError as problem:
        raise ValueError(phrase("should be addresses, or networks such as 10.0.0.0/8")) from problem
    if getattr(network, "prefixlen", 1) == 0:
        raise ValueError(phrase("should not be all addresses: then any client can claim any address"))
    return network


def _pairs(value: object) -> object:
    """`id=secret` pairs, separated by commas; a secret may hold an equals sign, an id cannot."""
    if not isinstance(value, str):
        return value
    pairs = [part.partition("=") for part in value.split(",") if part.strip()]
    named = {name.strip(): secret.strip() for name, _, secret in pairs}
    if len(named) < len(pairs) or not all(_is_pair(name, secret) for name, secret in named.items()):
        raise ValueError(phrase("should be pairs id=secret, separated by commas, each id once"))
    return named


def _is_pair(name: str, secret: str) -> bool:
    """Not `secret=id`, and no id within a secret: with another separator the second key would be lost."""
    return bool(secret) and SHARED_KEY not in secret and len(name.split()) == 1


def _long_enough(value: SecretStr) -> SecretStr:
    if len(value.get_secret_value()) < SHORTEST_KEY:
        raise ValueError(phrase("each key should have {count} characters or more", count=SHORTEST_KEY))
    return value


def _digits_with_plus(value: object) -> object:
    """YAML reads a number without quotes as one to calculate with, and drops its plus."""
    return f"+{value}" if isinstance(value, int) and not isinstance(value, bool) else value


def _spoken(value: str) -> str:
    if value.startswith("http://"):
        raise ValueError(phrase("should be a text, or the https:// URL of an audio file"))
    return value


def _known_as(what: str) -> WithJsonSchema:
    """What the reference calls values of a type that is text to JSON."""
    return WithJsonSchema({"type": "string", "format": what})


Origin = Annotated[str, AfterValidator(_origin), _known_as("origin")]
BaseUrl = Annotated[str, AfterValidator(_base_url), _known_as("URL")]
PhoneNumber = Annotated[
    str, BeforeValidator(_digits_with_plus), AfterValidator(_phone_number), _known_as("number (E.164)")
]
Spoken = Annotated[str, Field(min_length=1, max_length=1000), AfterValidator(_spoken)]
"""What a caller hears: a text, or the https:// URL of an audio file."""
Region = Annotated[str, BeforeValidator(_norway), AfterValidator(_region), _known_as("country (ISO 3166)")]
Pattern = Annotated[str, AfterValidator(_pattern), _known_as("regular expression")]
Secrets = Annotated[tuple[Annotated[SecretStr, AfterValidator(_long_enough)], ...], BeforeValidator(split)]
Email = Annotated[str, AfterValidator(_email), _known_as("e-mail address")]
Network = Annotated[IPv4Network | IPv6Network, BeforeValidator(_network), _known_as("address or network")]
SecretList = Annotated[tuple[SecretStr, ...], BeforeValidator(split)]
SecretsById = Annotated[dict[str, SecretStr], BeforeValidator(_pairs)]
Names = Annotated[tuple[str, ...], BeforeValidator(split)]
Seconds = Annotated[int, Field(gt=0, le=86400)]

Language = Annotated[str, Field(pattern=r"^[a-z]{2,3}-[A-Z]{2}$", examples=["fr-FR"])]


class Section(BaseModel):
    """A part of the settings: frozen, and complete about what it knows."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    @field_validator("*", mode="before")
    @classmethod
    def _yes_is_no_number(cls, value: Any, info: ValidationInfo) -> Any:
        """YAML has `yes` and `on` for true, which pydantic takes for 1."""
        if isinstance(value, bool) and info.field_name:
            kind = cls.model_fields[info.field_name].annotation
            kinds = {kind, *get_args(kind)}
            if int in kinds or float in kinds:
                raise PydanticKnownError("int_type" if int in kinds else "float_type")
        return value

    @model_validator(mode="before")
    @classmethod
    def _what_is_left_empty_is_as_by_default(cls, given: Any) -> Any:
        """`auth:` with all of it commented out, and `names:` with nothing behind it, say nothing."""
        if given is None:
            return {}
        if not isinstance(given, Mapping):
            return given
        return {
            name: value for name, value in given.items() if not (value is None and cls._is_never_none(name))
        }

    @classmethod
    def _is_never_none(cls, name: object) -> bool:
        """Whether None is no value of a setting, which has a default."""
        field = cls.model_fields.get(name) if isinstance(name, str) else None
        return field is not None and not field.is_required() and NoneType not in get_args(field.annotation)


def by_default() -> Any:
    """A section that is left out: all in it is as by default.

    It is no instance, which would have pydantic build a validator of its own for each section at import.
    """
    return Field({}, validate_default=True)


def secrets_of(settings: object) -> Iterator[str]:
    """Every secret in the settings; of a URL, its password and what follows its host."""
    if isinstance(settings, SecretStr):
        yield from _secret(settings.get_secret_value())
    elif isinstance(settings, BaseModel):
        for name in type(settings).model_fields:
            yield from secrets_of(getattr(settings, name))
    elif isinstance(settings, Mapping):
        yield from secrets_of(list(settings.values()))
    elif isinstance(settings, tuple | list):  # a network is iterable, too: of millions of addresses
        for part in settings:
            yield from secrets_of(part)


def _secret(value: str) -> Iterator[str]:
    if "://" not in value:
        yield value
        return
    parts = urlsplit(value)
    if parts.password:
        yield from {parts.password, unquote(parts.password)}
    # A database's name is none; chat programs take whoever knows the path of a webhook.
    told = f"{parts.path}?{parts.query}".removesuffix("?")
    if parts.scheme in ("http", "https") and len(told) >= SHORTEST_KEY:
        yield told
