"""Signed links to recordings and transcripts: only the holder of a link can listen, or read.

A link holds as long as the key that signed it is configured; the recording itself is Twilio's.
"""

import base64
import hmac
import re
from collections.abc import Sequence

from msgspec import Struct

PURPOSE, OF_TRANSCRIPT = "recording link", "transcript link"
RECORDING_SID = re.compile(r"RE[0-9a-f]{32}", re.ASCII)


class Link(Struct, frozen=True):
    """A URL, and what it is called."""

    label: str
    url: str


class RecordingLinks:
    """Links under `public_url` to what one account recorded; the first of `keys` signs, any of them holds."""

    def __init__(self, public_url: str, account_sid: str, *, keys: Sequence[bytes]) -> None:
        self._public_url = public_url
        self._account_sid = account_sid
        self._keys = tuple(keys)

    def link(self, recording_sid: str) -> str:
        """The link to a recording: the same whenever it is asked for."""
        return self._link("recordings", PURPOSE, recording_sid)

    def transcript(self, call_sid: str) -> str:
        """The link to what was said in a call."""
        return self._link("transcripts", OF_TRANSCRIPT, call_sid)

    def holds(self, recording_sid: str, signature: str) -> bool:
        """Whether a link's signature is one of ours for this recording."""
        return self._holds(PURPOSE, recording_sid, signature)

    def holds_transcript(self, call_sid: str, signature: str) -> bool:
        """Whether a link's signature is one of ours for this call's transcript."""
        return self._holds(OF_TRANSCRIPT, call_sid, signature)

    def _link(self, folder: str, purpose: str, sid: str) -> str:
        signature = self._signature(self._keys[0], purpose, sid)
        return f"{self._public_url}/{folder}/{sid}?signature={signature}"

    def _holds(self, purpose: str, sid: str, signature: str) -> bool:
        given = signature.encode("utf-8", "surrogateescape")
        signatures = [self._signature(key, purpose, sid).encode() for key in self._keys]
        # All are compared, so that the time does not depend on which one matches.
        return sum(hmac.compare_digest(own, given) for own in signatures) > 0

    def _signature(self, key: bytes, purpose: str, sid: str) -> str:
        signed = "\n".join((purpose, self._account_sid, sid)).encode()
        return base64.urlsafe_b64encode(hmac.digest(key, signed, "sha256")).decode().rstrip("=")


def derived_key(secret: str) -> bytes:
    """A key of its own, made of a secret that serves for something else."""
    return hmac.digest(secret.encode(), f"twenty-bridge {PURPOSE}s".encode(), "sha256")
