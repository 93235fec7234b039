"""Checks the account's webhook Rules against the bridge's secrets: unknown keys, too few retries."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from bridge.doctor.checks import Verdict, error, ok, warning
from bridge.errors import TwilioDenied, TwilioRefused, TwilioUnavailable
from bridge.language.phrase import Phrase, joined, phrase
from bridge.settings.systems import TwilioAccount
from bridge.twilio.rest.account import AccountRest
from bridge.twilio.rest.owned import WebhookRule, WebhookSetting, rule_for
from bridge.twilio.signature import ALGORITHMS
from bridge.twilio.urls import CallbackUrls

RETRIES = 5
NONE_MATCHES = phrase("No webhook Rule matches our URLs: the auth token signs.")
KEYS = phrase(
    "Add id=secret to TWILIO_SHARED_KEYS and restart; Twilio shows the secret only when a key is made."
)
AUTH_TOKEN = phrase("Set TWILIO_AUTH_TOKEN, or make a Rule whose prefix is BRIDGE_PUBLIC_URL and a slash.")
ALGORITHM = phrase(
    "Make a Setting whose signature.algorithm is one of {algorithms}, or update the bridge.",
    algorithms=", ".join(ALGORITHMS),
)
RETRY = phrase(
    "Make a Setting with connection.retryPolicy {{retryCount: 5, retryOn: [ALL]}}, and name it "
    "in the Rule: a Rule's Setting replaces the retries that our URLs ask for."
)
LOOK = phrase("Look it up: GET https://webhooks.twilio.com/v1/Webhooks/Settings/ and its id.")
REACH = phrase("Let this machine reach https://webhooks.twilio.com.")

Problem = tuple[Phrase, Phrase]
"""A problem of a Rule, and its fix."""
Problems = Iterator[Problem]


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
        return ok(phrase("These credentials cannot see the account's webhook Rules."))
    except TwilioUnavailable as away:
        return warning(phrase("The account's webhook Rules could not be read: {away}.", away=away), REACH)
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
    described = joined("; ", (_described(rule, setting) for rule, setting in named))
    if refused := [*_unknown(named, found), *_by_default(found, urls)]:
        return error(*_told(phrase("Webhooks are refused"), [*refused, *_few_retries(named)]))
    if lost := list(_few_retries(named)):
        return warning(*_told(phrase("A webhook that fails is lost"), lost))
    if unseen := list(_unseen(applying, found)):
        return warning(*_told(phrase("A webhook may be refused, or lost"), unseen))
    if not applying:
        return ok(NONE_MATCHES)
    return ok(
        phrase(
            "The keys of the webhook Rules that match our URLs are known: {described}.", described=described
        )
    )


def _applying(rules: Sequence[WebhookRule], urls: CallbackUrls) -> list[WebhookRule]:
    """The Rules that match a URL of the bridge; exact matches are compared without the query."""
    ours = (*urls.all, *urls.aliases)
    found = [rule for url in ours if (rule := rule_for(url, rules))]
    routes = {url.partition("?")[0] for url in ours}
    exact = [rule for rule in rules if rule.is_exact and rule.match.partition("?")[0] in routes]
    return list({rule.id: rule for rule in (*found, *exact)}.values())


def _told(what: Phrase, problems: Collection[Problem]) -> Problem:
    """The problems as one reason, and their fixes, each once."""
    reasons, fixes = ({one[part]: None for one in problems} for part in (0, 1))
    return phrase("{what}: {reasons}.", what=what, reasons=joined("; ", reasons)), joined(" ", fixes)


def _described(rule: WebhookRule, setting: WebhookSetting) -> Phrase:
    key = setting.shared_key_id or phrase("the auth token")
    return phrase(
        "Rule “{name}” signs with {key} and retries {retries} times, on {on}",
        name=rule.name,
        key=key,
        retries=setting.retries,
        on=_retried_on(setting),
    )


def _retried_on(setting: WebhookSetting) -> str:
    return ", ".join(sorted(setting.retried_on)) or phrase("nothing")


def _unknown(named: Collection[tuple[WebhookRule, WebhookSetting]], found: RulesFound) -> Problems:
    for rule, setting in named:
        if setting.shared_key_id and setting.shared_key_id not in found.shared_keys:
            yield (
                phrase(
                    "Rule “{name}” signs with {shared_key_id}, which is not configured",
                    name=rule.name,
                    shared_key_id=setting.shared_key_id,
                ),
                KEYS,
            )
        if not setting.shared_key_id and not found.has_auth_token:
            yield (
                phrase("Rule “{name}” signs with the auth token, which is not configured", name=rule.name),
                AUTH_TOKEN,
            )
        if setting.algorithm not in ALGORITHMS:
            yield (
                phrase(
                    "Rule “{name}” signs by {algorithm}, which the bridge does not know",
                    name=rule.name,
                    algorithm=setting.algorithm,
                ),
                ALGORITHM,
            )


def _by_default(found: RulesFound, urls: CallbackUrls) -> Problems:
    missed = [url for url in urls.all if rule_for(url, found.rules) is None]
    if missed and not found.has_auth_token:
        yield (
            phrase(
                "no Rule matches some of our URLs ({url}): the auth token signs their webhooks, and is "
                "not configured",
                url=missed[0],
            ),
            AUTH_TOKEN,
        )


def _few_retries(named: Collection[tuple[WebhookRule, WebhookSetting]]) -> Problems:
    for rule, setting in named:
        if setting.retries < RETRIES or not setting.retries_everything:
            yield (
                phrase(
                    "Rule “{name}” retries {retries} times, on {on}",
                    name=rule.name,
                    retries=setting.retries,
                    on=_retried_on(setting),
                ),
                RETRY,
            )


def _unseen(rules: Collection[WebhookRule], found: RulesFound) -> Problems:
    for rule in rules:
        for one in rule.setting_ids:
            if one not in found.settings:
                yield (
                    phrase(
                        "Rule “{name}” has the Setting {one}, which these credentials cannot see",
                        name=rule.name,
                        one=one,
                    ),
                    LOOK,
                )
