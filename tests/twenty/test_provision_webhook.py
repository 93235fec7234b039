"""Twenty's webhook: registered once, and only what differs is changed."""

from typing import Any

import pytest
from pydantic import SecretStr

from bridge.sandbox.twenty import TwentySandbox
from bridge.twenty.provision import NewWebhook, Result
from bridge.twenty.provision.there import Webhook
from bridge.twenty.provision.webhook import DESCRIPTION, OPERATIONS, elsewhere, register, wanted
from bridge.twenty.webhooks import CALL, CALL_GONE, CHANGED, GONE
from tests.twenty.provisioning import URL, WEBHOOK, mutations, run, tell

SECRET = WEBHOOK.secret.get_secret_value()
WEBHOOKS = "{ webhooks { targetUrl operations secret } }"
ALL = list(OPERATIONS)
CREATED = ["*.created", "phoneCall.*"]
CALLS = ["phoneCall.updated", "phoneCall.restored", "phoneCall.deleted", "phoneCall.destroyed"]
PEOPLE = ["person.updated", "person.restored", "person.deleted", "person.destroyed"]
OLD = "https://old.example.com/phone/twenty/webhook"


def there(*operations: str, url: str = URL, secret: str = SECRET) -> Webhook:
    return Webhook(id="1", target_url=url, operations=operations, secret=SecretStr(secret))


@pytest.mark.parametrize(
    ("found", "update"),
    [
        (there(*ALL), None),
        (there(*reversed(ALL), "note.created"), None),
        (there("person.*"), {"operations": ["person.*", *CALLS]}),
        (there("person.*", "phoneCall.*"), None),
        (there("person.*", "*.updated", "*.restored", "*.deleted", "*.destroyed"), None),
        (there("*.*"), None),
        (there("*.created", "phoneCall.*"), {"operations": [*CREATED, *PEOPLE]}),
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


def test_each_that_leads_to_us_is_changed() -> None:
    both = [there(*ALL), Webhook(id="2", target_url=URL, operations=("person.*",), secret=SecretStr("old"))]
    (sent,) = [mutation.variables for step in register(both, WEBHOOK) for mutation in step.mutations]
    update = {"operations": ["person.*", *CALLS], "secret": SECRET}
    assert sent == {"input": {"id": "2", "update": update}}


@pytest.mark.parametrize(
    ("webhooks", "update"),
    [
        ([there(*ALL, url=OLD)], {"targetUrl": URL}),
        ([there("person.created", url=OLD)], {"targetUrl": URL, "operations": ALL}),
        ([there(*ALL, url=OLD), there(*ALL)], None),
        ([there(*ALL, url=OLD, secret="another")], "created"),
        ([there(*ALL, url="https://old.example.com/hook")], "created"),
    ],
)
def test_it_moves_with_the_public_url(webhooks: list[Webhook], update: dict[str, Any] | str | None) -> None:
    sent = [mutation for step in register(webhooks, WEBHOOK) for mutation in step.mutations]
    if update == "created":
        assert [mutation.operation for mutation in sent] == ["CreateWebhook"]
    else:
        expected = [{"input": {"id": "1", "update": update}}] if update else []
        assert [mutation.variables for mutation in sent] == expected


@pytest.mark.parametrize(
    ("found", "ours"),
    [
        (there(url=OLD), True),
        (there(url=OLD, secret="another"), False),
        (there(url=OLD, secret="another").model_copy(update={"description": DESCRIPTION}), True),
        (there(url="https://old.example.com/hook"), False),
        (there(), False),
    ],
)
def test_which_webhooks_of_ours_point_elsewhere(found: Webhook, ours: bool) -> None:
    assert elsewhere([found], WEBHOOK) == ([found] if ours else [])


def test_no_secret_no_webhook() -> None:
    assert wanted("https://phone.example.com", ()) is None


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


async def test_after_the_public_url_changed_there_is_still_one(twenty: TwentySandbox) -> None:
    await run(twenty, webhook_to=NewWebhook(OLD, WEBHOOK.secret))
    moved = await run(twenty)
    assert moved.steps(Result.DONE) == (f"move the webhook from {OLD} to {URL}",)
    assert await tell(twenty, WEBHOOKS) == [{"targetUrl": URL, "operations": ALL, "secret": SECRET}]
    assert (await run(twenty)).outcomes == ()


async def test_without_a_secret_nothing_is_asked_of_webhooks(twenty: TwentySandbox) -> None:
    done = await run(twenty, webhook_to=None)
    assert done.complete
    assert "webhooks" not in {root for one in twenty.requests for root in one.root_fields}


def test_what_is_understood_of_a_delivery_is_registered() -> None:
    assert set(OPERATIONS) >= CHANGED | GONE | CALL | CALL_GONE
