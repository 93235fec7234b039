"""Twenty's webhook: registered once, and only what differs is changed."""

from typing import Any

import pytest
from pydantic import SecretStr

from bridge.sandbox.twenty import TwentySandbox
from bridge.twenty.provision import NewWebhook, Result
from bridge.twenty.provision.there import Webhook
from bridge.twenty.provision.webhook import OPERATIONS, register, wanted
from tests.twenty.provisioning import URL, WEBHOOK, mutations, run, tell

SECRET = WEBHOOK.secret.get_secret_value()
WEBHOOKS = "{ webhooks { targetUrl operations secret } }"
ALL = list(OPERATIONS)


def there(*operations: str, url: str = URL, secret: str = SECRET) -> Webhook:
    return Webhook(id="1", target_url=url, operations=operations, secret=SecretStr(secret))


@pytest.mark.parametrize(
    ("found", "update"),
    [
        (there(*ALL), None),
        (there(*reversed(ALL), "note.created"), None),
        (there("person.*"), None),
        (there("*.*"), None),
        (there("*.created"), {"operations": ["*.created", "person.updated", "person.deleted"]}),
        (there("person.created"), {"operations": ALL}),
        (there(*ALL, secret="another"), {"secret": SECRET}),
        (there(secret=""), {"operations": ALL, "secret": SECRET}),
    ],
)
def test_only_what_differs_is_changed(found: Webhook, update: dict[str, Any] | None) -> None:
    steps = register([there("*.*", url="https://elsewhere.example.com"), found], WEBHOOK)
    sent = [mutation for step in steps for mutation in step.mutations]
    expected = [{"input": {"id": "1", "update": update}}] if update else []
    assert [mutation.variables for mutation in sent] == expected
    assert {mutation.operation for mutation in sent} <= {"UpdateWebhook"}


def test_no_secret_no_webhook() -> None:
    assert wanted("https://phone.example.com", None) is None


def test_no_secret_is_shown() -> None:
    assert SECRET not in repr([WEBHOOK, register([], WEBHOOK), register([there(secret="-")], WEBHOOK)])


async def test_it_is_registered_and_follows_a_new_secret(twenty: TwentySandbox) -> None:
    await run(twenty)
    expected = {"targetUrl": URL, "operations": ALL, "secret": SECRET}
    assert await tell(twenty, WEBHOOKS) == [expected]
    asked = len(twenty.requests)
    changed = await run(twenty, webhook_to=NewWebhook(URL, SecretStr("fedcba9876543210")))
    assert changed.steps(Result.DONE) == (f"change secret of the webhook to {URL}",)
    assert mutations(twenty, asked) == ["updateWebhook"]
    assert await tell(twenty, WEBHOOKS) == [{**expected, "secret": "fedcba9876543210"}]


async def test_without_a_secret_nothing_is_asked_of_webhooks(twenty: TwentySandbox) -> None:
    done = await run(twenty, webhook_to=None)
    assert done.complete
    assert "webhooks" not in {root for one in twenty.requests for root in one.root_fields}
