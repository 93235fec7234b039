"""Applications and numbers share their voice settings; this writes them."""

from collections.abc import Mapping
from datetime import UTC, datetime

from bridge.sandbox.twilio.account import VoiceSettings
from bridge.sandbox.twilio.errors import RestError

_TEXTS = {"FriendlyName": "friendly_name"}
_URLS = {
    "VoiceUrl": "voice_url",
    "VoiceFallbackUrl": "voice_fallback_url",
    "StatusCallback": "status_callback",
}
_METHODS = {
    "VoiceMethod": "voice_method",
    "VoiceFallbackMethod": "voice_fallback_method",
    "StatusCallbackMethod": "status_callback_method",
}


def write_settings(settings: VoiceSettings, form: Mapping[str, str]) -> None:
    """Takes what a form names; an empty URL removes it."""
    for name, value in form.items():
        if name in _URLS:
            setattr(settings, _URLS[name], _url(value))
        elif name in _METHODS:
            setattr(settings, _METHODS[name], _method(value))
        elif name in _TEXTS:
            setattr(settings, _TEXTS[name], value)
        else:
            settings.other[name] = value
    settings.updated = datetime.now(UTC).replace(microsecond=0)


def _url(value: str) -> str | None:
    if value and not value.startswith(("http://", "https://")):
        raise RestError(400, 21402, value)
    return value or None


def _method(value: str) -> str:
    if value.upper() not in {"GET", "POST"}:
        raise RestError(400, 21403, value)
    return value.upper()
