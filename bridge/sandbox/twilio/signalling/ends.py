"""The end of a leg that a connected device holds."""

import secrets
from dataclasses import dataclass, field
from typing import Any, Protocol

from bridge.sandbox.twilio.legs import Leg
from bridge.sandbox.twilio.signalling.relay import Relay


class Device(Protocol):
    """What rings, calls and is hung up on: a browser with the SDK, or a telephone.

    The `name` is that of the device; `address` whom it stands for. A device whose connection is lost takes
    messages as before, and drops them.
    """

    name: str
    address: str

    async def ring(self, end: "End", offer: str) -> None:
        """Rings: `offer` is the description of the one who calls."""

    async def cancel(self, end: "End") -> None:
        """Stops ringing."""

    async def ringing(self, end: "End", sdp: str | None) -> None:
        """The callee rings; with a description the caller hears it from there."""

    async def answer(self, end: "End", sdp: str) -> None:
        """The call that the device placed is answered."""

    async def hangup(self, end: "End", error: dict[str, Any] | None = None) -> None:
        """The call is over."""

    async def offer(self, end: "End") -> str | None:
        """The device's description for one whom it is to be connected with now; None if it cannot."""

    async def connect(self, end: "End", sdp: str) -> None:
        """Gives the other's description to a device that offered one while its call was on."""

    async def press(self, end: "End", digits: str) -> None:
        """The other side pressed digits."""

    async def message(self, end: "End", message: dict[str, Any]) -> None:
        """A call message from the company's server."""

    async def drop(self) -> None:
        """Loses its connection, as when a cable is pulled."""

    async def leave(self) -> None:
        """Closes its connection, as when a server restarts."""


@dataclass(slots=True, eq=False)
class End:
    """A leg, and the device that holds it.

    `name` is what the device calls it until it knows the leg's SID. `offered` is the description that the
    device sent first, `described` tells that it has ours. `reconnect` opens the call for a device that comes
    back. `peer` is the end that it talks to.
    """

    leg: Leg
    device: Device
    name: str = ""
    offered: str = ""
    knows_sid: bool = False
    rung: bool = False
    described: bool = False
    answering: bool = False
    rejected: bool = False
    pending: str = ""
    """The description of the callee who answered, until the call itself is picked up."""
    reconnect: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    relay: Relay | None = None
    peer: "End | None" = None

    @property
    def is_caller(self) -> bool:
        """Whether the device placed the call."""
        return self.leg.direction == "inbound"

    @property
    def call_sid(self) -> str:
        """What the device knows the call by."""
        return self.leg.sid if self.knows_sid or not self.name else self.name

    def close(self) -> None:
        """Its sound is over."""
        if self.relay is not None:
            self.relay.close()
        if self.peer is not None:
            self.peer.peer = None
            self.peer = None
