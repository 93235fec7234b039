"""Proves by which token a browser places an outbound call.

Twilio sends the outgoing parameters of a token's voice grant with the voice request, and a browser cannot
change them. https://www.twilio.com/docs/iam/access-tokens#create-an-access-token-for-voice
"""

import hmac
from collections.abc import Mapping, Sequence
from enum import Enum
from functools import lru_cache

AGENT = "BridgeAgent"
PROOF = "BridgeProof"
PURPOSE = b"twenty-bridge: whose token it is"


class Bound(Enum):
    """Who issued the token behind a voice request."""

    OURS = "ours"
    """The bridge issued it, for the agent who calls."""
    FOREIGN = "foreign"
    """Another server with a key of the account issued it, or an old version of the bridge."""
    FORGED = "forged"
    """It has a proof that is not valid, or that belongs to another agent."""


class Binding:
    """Makes proofs that the bridge issued a token, by the first secret, and checks them by all secrets.

    The secrets are the account's auth tokens, or the SharedKeys where there are none. During a rotation both
    the old and the new secret are present.
    """

    def __init__(self, secrets: Sequence[str]) -> None:
        self._keys = [hmac.digest(secret.encode(), PURPOSE, "sha256") for secret in secrets]

    def parameters(self, identity: str) -> dict[str, str]:
        """The voice-grant parameters of a token for that agent."""
        return {AGENT: identity, PROOF: _proof(self._keys[0], identity)}

    def check(self, parameters: Mapping[str, str]) -> Bound:
        """The issuer of the token behind a browser's voice request."""
        agent, proof = parameters.get(AGENT), parameters.get(PROOF)
        if agent is None and proof is None:
            return Bound.FOREIGN
        given = (proof or "").encode("utf-8", "surrogateescape")
        proven = any(hmac.compare_digest(_proof(key, agent or "").encode(), given) for key in self._keys)
        return Bound.OURS if proven and parameters.get("From") == f"client:{agent}" else Bound.FORGED


@lru_cache(maxsize=1024)
def _proof(key: bytes, identity: str) -> str:
    return hmac.digest(key, identity.encode("utf-8", "surrogateescape"), "sha256").hex()
