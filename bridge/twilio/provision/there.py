"""What an account has already."""

from collections.abc import Sequence
from dataclasses import dataclass

from bridge.twilio.rest.owned import Application, IncomingNumber


@dataclass(frozen=True, slots=True, kw_only=True)
class There:
    """The account's TwiML Apps and numbers."""

    applications: Sequence[Application] = ()
    numbers: Sequence[IncomingNumber] = ()

    def number(self, phone_number: str) -> IncomingNumber | None:
        """The number of these digits (E.164)."""
        return next((one for one in self.numbers if one.phone_number == phone_number), None)

    def named(self, name: str) -> list[Application]:
        """The applications of that friendly name."""
        return [one for one in self.applications if one.friendly_name == name]

    def application(self, sid: str | None) -> Application | None:
        """The application of that SID."""
        return next((one for one in self.applications if one.sid == sid), None)
