"""A webhook that was sent, and what came of it."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(slots=True)
class Delivered:
    """One request that was sent, or given up: times of sending and acknowledgement are `time.time()`."""

    kind: str
    url: str
    params: Mapping[str, str]
    at: float = 0.0
    method: str = "POST"
    token: str = ""
    attempts: int = 0
    status_code: int | None = None
    failure: str = ""
    sent_at: float = 0.0
    acknowledged_at: float | None = None
    signed: bool = True
    hashed_rightly: bool = True
    dropped: bool = False
    duplicate: bool = False
    content_type: str = ""
    body: bytes = b""

    @property
    def acknowledged(self) -> bool:
        """Whether it was answered with a success."""
        return self.status_code is not None and 200 <= self.status_code < 300
