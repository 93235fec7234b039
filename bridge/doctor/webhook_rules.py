"""The account's webhook Rules beside this bridge's secrets: unknown keys, too few retries."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from bridge.doctor.checks import Verdict, error, ok, warning
from bridge.errors import TwilioDenied, TwilioRefused
from bridge.settings.systems import TwilioAccount
from bridge.twilio.rest.account import AccountRest
from bridge.twilio.rest.owned import WebhookRule, WebhookSetting, rule_for
from bridge.twilio.urls import CallbackUrls

RETRIES = 5
NONE_MATCHES = "No webhook Rule matches our URLs: the auth token signs."
KEYS = "Add id=secret to TWILIO_SHARED_KEYS and restart; Twilio shows the secret only when a key is made."
RETRY = (
    "Make a Setting with connection.retryPolicy {retryCount: 5, retryOn: [ALL]}, and name it in the Rule: a "
    "Rule's Setting replaces the retries that our URLs ask for."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RulesFound:
    """Rules and Settings (by id) of the account; the ids of the SharedKeys that the bridge has."""

    rules: Sequence[WebhookRule]
    settings: Mapping[str, WebhookSetting]
    shared_keys: Collection[str]
    has_auth_token: bool


async def examine_rules(account: AccountRest, settings: TwilioAccount, public_url: str) -> Verdict:
    """Whether a Rule of the account changes how our webhooks are signed and tried."""
    try:
        rules, in_use = await account.webhook_rules(), await account.webhook_settings()
    except (TwilioDenied, TwilioRefused):
        return ok("These credentials cannot see the account's webhook Rules.")
    found = RulesFound(
        rules=rules,
        settings=in_use,
        shared_keys=settings.shared_keys.keys(),
        has_auth_token=bool(settings.auth_token),
    )
    return rules_verdict(found, CallbackUrls.under(public_url).all)


def rules_verdict(found: RulesFound, urls: Collection[str]) -> Verdict:
    """Whether every webhook of these URLs can be verified, and is tried again when it fails."""
    applying = {rule.id: rule for url in urls if (rule := rule_for(url, found.rules))}
    by_default = any(rule_for(url, found.rules) is None for url in urls)
    if unknown := sorted(set(_unknown_keys(applying.values(), found))):
        return error(f"Webhooks are refused: {'; '.join(unknown)}.", KEYS)
    if by_default and not found.has_auth_token:
        return error(
            "No Rule matches some of our URLs: the auth token signs their webhooks, and is not configured.",
            "Set TWILIO_AUTH_TOKEN, or make a Rule whose prefix is BRIDGE_PUBLIC_URL and a slash.",
        )
    if few := sorted(set(_few_retries(applying.values(), found))):
        return warning(f"A webhook that fails is lost: {'; '.join(few)}.", RETRY)
    if not applying:
        return ok(NONE_MATCHES)
    names = ", ".join(f"“{rule.name}”" for rule in applying.values())
    return ok(f"The keys of the webhook Rules that match our URLs are known: {names}.")


def _settings(
    rules: Collection[WebhookRule], found: RulesFound
) -> Iterator[tuple[WebhookRule, WebhookSetting]]:
    for rule in rules:
        for setting_id in rule.setting_ids:
            if setting := found.settings.get(setting_id):
                yield rule, setting


def _unknown_keys(rules: Collection[WebhookRule], found: RulesFound) -> Iterator[str]:
    for rule, setting in _settings(rules, found):
        if setting.shared_key_id and setting.shared_key_id not in found.shared_keys:
            yield f"Rule “{rule.name}” signs with {setting.shared_key_id}, which is not configured"
        if not setting.shared_key_id and not found.has_auth_token:
            yield f"Rule “{rule.name}” signs with the auth token, which is not configured"


def _few_retries(rules: Collection[WebhookRule], found: RulesFound) -> Iterator[str]:
    for rule, setting in _settings(rules, found):
        if setting.retries < RETRIES or "ALL" not in setting.retried_on:
            on = ", ".join(sorted(setting.retried_on)) or "nothing"
            yield f"Rule “{rule.name}” retries {setting.retries} times, on {on}"
