"""Signed links to recordings: only the holder of a link can listen.

A link holds as long as the key that signed it is configured; the recording itself is Twilio's.
"""

import base64
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass

PURPOSE = "recording link"
RECORDING_SID = re.compile(r"RE[0-9a-f]{32}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Link:
    """A URL, and what it is called."""

    label: str
    url: str


class RecordingLinks:
    """Links under `public_url` to recordings of one account; the first of `keys` signs, any of them holds."""

    def __init__(self, public_url: str, account_sid: str, *, keys: Sequence[bytes]) -> None:
        self._public_url = public_url
        self._account_sid = account_sid
        self._keys = tuple(keys)

    def link(self, recording_sid: str) -> str:
        """The link to a recording: the same whenever it is asked for."""
        signature = self._signature(self._keys[0], recording_sid)
        return f"{self._public_url}/recordings/{recording_sid}?signature={signature}"

    def holds(self, recording_sid: str, signature: str) -> bool:
        """Whether a link's signature is one of ours for this recording."""
        given = signature.encode("utf-8", "surrogateescape")
        signatures = [self._signature(key, recording_sid).encode() for key in self._keys]
        # All are compared, so that the time does not depend on which one matches.
        return sum(hmac.compare_digest(own, given) for own in signatures) > 0

    def _signature(self, key: bytes, recording_sid: str) -> str:
        signed = "\n".join((PURPOSE, self._account_sid, recording_sid)).encode()
        return base64.urlsafe_b64encode(hmac.digest(key, signed, "sha256")).decode().rstrip("=")


def derived_key(secret: str) -> bytes:
    """A key of its own, made of a secret that serves for something else."""
    return hmac.digest(secret.encode(), f"twenty-bridge {PURPOSE}s".encode(), "sha256")
