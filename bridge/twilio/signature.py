"""Twilio's request signature, as its own `RequestValidator` checks it, at a tenth of the cost.

A request is signed with the account's auth token and SHA-1, unless a Rule of the account's webhooks
configuration names a SharedKey; then a header names the key and the algorithm.
https://www.twilio.com/docs/usage/security#validating-requests
https://www.twilio.com/docs/usage/webhooks/webhooks-configuration
"""

import base64
import hmac
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from hashlib import sha256
from types import MappingProxyType
from urllib.parse import parse_qs, urlparse

from bridge.errors import SignerUnknown

SIGNATURE = "X-Twilio-Signature"
SIGNATURE_SETTINGS = "X-Twilio-Webhooks-Signature-Settings"

ALGORITHMS = MappingProxyType({"HMAC_SHA1": "sha1", "HMAC_SHA256": "sha256"})
LEGACY = "HMAC_SHA1"

NOT_AN_ALGORITHM = (
    f"the algorithm is not one of {', '.join(ALGORITHMS)}; name a Setting with one of these in Twilio's "
    "Rule, or update the bridge"
)
NOT_A_SHARED_KEY = "the SharedKey is not configured; add id=secret to TWILIO_SHARED_KEYS"
SIGNED_BY_ACCOUNT = (
    "the auth token signs, which is not configured; set TWILIO_AUTH_TOKEN, or make a Rule with a SharedKey "
    "that matches every URL of the bridge"
)

Signers = Sequence[hmac.HMAC]
"""One for each secret that a request may be signed with: its key is hashed, nothing is signed yet."""


class Validator:
    """Checks signatures made with any of `auth_tokens`, or with the SharedKey that the request names.

    `shared_keys` maps a SharedKey's id to its secret. Several auth tokens are valid while one is rotated.
    """

    def __init__(
        self, auth_tokens: Sequence[str], shared_keys: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        self._auth_tokens = _by_algorithm(auth_tokens)
        self._shared_keys = {sid: _by_algorithm([secret]) for sid, secret in shared_keys.items()}

    def signers(self, settings: str = "") -> Signers:
        """The keys that can have signed a request with this signature settings header; "" where it has none.

        The header is not signed: it selects among the configured secrets, and nothing else.
        Raises SignerUnknown for a secret that is not configured, and for an algorithm that is not known.
        """
        if not settings and (signers := self._auth_tokens[LEGACY]):
            return signers
        named = _named(settings)
        algorithm = named.get("algorithm", LEGACY).upper()
        if algorithm not in ALGORITHMS:
            raise SignerUnknown(NOT_AN_ALGORITHM)
        sid = named.get("key")
        if sid is None and not self._auth_tokens[algorithm]:
            raise SignerUnknown(SIGNED_BY_ACCOUNT)
        if sid is None:
            return self._auth_tokens[algorithm]
        if sid not in self._shared_keys:
            raise SignerUnknown(NOT_A_SHARED_KEY)
        return self._shared_keys[sid][algorithm]

    @staticmethod
    def is_valid(url: str, parameters: Iterable[tuple[str, str]], signature: str, signers: Signers) -> bool:
        """Whether `signature` is Twilio's for a form of `parameters` posted to `url` (query included)."""
        given = signature.encode("utf-8", "surrogateescape")
        signed = _joined(parameters)
        # The time tells a stranger nothing: the loop ends early only for a valid signature.
        for key in signers:
            for variant in _variants(url):
                if hmac.compare_digest(_signature(key, variant + signed), given):
                    return True
        return False

    @staticmethod
    def is_valid_body(url: str, body: bytes, signature: str, signers: Signers) -> bool:
        """Whether `signature` is Twilio's for a `body` that is not a form, whose hash is in the query."""
        # First the signature: a stranger's large body is not worth hashing.
        if not Validator.is_valid(url, (), signature, signers):
            return False
        signed = parse_qs(urlparse(url).query).get("bodySHA256", [""])[0]
        return hmac.compare_digest(sha256(body).hexdigest().encode(), signed.encode())


def _by_algorithm(secrets: Sequence[str]) -> Mapping[str, Signers]:
    """Each key is hashed once here; each check copies that state."""
    return {
        name: [hmac.new(secret.encode(), digestmod=digest) for secret in secrets]
        for name, digest in ALGORITHMS.items()
    }


def names_in(settings: str) -> list[str]:
    """The names of a signature settings header without their values: its shape."""
    return sorted(_named(settings))


def _named(settings: str) -> dict[str, str]:
    """`key=webhooks_sharedkey_…,algorithm=HMAC_SHA256`, in either order; of two equal names the first."""
    parts = (part.partition("=") for part in reversed(settings.split(",")))
    return {name.strip(): value.strip() for name, _, value in parts if value.strip()}


def _signature(key: hmac.HMAC, signed: bytes) -> bytes:
    mac = key.copy()
    mac.update(signed)
    return base64.b64encode(mac.digest())


def _joined(parameters: Iterable[tuple[str, str]]) -> bytes:
    """Names and values in order; a value repeated under one name counts once."""
    sent = list(parameters)
    named = dict(sent)
    if len(named) == len(sent):  # as Twilio sends it: names are sorted in a third of the time of pairs
        return "".join([name + named[name] for name in sorted(named)]).encode()
    return "".join([name + value for name, value in sorted(set(sent))]).encode()


@lru_cache(maxsize=256)
def _variants(url: str) -> tuple[bytes, bytes]:
    """The URL as it is, and without its port or with the default one: Twilio may have signed either."""
    parts = urlparse(url)
    if parts.port:
        other = parts.netloc.rpartition(":")[0]
    else:
        other = f"{parts.netloc}:{443 if parts.scheme == 'https' else 80}"
    return parts.geturl().encode(), parts._replace(netloc=other).geturl().encode()
