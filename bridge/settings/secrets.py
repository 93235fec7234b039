"""The secret values of all sections, for the redactor."""

from collections.abc import Iterator, Mapping
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel, SecretStr


def secrets_of(settings: object) -> Iterator[str]:
    """Every secret in the settings; of a URL, its password."""
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
    elif password := urlsplit(value).password:
        yield from {password, unquote(password)}
