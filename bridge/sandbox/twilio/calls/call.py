"""One line that runs documents: its leg, its time, and what it has seen."""

from dataclasses import dataclass, field

from bridge.sandbox.twilio.account import Account
from bridge.sandbox.twilio.calls.played import PlayedCall
from bridge.sandbox.twilio.effects import Act, Came, Flow, Moved, Notify, Request, Until, Woken
from bridge.sandbox.twilio.errors import SandboxError, describe
from bridge.sandbox.twilio.legs import FINAL, Leg, Webhook
from bridge.sandbox.twilio.parties import Caller
from bridge.sandbox.twilio.payloads import status_parameters
from bridge.sandbox.twilio.twiml import Document


class HungUp(Exception):
    """The one whose call it is has hung up, or was hung up on."""


class Redirected(Exception):
    """The call goes on with another document."""

    def __init__(self, step: Request | Document) -> None:
        super().__init__()
        self.step = step


@dataclass(slots=True, eq=False)
class Call:
    """The state of a call between two effects."""

    account: Account
    leg: Leg
    played: PlayedCall
    caller: Caller = field(default_factory=Caller)
    fallback: Webhook | None = None
    now: float = 0.0
    live: bool = False
    """Whether a connected device takes part; then a second takes a second."""
    listens: bool = False
    """Whether digits are waited for; else they pass unheard."""
    confers: bool = False
    """Whether it is in a conference; else changes of one do not concern it."""
    document_url: str = ""
    documents: int = 0
    unanswered: str = ""
    """What the caller sees if nobody has taken the call: how the `<Dial>` went, or why it was rejected."""
    later: list[Request] = field(default_factory=list)
    """What is told after the next document: recordings are ready a little later than the call goes on."""

    def parameters(self, **more: str) -> dict[str, str]:
        """The standard request parameters as they are now."""
        return {**self.leg.base, "CallStatus": self.leg.status, **more}

    def report(self, error: SandboxError) -> None:
        """Puts an error on the call's list."""
        self.played.errors.append((error.code, error.message))

    def warn(self, code: int, detail: str = "") -> None:
        """Puts a warning on the call's list."""
        self.played.errors.append((code, describe(code, detail)))

    def __post_init__(self) -> None:
        """A caller with a device makes the whole call live."""
        self.live = self.live or self.caller.is_live

    def wait(self, until: float, *, held: bool = False, patient: bool = False) -> Flow[Came | None]:
        """Lets time pass; what concerns another leg of this call comes back, its own commands are raised.

        `held`: no party of the scenario ends it; `patient`: the script does, but not at once.
        """
        while True:
            came = yield from self._wait(until, held=held, patient=patient)
            if not self._passes_by(came):
                return came

    def _passes_by(self, came: Came | None) -> bool:
        if isinstance(came, Woken):
            return not self.confers
        return isinstance(came, Act) and came.does == "presses" and not self.listens

    def _wait(self, until: float, *, held: bool, patient: bool) -> Flow[Came | None]:
        hangs_up_at = self.caller.hangs_up_after
        cut_short = hangs_up_at is not None and hangs_up_at <= until
        target = max(self.now, hangs_up_at) if cut_short and hangs_up_at is not None else until
        held = patient or (held and not cut_short)
        command: Came | None = yield Until(target, held=held, live=self.live)
        if command is None:
            self.now = target
            if cut_short:
                raise HungUp
            return None
        self.now = max(self.now, command.at)
        if isinstance(command, Act | Woken) or command.sid != self.leg.sid:
            return command
        if command.step is None:
            raise HungUp
        raise Redirected(command.step)

    @property
    def ending(self) -> str:
        """How the call ends if it does so now."""
        return "completed" if self.leg.answered_at is not None else self.unanswered or "no-answer"

    def announce(self, leg: Leg, status: str) -> Flow[None]:
        """Moves a leg, and tells who asked for it."""
        leg.move(status, self.now)
        yield Moved(leg)
        subscription = leg.subscription
        if subscription is None or (number := subscription.next_number(status)) is None:
            return
        params = status_parameters(leg, at=self.now, sequence_number=number)
        yield Notify(self.now, Request("status", subscription.webhook, params))

    def answer(self) -> Flow[None]:
        """Picks up, if that was not done yet."""
        if self.leg.answered_at is None and self.leg.status not in FINAL:
            yield from self.announce(self.leg, "in-progress")
