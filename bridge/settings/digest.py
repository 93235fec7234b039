"""A digest of all settings, by which `doctor` tells whether the running bridge was started with these."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, SecretStr

from bridge.settings.models import Settings

WHERE_IT_LISTENS = frozenset(
    {("server", "host"), ("server", "port"), ("metrics", "host"), ("metrics", "port")}
)
"""What an address inside a container and one outside of it differ in; the bridge that answers was found."""


def digest_of(settings: Settings) -> str:
    """Equal for equal settings, on every replica; without TWILIO_API_SECRET it says nothing of them."""
    values = {
        section: {field: value for field, value in fields.items() if (section, field) not in WHERE_IT_LISTENS}
        for section, fields in _plain(settings).items()
    }
    text = json.dumps(values, sort_keys=True, ensure_ascii=True).encode()
    key = settings.twilio.api_secret.get_secret_value().encode()
    return hmac.new(key, b"settings:" + text, hashlib.sha256).hexdigest()


def _plain(value: object) -> Any:
    """As JSON has it, with secrets in their own words and sets in order."""
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, BaseModel):
        return {name: _plain(getattr(value, name)) for name in type(value).model_fields}
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, frozenset | set):
        return sorted((_plain(one) for one in value), key=repr)
    if isinstance(value, tuple | list):
        return [_plain(one) for one in value]
    return value if isinstance(value, str | int | float | bool | None) else repr(value)
