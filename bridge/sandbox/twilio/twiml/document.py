"""A document that was read: verbs with their nouns, and what Twilio would warn of."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Element:
    """A verb or a noun; its attributes are those that the schema knows, with values it takes."""

    name: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    text: str = ""
    children: tuple["Element", ...] = ()

    def get(self, name: str, default: str = "") -> str:
        """An attribute, or the value that Twilio takes without it."""
        return self.attributes.get(name, default)

    def seconds(self, name: str, default: int) -> int:
        """An attribute that the schema holds to be a number."""
        return int(self.attributes.get(name, default))

    def is_true(self, name: str, *, default: bool = False) -> bool:
        """An attribute that is `true` or `false`."""
        return self.get(name, str(default).lower()) == "true"


@dataclass(frozen=True, slots=True)
class Document:
    """What a webhook answered, and where its relative URLs start from; `text` where none did."""

    verbs: tuple[Element, ...]
    url: str = ""
    warnings: tuple[tuple[int, str], ...] = ()
    text: str = ""
