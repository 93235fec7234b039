"""A small company: who is in its Twenty, and the calls of a morning."""

from dataclasses import dataclass
from typing import Any

from bridge.sandbox.twilio import Party

AGENT = "alice"


def _person(first: str, last: str, phones: dict[str, Any]) -> dict[str, Any]:
    return {"name": {"firstName": first, "lastName": last}, "phones": phones}


PEOPLE = [
    _person("Jane", "Doe", {"primaryPhoneNumber": "+33612345678"}),
    _person("Paul", "Martin", {"primaryPhoneNumber": "+33698765432"}),
    _person("Claire", "Petit", {"primaryPhoneNumber": "+33159130011"}),
    _person(
        "Nora",
        "Weber",
        {"primaryPhoneNumber": "+4930123456", "additionalPhones": [{"number": "+33755501234"}]},
    ),
]


@dataclass(frozen=True, slots=True)
class Script:
    """A call that the agent makes; `person` is who should be found."""

    title: str
    to: str
    party: Party | None
    person: str | None = None


MORNING = (
    Script("answered", "+33612345678", Party.answers(after=8, talks=192), "Jane Doe"),
    Script("busy", "+33698765432", Party.busy(), "Paul Martin"),
    Script("by national number", "01 59 13 00 11", Party.answers(after=5, talks=47), "Claire Petit"),
    Script("to a colleague", "client:bob", Party.answers(after=2, talks=30)),
    Script("to an additional phone", "+33755501234", Party.answers(after=4, talks=65), "Nora Weber"),
    Script("nobody's number", "+442079460018", Party.answers(after=6, talks=12)),
    Script("no answer", "+33612345678", Party.no_answer(), "Jane Doe"),
    Script("not a number", "12", None),
)
