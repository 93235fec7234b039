"""Checks the account's webhook Rules against the bridge's secrets: unknown keys, too few retries."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from bridge.doctor.checks import Verdict, error, ok, warning
from bridge.errors import TwilioDenied, TwilioRefused, TwilioUnavailable
from bridge.settings.systems import TwilioAccount
from bridge.twilio.rest.account import AccountRest
from bridge.twilio.rest.owned import WebhookRule, WebhookSetting, rule_for
from bridge.twilio.signature import ALGORITHMS
from bridge.twilio.urls import CallbackUrls

RETRIES = 5
NONE_MATCHES = "No webhook Rule matches our URLs: the auth token signs."
KEYS = "Add id=secret to TWILIO_SHARED_KEYS and restart; Twilio shows the secret only when a key is made."
AUTH_TOKEN = "Set TWILIO_AUTH_TOKEN, or make a Rule whose prefix is BRIDGE_PUBLIC_URL and a slash."  # noqa: S105
ALGORITHM = (
    f"Make a Setting whose signature.algorithm is one of {', '.join(ALGORITHMS)}, or update the bridge."
)
RETRY = (
    "Make a Setting with connection.retryPolicy {retryCount: 5, retryOn: [ALL]}, and name it in the Rule: a "
    "Rule's Setting replaces the retries that our URLs ask for."
)
LOOK = "Look it up: GET https://webhooks.twilio.com/v1/Webhooks/Settings/ and its id."
REACH = "Let this machine reach https://webhooks.twilio.com."

Problems = Iterator[tuple[str, str]]
"""Problems of Rules, each with its fix."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RulesFound:
    """Rules and Settings (by id) of the account, and the ids of the bridge's own SharedKeys."""

    rules: Sequence[WebhookRule]
    settings: Mapping[str, WebhookSetting]
    shared_keys: Collection[str]
    has_auth_token: bool


async def examine_rules(account: AccountRest, settings: TwilioAccount, public_url: str) -> Verdict:
    """Whether a webhook Rule of the account changes how webhooks are signed and retried."""
    try:
        rules, in_use = await account.webhook_rules(), await account.webhook_settings()
    except (TwilioDenied, TwilioRefused):
        return ok("These credentials cannot see the account's webhook Rules.")
    except TwilioUnavailable as away:
        return warning(f"The account's webhook Rules could not be read: {away}.", REACH)
    found = RulesFound(
        rules=rules,
        settings=in_use,
        shared_keys=settings.shared_keys.keys(),
        has_auth_token=bool(settings.auth_token),
    )
    return rules_verdict(found, CallbackUrls(public_url))


def rules_verdict(found: RulesFound, urls: CallbackUrls) -> Verdict:
    """Whether the bridge can verify all webhooks to these URLs, and Twilio retries those that fail."""
    applying = _applying(found.rules, urls)
    named = [
        (rule, setting)
        for rule in applying
        for one in rule.setting_ids
        if (setting := found.settings.get(one))
    ]
    described = "; ".join(_described(rule, setting) for rule, setting in named)
    if refused := [*_unknown(named, found), *_by_default(found, urls)]:
        return error(*_told("Webhooks are refused", [*refused, *_few_retries(named)]))
    if lost := list(_few_retries(named)):
        return warning(*_told("A webhook that fails is lost", lost))
    if unseen := list(_unseen(applying, found)):
        return warning(*_told("A webhook may be refused, or lost", unseen))
    if not applying:
        return ok(NONE_MATCHES)
    return ok(f"The keys of the webhook Rules that match our URLs are known: {described}.")


def _applying(rules: Sequence[WebhookRule], urls: CallbackUrls) -> list[WebhookRule]:
    """The Rules that match a URL of the bridge; exact matches are compared without the query."""
    ours = (*urls.all, *urls.aliases)
    found = [rule for url in ours if (rule := rule_for(url, rules))]
    routes = {url.partition("?")[0] for url in ours}
    exact = [rule for rule in rules if rule.is_exact and rule.match.partition("?")[0] in routes]
    return list({rule.id: rule for rule in (*found, *exact)}.values())


def _told(what: str, problems: Collection[tuple[str, str]]) -> tuple[str, str]:
    """The problems as one reason, and their fixes, each once."""
    reasons, fixes = ({one[part]: None for one in problems} for part in (0, 1))
    return f"{what}: {'; '.join(reasons)}.", " ".join(fixes)


def _described(rule: WebhookRule, setting: WebhookSetting) -> str:
    on = ", ".join(sorted(setting.retried_on)) or "nothing"
    key = setting.shared_key_id or "the auth token"
    return f"Rule “{rule.name}” signs with {key} and retries {setting.retries} times, on {on}"


def _unknown(named: Collection[tuple[WebhookRule, WebhookSetting]], found: RulesFound) -> Problems:
    for rule, setting in named:
        if setting.shared_key_id and setting.shared_key_id not in found.shared_keys:
            yield f"Rule “{rule.name}” signs with {setting.shared_key_id}, which is not configured", KEYS
        if not setting.shared_key_id and not found.has_auth_token:
            yield f"Rule “{rule.name}” signs with the auth token, which is not configured", AUTH_TOKEN
        if setting.algorithm not in ALGORITHMS:
            yield (
                f"Rule “{rule.name}” signs by {setting.algorithm}, which the bridge does not know",
                ALGORITHM,
            )


def _by_default(found: RulesFound, urls: CallbackUrls) -> Problems:
    missed = [url for url in urls.all if rule_for(url, found.rules) is None]
    if missed and not found.has_auth_token:
        yield (
            f"no Rule matches some of our URLs ({missed[0]}): the auth token signs their webhooks, and is "
            "not configured",
            AUTH_TOKEN,
        )


def _few_retries(named: Collection[tuple[WebhookRule, WebhookSetting]]) -> Problems:
    for rule, setting in named:
        if setting.retries < RETRIES or not setting.retries_everything:
            on = ", ".join(sorted(setting.retried_on)) or "nothing"
            yield f"Rule “{rule.name}” retries {setting.retries} times, on {on}", RETRY


def _unseen(rules: Collection[WebhookRule], found: RulesFound) -> Problems:
    for rule in rules:
        for one in rule.setting_ids:
            if one not in found.settings:
                yield f"Rule “{rule.name}” has the Setting {one}, which these credentials cannot see", LOOK
