"""Settings of former versions: for one version they are accepted, with a warning that says what to do."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Self

from pydantic import BaseModel, ModelWrapValidatorHandler, PrivateAttr, model_validator

from bridge.language.phrase import Phrase, phrase

RENAMED: Mapping[str, str] = {
    "server.leave_seconds": "server.shutdown_delay_seconds",
}
"""Former name → name; the value counts as before."""

REMOVED: Mapping[str, Phrase] = {
    "auth.checks_per_minute": phrase("unknown tokens of one address are checked at Twenty 30 times a minute"),
    "matching.cache_seconds": phrase(
        "a look-up is cached for 60 seconds, and Twenty's webhook ends it sooner"
    ),
    "server.body_seconds": phrase("a request's body has 10 seconds to arrive"),
    "twenty.batch": phrase("the bridge writes 200 records at once, or 60 where Twenty takes no more"),
    "twilio.timeout_seconds": phrase("Twilio has 10 seconds to answer"),
}
"""Former name → what the bridge does instead; the value is ignored."""


class UnderstandsFormerNames(BaseModel):
    """A model of sections, in which settings can have names of a former version."""

    _warnings: Sequence[str] = PrivateAttr(())
    _ignored: Sequence[str] = PrivateAttr(())

    @model_validator(mode="wrap")
    @classmethod
    def _former_names_are_understood(cls, values: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        if not isinstance(values, Mapping):
            return handler(values)
        sections, warnings = understood(values)
        settings = handler(sections)
        settings._warnings = tuple(warnings)
        return settings

    @property
    def warnings(self) -> Sequence[str]:
        """What to change because a setting has another name by now, or is gone."""
        return self._warnings

    @property
    def ignored(self) -> Sequence[str]:
        """A warning for each setting that only a newer version knows."""
        return self._ignored

    def ignore(self, warnings: Sequence[str]) -> None:
        """Stores what was left out before these settings were made."""
        self._ignored = tuple(warnings)


def understood(values: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """The sections without former names, and a warning for each that was set."""
    sections = {
        name: dict(section) if isinstance(section, Mapping) else section for name, section in values.items()
    }
    return sections, [*_renamed(sections), *_removed(sections)]


def _renamed(sections: dict[str, Any]) -> Iterator[str]:
    for former, name in RENAMED.items():
        fields, field = _place(sections, former)
        if field not in fields:
            continue
        value, new = fields.pop(field), name.partition(".")[2]
        if new in fields:
            yield phrase(
                "{former} is ignored, since {name} is set: remove {former}", former=former, name=name
            )
        else:
            fields[new] = value
            yield phrase("{former} is now called {name}: rename it", former=former, name=name)


def _removed(sections: dict[str, Any]) -> Iterator[str]:
    for former, now in REMOVED.items():
        fields, field = _place(sections, former)
        if field in fields:
            del fields[field]
            yield phrase("{former} is no setting any more ({now}): remove it", former=former, now=now)


def _place(sections: dict[str, Any], name: str) -> tuple[dict[str, Any], str]:
    """The section that a setting is in, and its name there."""
    section, _, field = name.partition(".")
    fields = sections.get(section)
    return (fields, field) if isinstance(fields, dict) else ({}, field)
