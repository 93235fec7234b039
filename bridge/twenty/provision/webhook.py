"""Twenty's webhook to the bridge: it tells of people that are created, changed or deleted."""

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from pydantic import SecretStr

from bridge.twenty.provision.plan import Mutation, Permission, Step
from bridge.twenty.provision.there import Webhook

OPERATIONS = ("person.created", "person.updated", "person.deleted")
PATH = "/twenty/webhook"


@dataclass(frozen=True, slots=True)
class NewWebhook:
    """Where Twenty shall tell it, and what it signs with."""

    target_url: str
    secret: SecretStr

    @property
    def sentence(self) -> str:
        """The step that makes it."""
        return f"register the webhook to {self.target_url}"


def wanted(public_url: str, secret: SecretStr | None) -> NewWebhook | None:
    """The webhook to the bridge at that URL; None without a secret."""
    return NewWebhook(f"{public_url}{PATH}", secret) if secret else None


def register(webhooks: Iterable[Webhook], wanted: NewWebhook) -> list[Step]:
    """The webhook, where there is none to that URL; else only what differs."""
    secret = wanted.secret.get_secret_value()
    found = next((one for one in webhooks if one.target_url == wanted.target_url), None)
    if not found:
        given = {"targetUrl": wanted.target_url, "operations": OPERATIONS, "secret": secret}
        described = {**given, "description": "Tells the telephone bridge of changed people"}
        return [_step(wanted.sentence, Mutation("CreateWebhook", {"input": described}))]
    update = _differing(found, wanted)
    if not update:
        return []
    change = Mutation("UpdateWebhook", {"input": {"id": found.id, "update": update}})
    return [_step(f"change {' and '.join(update)} of the webhook to {wanted.target_url}", change)]


def _step(sentence: str, mutation: Mutation) -> Step:
    return Step(sentence, Permission.WEBHOOKS, (mutation,))


def _differing(found: Webhook, wanted: NewWebhook) -> dict[str, Any]:
    # `person.*` covers all that a person can have done to it; what else a user added stays.
    untold = [o for o in OPERATIONS if not any(fnmatchcase(o, pattern) for pattern in found.operations)]
    operations = {"operations": [*found.operations, *untold]} if untold else {}
    secret = wanted.secret.get_secret_value()
    return {**operations, **({"secret": secret} if found.secret.get_secret_value() != secret else {})}
