"""An alert, or the end of one → the message that says so."""

import uuid
from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from bridge.alerts.kinds import Alert, Language, Observation

NAMESPACE = uuid.UUID("5a6b9b3e-6d5c-4f5e-9a53-1f7d4d8f3c11")

TEST = {
    "en": ("Test", "This is a test message of the bridge at {url}. Alerts arrive here."),
    "fr": ("Essai", "Ceci est un message d’essai de la passerelle {url}. Les alertes arrivent ici."),
}
SINCE = {"en": "Since {since:%Y-%m-%d %H:%M} (UTC).", "fr": "Depuis le {since:%Y-%m-%d %H:%M} (UTC)."}


class Type(StrEnum):
    """What a message says."""

    RAISED = "alert.raised"
    ENDED = "alert.ended"
    TEST = "alert.test"


class AlertMessage(Struct, frozen=True, kw_only=True):
    """`id` is equal for a message that is sent again; `reply_to` is that of the one that raised it."""

    id: str
    type: Type
    code: str
    since: datetime
    title: str
    text: str
    reply_to: str | None = None


class Words(Struct, frozen=True):
    """Writes messages in a language; `url` is the bridge's."""

    language: Language
    url: str

    def raised(self, alert: Alert, observation: Observation, since: datetime) -> AlertMessage:
        """That something needs a person."""
        wording = alert.value.in_language(self.language)
        return AlertMessage(
            id=self._id(Type.RAISED, alert, since),
            type=Type.RAISED,
            code=alert.value.code,
            since=since,
            title=wording.title,
            text=f"{wording.text.format_map(observation.details)}\n\n{self._since(since)}",
        )

    def ended(self, alert: Alert, since: datetime) -> AlertMessage:
        """That it is over."""
        wording = alert.value.in_language(self.language)
        return AlertMessage(
            id=self._id(Type.ENDED, alert, since),
            type=Type.ENDED,
            code=alert.value.code,
            since=since,
            title=wording.over,
            text=f"{wording.over}.\n\n{self._since(since)}",
            reply_to=self._id(Type.RAISED, alert, since),
        )

    def test(self, now: datetime) -> AlertMessage:
        """That messages arrive."""
        title, text = TEST[self.language]
        return AlertMessage(
            id=str(uuid.uuid4()),
            type=Type.TEST,
            code="test",
            since=now,
            title=title,
            text=text.format(url=self.url),
        )

    def _since(self, since: datetime) -> str:
        return f"{SINCE[self.language].format(since=since)} {self.url}"

    def _id(self, type_: Type, alert: Alert, since: datetime) -> str:
        return str(uuid.uuid5(NAMESPACE, f"{self.url} {alert.value.code} {since.isoformat()} {type_}"))
