"""The calls of a morning, out and in."""

from dataclasses import dataclass

from bridge.sandbox.sound import Conversation, Said
from bridge.sandbox.twilio import Party

AGENT = "alice"
CUSTOMER = "+33612345678"


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """A call: the agent's to `to`, or one of `from_`'s to the company; `party` is whoever is called.

    `person` is who should be found, `status` what Twenty should show in the end.
    """

    title: str
    status: str
    to: str = ""
    from_: str = ""
    party: Party | None = None
    person: str | None = None
    says: str = ""
    conversation: Conversation | None = None
    """What is said in the call, which is recorded."""
    hangs_up_after: float | None = None

    @property
    def is_transcribed(self) -> bool:
        """Whether something is said in a recording of it."""
        return bool(self.says or self.conversation)


MORNING = (
    Script(
        title="answered",
        to=CUSTOMER,
        party=Party.answers(after=8, talks=192),
        person="Jane Doe",
        status="COMPLETED",
    ),
    Script(
        title="answered",
        from_="+33698765432",
        party=Party.answers(after=6, talks=95),
        person="Paul Martin",
        status="COMPLETED",
        conversation=Conversation(
            [
                Said(2, 1, "Good morning, Alice speaking."),
                Said(1, 4, "Hello, this is Paul Martin. I would like 40 of the blue chairs."),
                Said(2, 11, "Gladly. They are 89 euros each, and we deliver on 12 December."),
                Said(1, 19, "Fine. Please send me an offer today."),
                Said(2, 24, "I send it this afternoon. Thank you for calling."),
            ]
        ),
    ),
    Script(title="busy", to="+33698765432", party=Party.busy(), person="Paul Martin", status="BUSY"),
    Script(
        title="nobody there",
        from_="+33159130011",
        party=Party.no_answer(),
        hangs_up_after=15,
        person="Claire Petit",
        status="MISSED",
    ),
    Script(
        title="national form",
        to="01 59 13 00 11",
        party=Party.answers(after=5, talks=47),
        person="Claire Petit",
        status="COMPLETED",
    ),
    Script(
        title="voicemail",
        from_="+33755501234",
        party=Party.no_answer(),
        says="Hello, this is Nora. Please call me back about the offer.",
        person="Nora Weber",
        status="VOICEMAIL",
    ),
    Script(
        title="second phone",
        to="+33755501234",
        party=Party.answers(after=4, talks=65),
        person="Nora Weber",
        status="COMPLETED",
    ),
    Script(
        title="to a colleague", to="client:bob", party=Party.answers(after=2, talks=30), status="COMPLETED"
    ),
    Script(
        title="unknown number",
        to="+442079460018",
        party=Party.answers(after=6, talks=12),
        status="COMPLETED",
    ),
    Script(title="no answer", to="+33612345678", party=Party.no_answer(), person="Jane Doe", status="MISSED"),
    Script(title="not a number", to="12", status="FAILED"),
)
