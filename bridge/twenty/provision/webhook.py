"""Twenty's webhook to the bridge: it reports changed people, and calls that users change."""

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from typing import Any

from msgspec import Struct
from pydantic import SecretStr

from bridge.language.phrase import Phrase, joined, phrase
from bridge.twenty.provision.plan import Mutation, Permission, Step
from bridge.twenty.provision.there import Webhook

OPERATIONS = (
    "person.created",
    "person.updated",
    "person.restored",
    "person.deleted",
    "person.destroyed",
    "phoneCall.updated",
    "phoneCall.restored",
    "phoneCall.deleted",
    "phoneCall.destroyed",
)
PATH = "/twenty/webhook"
DESCRIPTION = "Tells the telephone bridge of changed people"


class NewWebhook(Struct, frozen=True):
    """The webhook's URL, and the secret that signs deliveries."""

    target_url: str
    secret: SecretStr

    @property
    def sentence(self) -> Phrase:
        """The step that makes it."""
        return phrase("register the webhook to {url}", url=self.target_url)


def wanted(public_url: str, secrets: Sequence[SecretStr]) -> NewWebhook | None:
    """The webhook to the bridge at that URL, with the first of the secrets; None without one."""
    return NewWebhook(f"{public_url}{PATH}", secrets[0]) if secrets else None


def register(webhooks: Iterable[Webhook], wanted: NewWebhook) -> list[Step]:
    """The webhook, where there is none to that URL; else only what differs, of each that leads there.

    One that signs with our secret is ours: it moves along when the bridge's public URL changes.
    """
    there = tuple(webhooks)
    found = [one for one in there if one.target_url == wanted.target_url]
    moving = next((one for one in elsewhere(there, wanted) if _has_secret_of(one, wanted)), None)
    if found:
        return [step for one in found for step in _change(one, wanted)]
    return _move(moving, wanted) if moving else _create(wanted)


def elsewhere(webhooks: Iterable[Webhook], wanted: NewWebhook) -> list[Webhook]:
    """Webhooks of ours that point to another address: by their path, and by secret or description."""
    return [
        one
        for one in webhooks
        if one.target_url != wanted.target_url
        and one.target_url.endswith(PATH)
        and (one.description == DESCRIPTION or _has_secret_of(one, wanted))
    ]


def _has_secret_of(found: Webhook, wanted: NewWebhook) -> bool:
    return found.secret.get_secret_value() == wanted.secret.get_secret_value()


def _create(wanted: NewWebhook) -> list[Step]:
    given = {
        "targetUrl": wanted.target_url,
        "operations": OPERATIONS,
        "secret": wanted.secret.get_secret_value(),
        "description": DESCRIPTION,
    }
    return [_step(wanted.sentence, Mutation("CreateWebhook", {"input": given}))]


def _move(found: Webhook, wanted: NewWebhook) -> list[Step]:
    update = {"targetUrl": wanted.target_url, **_differing(found, wanted)}
    return [
        _step(
            phrase(
                "move the webhook from {former} to {url}",
                former=found.target_url,
                url=wanted.target_url,
            ),
            _update(found, update),
        )
    ]


def _change(found: Webhook, wanted: NewWebhook) -> list[Step]:
    update = _differing(found, wanted)
    sentence = phrase(
        "change {what} of the webhook to {url}",
        what=joined(phrase(" and "), update),
        url=wanted.target_url,
    )
    return [_step(sentence, _update(found, update))] if update else []


def _update(found: Webhook, update: dict[str, Any]) -> Mutation:
    return Mutation("UpdateWebhook", {"input": {"id": found.id, "update": update}})


def _step(sentence: Phrase, mutation: Mutation) -> Step:
    return Step(sentence, Permission.WEBHOOKS, (mutation,))


def _differing(found: Webhook, wanted: NewWebhook) -> dict[str, Any]:
    # `person.*` covers all events of people; other events that a user added stay.
    untold = [o for o in OPERATIONS if not any(fnmatchcase(o, pattern) for pattern in found.operations)]
    operations = {"operations": [*found.operations, *untold]} if untold else {}
    secret = {} if _has_secret_of(found, wanted) else {"secret": wanted.secret.get_secret_value()}
    return {**operations, **secret}
