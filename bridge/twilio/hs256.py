"""JSON Web Tokens signed with a shared secret, as Twilio's library writes them, at a tenth of the cost.

https://www.rfc-editor.org/rfc/rfc7519
"""

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from typing import Any

import orjson


class Hs256:
    """Signs payloads under one header."""

    def __init__(self, secret: str, header: Mapping[str, str]) -> None:
        self._header = _part({"typ": "JWT", "alg": "HS256", **header})
        # The HMAC state of the key is made once, and each token copies it.
        self._key = hmac.new(secret.encode(), digestmod="sha256")

    def encode(self, payload: Mapping[str, Any]) -> str:
        """The token."""
        signed = self._header + b"." + _part(payload)
        mac = self._key.copy()
        mac.update(signed)
        return (signed + b"." + _base64url(mac.digest())).decode()


def _part(values: Mapping[str, Any]) -> bytes:
    return _base64url(orjson.dumps(values))


def _base64url(data: bytes) -> bytes:
    return urlsafe_b64encode(data).rstrip(b"=")
