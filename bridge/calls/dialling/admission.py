"""Decides whether a number is dialled, and which caller ID it shows; the only place that counts calls.

Calls out, transfers and steps that forward a call in pass here: TwiML dials nothing but an `Admitted`,
which is made here alone.
"""

from collections.abc import Callable
from datetime import datetime
from typing import NewType

from msgspec import Struct

from bridge.calls.agents import Identity, client_identity, identity_of
from bridge.calls.callback import Callback
from bridge.calls.dialling.caller_ids import CallerIds
from bridge.calls.dialling.limits import Limits
from bridge.calls.dialling.rules import Dialled, Dialling
from bridge.calls.live_calls import LiveCalls
from bridge.calls.numbers import shortened
from bridge.errors import NumberRefused

NO_AGENT = Identity("")

Admitted = NewType("Admitted", str)
"""Whom Twilio may dial: E.164, an allowed short number, or `client:identity`."""


class Outgoing(Struct, frozen=True):
    """A call to place."""

    target: Admitted
    caller_id: str
    send_digits: str = ""


class Admission:
    """Admits calls of agents, and counts them by the live calls."""

    def __init__(
        self, *, dialling: Dialling, caller_ids: CallerIds, limits: Limits, live_calls: LiveCalls
    ) -> None:
        self._dialling = dialling
        self._caller_ids = caller_ids
        self._limits = limits
        self._live_calls = live_calls

    def admit(self, asked: Callback) -> Outgoing:
        """The call to place for a voice request; raises NumberRefused, with the reason, for none.

        One that Twilio sends again is answered as it was, and counts once.
        """
        agent = asked.parameters["From"]
        identity = client_identity(agent) or NO_AGENT
        dialled, send_digits = self.target(asked.get("To") or "")
        target = Admitted(dialled)
        if self._dialling.is_emergency(target):
            return Outgoing(target, self._caller_ids.of(identity)[0])
        self._check(asked, self._limits.check)
        if client_identity(target):
            # A colleague sees the caller's identity; telephones see one of the company's numbers.
            return Outgoing(target, agent)
        return Outgoing(target, self._caller_ids.choose(identity, asked.get("CallerId")), send_digits)

    def admit_test(self, asked: Callback) -> None:
        """Raises NumberRefused for a test call where it exceeds the limits: Twilio bills it."""
        self._check(asked, self._limits.check_rate)

    def _check(self, asked: Callback, check: Callable[[LiveCalls, str, datetime], None]) -> None:
        if self._live_calls.was_placed(asked.call_sid):
            return
        if reason := self._live_calls.why_refused(asked.call_sid):
            raise NumberRefused(reason, "refused before")
        check(self._live_calls, client_identity(asked.parameters["From"]) or NO_AGENT, asked.received_at)

    def transfer(self, agent: Identity, target: str, *, now: datetime) -> Admitted:
        """The target of an agent's transfer; raises NumberRefused. The TRANSFER callback counts it."""
        admitted = Admitted(self.target(target).target)
        if not client_identity(admitted) and not self._dialling.is_emergency(admitted):
            self._limits.check_rate(self._live_calls, agent, now)
        return admitted

    def forward(self, number: str, *, now: datetime) -> Admitted:
        """A number of the settings to which a call in is forwarded; raises NumberRefused.

        The callback that has it as `Forwarded` counts it.
        """
        admitted = Admitted(self._dialling.number(number))
        self._limits.check_forwarded(self._live_calls, now)
        return admitted

    def target(self, dialled: str) -> Dialled:
        """What an agent dialled; raises NumberRefused where it is not allowed."""
        if not dialled.startswith("client:"):
            return self._dialling.dial(dialled)
        identity = identity_of(dialled.removeprefix("client:"))
        if identity is None:
            raise NumberRefused("invalid", f"{shortened(dialled)!r}: no identity")
        return Dialled(f"client:{identity}")

    def is_flooded(self, asked: Callback) -> bool:
        """Whether so many calls of this agent, or of all agents, were refused that a script places them."""
        identity = client_identity(asked.parameters["From"]) or NO_AGENT
        return self._limits.is_flooded(self._live_calls, identity, asked.received_at)
