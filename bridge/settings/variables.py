"""The environment variables of the settings; `.env` has the same names."""

import difflib
from collections.abc import Iterator, Mapping

ENVIRONMENT: Mapping[str, tuple[str, str]] = {
    "TWILIO_ACCOUNT_SID": ("twilio", "account_sid"),
    "TWILIO_AUTH_TOKEN": ("twilio", "auth_token"),
    "TWILIO_SHARED_KEYS": ("twilio", "shared_keys"),
    "TWILIO_API_KEY": ("twilio", "api_key"),
    "TWILIO_API_SECRET": ("twilio", "api_secret"),
    "TWILIO_REST_API_KEY": ("twilio", "rest_api_key"),
    "TWILIO_REST_API_SECRET": ("twilio", "rest_api_secret"),
    "TWILIO_CLIENT_ID": ("twilio", "client_id"),
    "TWILIO_CLIENT_SECRET": ("twilio", "client_secret"),
    "TWILIO_APP_SID": ("twilio", "app_sid"),
    "TWILIO_PHONE_NUMBER": ("twilio", "phone_number"),
    "TWILIO_API_URL": ("twilio", "api_url"),
    "TWENTY_API_URL": ("twenty", "api_url"),
    "TWENTY_API_TOKEN": ("twenty", "api_token"),
    "TWENTY_WEBHOOK_SECRET": ("twenty", "webhook_secret"),
    "BRIDGE_PUBLIC_URL": ("server", "public_url"),
    "BRIDGE_HOST": ("server", "host"),
    "BRIDGE_PORT": ("server", "port"),
    "BRIDGE_METRICS_HOST": ("metrics", "host"),
    "BRIDGE_METRICS_PORT": ("metrics", "port"),
    "BRIDGE_DATABASE_URL": ("inbox", "database_url"),
    "BRIDGE_FORGET_KEY": ("inbox", "forget_key"),
    "BRIDGE_WIDGET_KEYS": ("auth", "widget_keys"),
    "BRIDGE_LINK_KEYS": ("recordings", "link_keys"),
    "TRANSCRIPTS_API_KEY": ("transcripts", "api_key"),
    "SUMMARIES_API_KEY": ("summaries", "api_key"),
    "BRIDGE_ALERT_SMTP_PASSWORD": ("alerts", "smtp_password"),
    "BRIDGE_ALERT_WEBHOOK_URL": ("alerts", "webhook_url"),
    "BRIDGE_ALERT_WEBHOOK_SECRET": ("alerts", "webhook_secret"),
}
"""Where each environment variable goes."""

SECRETS = frozenset(
    {
        "TWILIO_AUTH_TOKEN",
        "TWILIO_SHARED_KEYS",
        "TWILIO_API_SECRET",
        "TWILIO_REST_API_SECRET",
        "TWILIO_CLIENT_SECRET",
        "TWENTY_API_TOKEN",
        "TWENTY_WEBHOOK_SECRET",
        "BRIDGE_FORGET_KEY",
        "BRIDGE_WIDGET_KEYS",
        "BRIDGE_LINK_KEYS",
        "TRANSCRIPTS_API_KEY",
        "SUMMARIES_API_KEY",
        "BRIDGE_ALERT_SMTP_PASSWORD",
        "BRIDGE_ALERT_WEBHOOK_URL",
        "BRIDGE_ALERT_WEBHOOK_SECRET",
    }
)
"""Those that `config.yaml` must not hold."""

VARIABLES = {path: name for name, path in ENVIRONMENT.items()}
"""The variable of a section's field."""

PREFIXES = ("TWILIO_", "TWENTY_", "BRIDGE_", "TRANSCRIPTS_", "SUMMARIES_")
SIMILAR = 0.85
"""By difflib. `TWILIO_AUTH_TOKN` has 0.97."""
MORE_LETTERS = 2
"""What has more is another name, as `TWILIO_API_KEY_SID` of other programs."""


def misspelt(given: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Names with a value that are nearly one of ours, and ours, where that one is not set itself."""
    for name, value in given.items():
        if value.strip() and name.startswith(PREFIXES) and name not in ENVIRONMENT:
            near = difflib.get_close_matches(name, ENVIRONMENT, n=1, cutoff=SIMILAR)
            if near and abs(len(near[0]) - len(name)) <= MORE_LETTERS and not given.get(near[0]):
                yield name, near[0]
