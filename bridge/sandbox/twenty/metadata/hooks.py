"""Resolvers for webhooks."""

import secrets
from urllib.parse import urlsplit

from bridge.sandbox.twenty.metadata.context import Context, Registry
from bridge.sandbox.twenty.metadata.validation import invalid
from bridge.sandbox.twenty.model import Row

REGISTRY = Registry()


@REGISTRY.query("webhooks", "API_KEYS_AND_WEBHOOKS")
def webhooks(context: Context) -> list[Row]:
    return list(context.rows.all("webhook"))


@REGISTRY.query("webhook", "API_KEYS_AND_WEBHOOKS")
def webhook(context: Context, id: str) -> Row | None:  # noqa: A002
    return context.rows.get("webhook", id)


def _check_target(url: str, *, doing: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise invalid(
            "webhook",
            "INVALID_TARGET_URL",
            "Invalid target URL provided",
            doing=doing,
            friendly="Please provide a valid HTTP or HTTPS URL",
        )


@REGISTRY.mutation("createWebhook", "API_KEYS_AND_WEBHOOKS")
def create_webhook(context: Context, input: Row) -> Row:  # noqa: A002
    _check_target(input["targetUrl"], doing="creating webhook")
    own = {"description": None, **input}
    own["secret"] = input.get("secret") or secrets.token_hex(32)
    return context.rows.add("webhook", **own)


@REGISTRY.mutation("updateWebhook", "API_KEYS_AND_WEBHOOKS")
def update_webhook(context: Context, input: Row) -> Row:  # noqa: A002
    if "targetUrl" in input["update"]:
        _check_target(input["update"]["targetUrl"], doing="updating webhook")
    return context.rows.change("webhook", _webhook(context, input["id"]), **input["update"])


@REGISTRY.mutation("deleteWebhook", "API_KEYS_AND_WEBHOOKS")
def delete_webhook(context: Context, id: str) -> Row:  # noqa: A002
    return context.rows.drop("webhook", _webhook(context, id)["id"])


def _webhook(context: Context, webhook_id: str) -> Row:
    row = context.rows.get("webhook", webhook_id)
    if row is None:
        raise invalid("webhook", "WEBHOOK_NOT_FOUND", "Webhook not found", doing="updating webhook")
    return row
