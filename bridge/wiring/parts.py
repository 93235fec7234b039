"""What handlers share: the parts that are open while the bridge serves."""

from msgspec import Struct

from bridge.inbox.store import Inbox
from bridge.sync.worker import Worker
from bridge.twenty.schema.check import Comparison
from bridge.web.authentication.authenticate import Authentication
from bridge.web.authentication.client_address import Addresses
from bridge.web.availabilities import Availabilities
from bridge.web.twilio.inbound import Clock
from bridge.wiring.calls import CallRules
from bridge.wiring.conferences import ConferenceParts
from bridge.wiring.examination import Examination
from bridge.wiring.twenty import Workspace
from bridge.wiring.twilio import Account


class Drain(Struct, frozen=True):
    """What keeps calls from Twenty; the worker asks Twenty only where calls are due."""

    worker: Worker
    comparison: Comparison

    @property
    def reason(self) -> str | None:
        """The code of it, None where calls are written."""
        return self.worker.reason or self.comparison.reason

    @property
    def needs_operator(self) -> bool:
        """Whether it does not end by itself."""
        return self.worker.needs_operator or self.comparison.reason is not None


class Parts(Struct, frozen=True, kw_only=True):
    """The open parts. `clock` says what time it is for lines with hours."""

    inbox: Inbox
    account: Account
    workspace: Workspace
    worker: Worker
    rules: CallRules
    conferences: ConferenceParts
    addresses: Addresses
    authentication: Authentication
    availabilities: Availabilities
    examination: Examination
    comparison: Comparison
    clock: Clock

    @property
    def draining(self) -> Drain:
        """Whether calls get to Twenty."""
        return Drain(self.worker, self.comparison)
