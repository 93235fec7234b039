"""What came of a call."""

from dataclasses import dataclass, field
from typing import Any

from bridge.sandbox.twilio.delivered import Delivered
from bridge.sandbox.twilio.legs import Leg


@dataclass
class PlayedCall:
    """A call from the caller's side; `legs` are those that it rang, in the order of ringing."""

    sid: str
    direction: str
    status: str = "queued"
    duration: int | None = None
    legs: list[Leg] = field(default_factory=list)
    errors: list[tuple[int, str]] = field(default_factory=list)
    deliveries: list[Delivered] = field(default_factory=list)
    twiml: list[str] = field(default_factory=list)
    spoken: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """What the control route answers."""
        return {
            "sid": self.sid,
            "direction": self.direction,
            "status": self.status,
            "duration": self.duration,
            "legs": [
                {
                    "sid": leg.sid,
                    "to": leg.to,
                    "from": leg.from_,
                    "status": leg.status,
                    "duration": leg.duration,
                }
                for leg in self.legs
            ],
            "errors": [{"code": code, "message": message} for code, message in self.errors],
            "deliveries": [
                {
                    "kind": sent.kind,
                    "url": sent.url,
                    "params": dict(sent.params),
                    "status_code": sent.status_code,
                    "attempts": sent.attempts,
                    "acknowledged_at": sent.acknowledged_at,
                }
                for sent in self.deliveries
            ],
            "twiml": self.twiml,
            "spoken": self.spoken,
        }
