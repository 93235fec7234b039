"""Binds calls out to the tokens that the bridge issued.

What a token's voice grant carries for calls out, Twilio sends along with the voice request, and no browser
can change it. https://www.twilio.com/docs/iam/access-tokens#create-an-access-token-for-voice
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
    """We issued it, for the agent who calls."""
    FOREIGN = "foreign"
    """Another server with a key of the account issued it, or the bridge did before it bound tokens."""
    FORGED = "forged"
    """It claims to be the bridge's, and is not, or is another agent's."""


class Binding:
    """Proves by a secret that a token is ours: the first secret makes proofs, each of them checks them.

    The secrets are the account's auth tokens, or the SharedKeys where there are none: each has a rotation
    with old and new at once.
    """

    def __init__(self, secrets: Sequence[str]) -> None:
        self._keys = [hmac.digest(secret.encode(), PURPOSE, "sha256") for secret in secrets]

    def parameters(self, identity: str) -> dict[str, str]:
        """The voice-grant parameters of a token for that agent."""
        return {AGENT: identity, PROOF: _proof(self._keys[0], identity)}

    def check(self, parameters: Mapping[str, str]) -> Bound:
        """Checks the token behind a voice request of a browser."""
        agent, proof = parameters.get(AGENT), parameters.get(PROOF)
        if agent is None and proof is None:
            return Bound.FOREIGN
        given = (proof or "").encode("utf-8", "surrogateescape")
        proven = any(hmac.compare_digest(_proof(key, agent or "").encode(), given) for key in self._keys)
        return Bound.OURS if proven and parameters.get("From") == f"client:{agent}" else Bound.FORGED


@lru_cache(maxsize=1024)
def _proof(key: bytes, identity: str) -> str:
    return hmac.digest(key, identity.encode("utf-8", "surrogateescape"), "sha256").hex()
